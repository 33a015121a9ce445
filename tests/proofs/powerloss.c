/* Loaded before the C library by scripts/power-loss: writes down what the program does to files below
   POWERLOSS_BELOW, with what is needed to undo it, in POWERLOSS_LOG; the power fails at the
   POWERLOSS_ATth such act. What was not synced by then is undone by chance in power_loss.rs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS 4096
static char *names[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *below, *log_name;
static long acts, fails_at, saved;
static int log_fd = -1;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_mkdir)(const char *, mode_t);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_open = dlsym(RTLD_NEXT, "open");
    real_close = dlsym(RTLD_NEXT, "close");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_mkdir = dlsym(RTLD_NEXT, "mkdir");
    below = getenv("POWERLOSS_BELOW");
    log_name = getenv("POWERLOSS_LOG");
    if (below && log_name) {
        fails_at = atol(getenv("POWERLOSS_AT"));
        log_fd = real_open(log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

/* The shared memory of the log holds nothing that lasts, and the lock holds nothing at all. */
static int is_ours(const char *path) {
    size_t length = path ? strlen(path) : 0;
    return log_fd >= 0 && path && strncmp(path, below, strlen(below)) == 0 &&
           !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

static void all(const void *bytes, size_t length) {
    while (length > 0) {
        ssize_t done = real_write(log_fd, bytes, length);
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        length -= done;
    }
}

static void say(const char *form, ...) {
    char line[4096];
    va_list words;
    va_start(words, form);
    int length = vsnprintf(line, sizeof line, form, words);
    va_end(words);
    all(line, length);
}

static void act(void) {
    if (++acts == fails_at) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

static int opened(const char *path, int flags, mode_t mode) {
    if (!is_ours(path)) return real_open(path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat found;
    int is_new = (flags & O_CREAT) && stat(path, &found) != 0;
    if (is_new) act();
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < FDS) {
        free(names[fd]);
        names[fd] = strdup(path);
        if (is_new && fstat(fd, &found) == 0) say("C %lu %s\n", found.st_ino, path);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
}
#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...) {                                                   \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = mode_of(flags, rest);                                                        \
        va_end(rest);                                                                              \
        return opened(path, flags, mode);                                                          \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < FDS && names[fd]) {
        pthread_mutex_lock(&lock);
        free(names[fd]);
        names[fd] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return real_close(fd);
}

/* Writes down what stood where this write goes. */
static void note_write(int fd, size_t length, off_t at) {
    struct stat found;
    fstat(fd, &found);
    char *old = malloc(length ? length : 1);
    ssize_t had = pread(fd, old, length, at);
    if (had < 0) had = 0;
    say("W %lu %ld %ld %zu %zd %s\n", found.st_ino, (long)at, (long)found.st_size, length, had, names[fd]);
    all(old, had);
    free(old);
}

static ssize_t put(int fd, const void *bytes, size_t length, off_t at, int is_at) {
    pthread_mutex_lock(&lock);
    act();
    note_write(fd, length, is_at ? at : lseek(fd, 0, SEEK_CUR));
    ssize_t done = is_at ? real_pwrite(fd, bytes, length, at) : real_write(fd, bytes, length);
    pthread_mutex_unlock(&lock);
    return done;
}
#define IS_OURS(fd) ((fd) >= 0 && (fd) < FDS && names[fd])

ssize_t write(int fd, const void *bytes, size_t length) {
    return IS_OURS(fd) ? put(fd, bytes, length, 0, 0) : real_write(fd, bytes, length);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return IS_OURS(fd) ? put(fd, bytes, length, at, 1) : real_pwrite(fd, bytes, length, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite(fd, bytes, length, at);
}

static int synced(int fd, const char *name) {
    if (!IS_OURS(fd)) {
        int (*real)(int) = dlsym(RTLD_NEXT, name);
        return real(fd);
    }
    pthread_mutex_lock(&lock);
    act();
    struct stat found;
    fstat(fd, &found);
    if (S_ISDIR(found.st_mode)) say("D %s\n", names[fd]);
    else say("S %lu\n", found.st_ino);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

/* Keeps what a name led to under another one beside the log. */
static long keep(const char *path) {
    char name[4096];
    struct stat found;
    if (stat(path, &found) != 0) return -1;
    snprintf(name, sizeof name, "%s.%ld", log_name, ++saved);
    return link(path, name) == 0 ? saved : -1;
}

int rename(const char *from, const char *to) {
    if (!is_ours(from)) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    act();
    struct stat found;
    long kept = keep(to);
    if (stat(from, &found) == 0) say("R %lu %ld %s\t%s\n", found.st_ino, kept, from, to);
    int done = real_rename(from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *path) {
    if (!is_ours(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    act();
    long kept = keep(path);
    if (kept >= 0) say("U %ld %s\n", kept, path);
    int done = real_unlink(path);
    pthread_mutex_unlock(&lock);
    return done;
}

int mkdir(const char *path, mode_t mode) {
    int done = real_mkdir(path, mode);
    if (done == 0 && is_ours(path)) {
        pthread_mutex_lock(&lock);
        say("M %s\n", path);
        pthread_mutex_unlock(&lock);
    }
    return done;
}
