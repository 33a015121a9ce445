//! The press with real children: walls, poison, and a parent that outlives them.
#![allow(clippy::unwrap_used, reason = "all of this file is tests")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use woodblock::model::design::Design;
use woodblock::model::id::Hash;
use woodblock::model::problem::What;
use woodblock::model::value::{Crop, Photo, Value, Values};
use woodblock::outside::design_folder::{self, SAMPLE_PHOTO, samples};
use woodblock::outside::press::{
    ChildPress, Limits, Measure, Press, PressError, PressJob, Session, Wall, WallReport, Want,
    WarmLimits, wire,
};
use woodblock::render;

const EXE: &str = env!("CARGO_BIN_EXE_woodblock");

fn mug() -> Design {
    design_folder::checked("mug-name-photo", samples()[0].file_map()).unwrap()
}

fn poison(drawing: &str) -> Design {
    let description = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=5\nheight_in=5";
    let files =
        [("design.toml".to_owned(), description.into()), ("a.svg".to_owned(), drawing.into())];
    design_folder::from_files("poison", files.into()).unwrap()
}

fn job(design: Design, photo: &[u8]) -> PressJob {
    let hash = Hash::of(photo);
    let mut values = Values::new();
    if design.field("photo").is_some() {
        let photo = Photo::whole(hash.clone());
        values.insert("photo".into(), Value::Photo(photo));
        values.insert("name".into(), Value::Text("Anna".into()));
    }
    PressJob {
        design: Arc::new(design),
        values,
        photos: [(hash, Arc::new(photo.to_vec()))].into(),
        want: Want::Preview { width_px: 300 },
    }
}

#[tokio::test]
async fn every_wall_holds_in_a_child() {
    let report = ChildPress::new(EXE, Limits::default()).probe().await.unwrap();
    assert_eq!(report.missing(), []);
}

#[test]
fn every_wall_holds_for_an_ordinary_user_as_well() {
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: this run is of an ordinary user already");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let exe = folder.path().join("woodblock");
    std::fs::copy(EXE, &exe).unwrap();
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), all).unwrap();
    let output = Command::new(&exe)
        .args(["render-worker", "--probe"])
        .env_clear()
        .stdin(Stdio::null())
        .uid(65_534)
        .gid(65_534)
        .output()
        .unwrap();
    let answer = wire::read_answer(&output.stdout).unwrap();
    let wire::Answer::Walls(report) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(WallReport::missing(report), [] as [Wall; 0]);
}

#[tokio::test]
async fn a_child_draws_what_the_renderer_draws() {
    let press = ChildPress::new(EXE, Limits::default());
    let job = job(mug(), SAMPLE_PHOTO);
    let drawn = press.draw(job.clone()).await.unwrap();
    let here = render::press(&render::Job {
        design: &job.design,
        values: &job.values,
        photos: &job.photos,
        want: job.want,
    });
    assert_eq!(Ok(drawn), here);
}

fn session(name: &str) -> Session {
    Session(name.to_owned())
}

#[tokio::test]
async fn a_warm_child_draws_the_same_bytes_as_a_cold_one() {
    let press = ChildPress::new(EXE, Limits::default());
    let mut words = job(mug(), SAMPLE_PHOTO);
    for (nth, name) in ["Anna", "A much longer", "Anna", "Zoë"].into_iter().enumerate() {
        words.values.insert("name".into(), Value::Text(name.into()));
        if nth == 3 {
            let crop = Some(Crop { left: 100, top: 0, width: 400, height: 400 });
            let photo = Photo { crop, ..Photo::whole(Hash::of(SAMPLE_PHOTO)) };
            words.values.insert("photo".into(), Value::Photo(photo));
        }
        let warm = press.preview(&session("order 1"), words.clone()).await.unwrap();
        let cold = press.draw(words.clone()).await.unwrap();
        assert!(warm == cold, "{name} differs");
        let children = press.warm_children();
        assert_eq!((children.len(), &children[0].0), (1, &session("order 1")));
    }
    let spots = press.preview(&session("order 1"), words).await.unwrap().spots;
    let photo = spots.iter().find(|spot| spot.name == "photo").unwrap();
    assert!(matches!(photo.measure, Measure::Photo { photo_width_px: 1500, .. }), "{photo:?}");
}

#[tokio::test]
async fn a_warm_child_serves_one_session_and_one_design() {
    let press = ChildPress::new(EXE, Limits::default());
    let pid = |name: &str| {
        let all = press.warm_children();
        all.into_iter().find(|(of, _)| *of == session(name)).map(|(_, pid)| pid)
    };
    press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
    let first = pid("order 1").unwrap();
    press.preview(&session("order 2"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
    assert_ne!(pid("order 2"), Some(first));
    press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
    assert_eq!(pid("order 1"), Some(first), "the child was not kept");
    let other = poison("<svg viewBox='0 0 5 5'><rect width='5' height='5'/></svg>");
    press.preview(&session("order 1"), job(other, SAMPLE_PHOTO)).await.unwrap();
    assert_ne!(pid("order 1"), Some(first), "a child drew another design");
}

#[tokio::test]
async fn a_warm_child_that_was_killed_is_not_missed() {
    let press = ChildPress::new(EXE, Limits::default());
    let expected = press.draw(job(mug(), SAMPLE_PHOTO)).await.unwrap();
    press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
    let (_, pid) = press.warm_children()[0];
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let drawn = press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
    assert!(drawn == expected);
}

#[tokio::test]
async fn warm_children_end_when_idle_when_worn_and_when_too_many() {
    let limits = WarmLimits {
        idle: Duration::from_millis(150),
        draws_max: 2,
        children_max: 2,
        ..WarmLimits::default()
    };
    let press = ChildPress::new(EXE, Limits::default()).with_warm(limits);
    let mut pids = std::collections::BTreeSet::new();
    for _ in 0..5 {
        press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
        pids.extend(press.warm_children().into_iter().map(|(_, pid)| pid));
    }
    assert_eq!(pids.len(), 3, "two draws each");
    for nth in 0..4 {
        let name = format!("order {nth}");
        press.preview(&session(&name), job(mug(), SAMPLE_PHOTO)).await.unwrap();
        assert!(press.warm_children().len() <= 2);
    }
    for _ in 0..100 {
        if press.warm_children().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("idle children stay");
}

#[tokio::test]
async fn poison_ends_a_warm_child_at_its_deadline() {
    let limits = WarmLimits { deadline: Duration::from_secs(4), ..WarmLimits::default() };
    let press = ChildPress::new(EXE, Limits::default()).with_warm(limits);
    let turbulence = "<feTurbulence baseFrequency='.9' numOctaves='12'/>".repeat(50);
    let slow = poison(&format!(
        "<svg viewBox='0 0 100 100'><filter id='f'>{turbulence}</filter>\
         <rect width='100' height='100' filter='url(#f)'/></svg>"
    ));
    let mut slow = job(slow, b"");
    slow.want = Want::Preview { width_px: 1200 };
    let began = std::time::Instant::now();
    let error = press.preview(&session("order 1"), slow).await.unwrap_err();
    assert!(matches!(&error, PressError::Died(why) if why.contains("longer than 4 s")), "{error}");
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(press.warm_children().is_empty());
    press.preview(&session("order 1"), job(mug(), SAMPLE_PHOTO)).await.unwrap();
}

#[tokio::test]
async fn problems_come_through_the_pipe() {
    let press = ChildPress::new(EXE, Limits::default());
    let mut bomb = Vec::new();
    let mut encoder = png::Encoder::new(&mut bomb, 40_000, 40_000);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x01, 0x03]).unwrap();
    drop(writer);
    let mut bad = job(mug(), &bomb);
    bad.want = Want::Print;
    let error = press.draw(bad).await.unwrap_err();
    let PressError::Problems(problems) = error else {
        panic!("{error}");
    };
    assert!(problems.iter().any(|problem| problem.what == What::PhotoUnreadable));
}

#[tokio::test]
async fn poison_ends_the_child_and_not_the_parent() {
    let limits = Limits { wall_time: Duration::from_millis(1500), ..Limits::default() };
    let press = ChildPress::new(EXE, limits);
    let turbulence = "<feTurbulence baseFrequency='.9' numOctaves='12'/>".repeat(50);
    let drawing = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>\
        <filter id='f'>{turbulence}</filter>\
        <rect width='100' height='100' filter='url(#f)'/></svg>"
    );
    let mut bomb = job(poison(&drawing), b"");
    bomb.want = Want::Print;
    let error = press.draw(bomb).await.unwrap_err();
    assert!(matches!(&error, PressError::Died(reason) if reason.contains("1.5 s")), "{error}");
    // A busy machine may need longer than that for an honest job.
    let patient = ChildPress::new(EXE, Limits::default());
    assert!(patient.draw(job(mug(), SAMPLE_PHOTO)).await.is_ok());
}

#[tokio::test]
async fn a_child_without_memory_dies_alone() {
    let mut limits = Limits::default();
    limits.allowance.memory_bytes = 100 << 20;
    let press = ChildPress::new(EXE, limits);
    let mut large = job(mug(), SAMPLE_PHOTO);
    large.want = Want::Preview { width_px: 11_000 };
    let error = press.draw(large).await.unwrap_err();
    assert!(matches!(error, PressError::Died(_)), "{error}");
}

#[tokio::test]
async fn a_program_that_is_no_press_is_a_failed_attempt() {
    let job = || job(mug(), SAMPLE_PHOTO);
    for exe in ["/bin/true", "/bin/false", "/nowhere/woodblock"] {
        let error = ChildPress::new(exe, Limits::default()).draw(job()).await.unwrap_err();
        assert!(matches!(error, PressError::Died(_)), "{exe}: {error}");
    }
}

#[tokio::test]
async fn several_jobs_at_once_get_their_own_pictures() {
    let press = Arc::new(ChildPress::new(EXE, Limits::default()));
    let names = ["Anna", "Ben", "Cleo", "Dora"];
    let mut running = Vec::new();
    for name in names {
        let press = Arc::clone(&press);
        let mut job = job(mug(), SAMPLE_PHOTO);
        job.values.insert("name".into(), Value::Text(name.into()));
        running.push(tokio::spawn(async move { press.draw(job).await.unwrap() }));
    }
    let mut hashes = BTreeMap::new();
    for (name, task) in names.iter().zip(running) {
        let pressed = task.await.unwrap();
        hashes.insert(Hash::of(&pressed.areas[0].bytes), name);
    }
    assert_eq!(hashes.len(), names.len());
}

/// The least that the settings allow is enough to draw, with room to spare.
#[tokio::test]
async fn the_least_memory_that_may_be_set_is_enough_to_draw() {
    let mut limits = Limits::default();
    limits.allowance.memory_bytes = woodblock::config::RENDER_MEMORY_MIN_MIB << 20;
    let press = ChildPress::new(EXE, limits);
    let drawn = press.draw(PressJob { want: Want::Print, ..job(mug(), SAMPLE_PHOTO) }).await;
    assert!(drawn.is_ok(), "{:?}", drawn.unwrap_err());
    let allowed =
        |mib: u64| woodblock::config::Config::parse(&format!("[render]\nmemory_mib = {mib}\n"));
    assert!(allowed(woodblock::config::RENDER_MEMORY_MIN_MIB).is_ok());
    let refused = allowed(1_024).unwrap_err().to_string();
    assert_eq!(
        refused,
        "render.memory_mib: at least 1280; with less a render child may not even start"
    );
}
