/* Loaded before the C library by tests/disk.rs: lets the disk below DISKFAULT_BELOW fail as the file
   DISKFAULT_SAYS says at each moment: "full" (nothing can be written), "io" (syncing fails), anything
   else is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *below, *says;
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    below = getenv("DISKFAULT_BELOW");
    says = getenv("DISKFAULT_SAYS");
}

static int is_so(const char *word) {
    char text[16] = "";
    int fd = says ? open(says, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t had = read(fd, text, sizeof text - 1);
    close(fd);
    return had > 0 && strncmp(text, word, strlen(word)) == 0;
}

static int is_ours(int fd) {
    char link[64], path[4096];
    if (!below) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, below, strlen(below)) == 0;
}

static int fails(int fd, const char *word, int error) {
    if (!is_ours(fd) || !is_so(word)) return 0;
    errno = error;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return fails(fd, "full", ENOSPC) ? -1 : real_write(fd, bytes, length);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return fails(fd, "full", ENOSPC) ? -1 : real_pwrite(fd, bytes, length, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite(fd, bytes, length, at);
}
int fsync(int fd) { return fails(fd, "io", EIO) ? -1 : real_fsync(fd); }
int fdatasync(int fd) { return fails(fd, "io", EIO) ? -1 : real_fdatasync(fd); }
