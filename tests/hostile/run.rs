//! Gives each case to a real press, and keeps watch over what it must not touch.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::inotify;
use woodblock::model::design::Design;
use woodblock::model::id::Hash;
use woodblock::model::value::{Photo, Value, Values};
use woodblock::outside::design_folder::{self, SAMPLE_PHOTO};
use woodblock::outside::press::{ChildPress, Limits, Press, PressError, PressJob, Want};

use super::{Bait, Case, What};

/// Whoever connects to the listener, or opens the file, is seen.
pub struct Watch {
    listener: TcpListener,
    opened: OwnedFd,
    folder: tempfile::TempDir,
    pub bait: Bait,
}

impl Watch {
    pub fn begin() -> Watch {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("canary.png");
        std::fs::write(&file, SAMPLE_PHOTO).unwrap();
        // Readable for everybody: what keeps it shut must be the walls.
        for (path, mode) in [(folder.path(), 0o755), (&*file, 0o644)] {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(path, mode).unwrap();
        }
        let opened = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        let what = inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS;
        inotify::add_watch(&opened, &file, what).unwrap();
        let port = listener.local_addr().unwrap().port();
        let bait = Bait { port, file: file.display().to_string() };
        Watch { listener, opened, folder, bait }
    }

    /// What was touched since the beginning.
    pub fn touched(&self) -> Vec<String> {
        let mut touched = Vec::new();
        while let Ok((_, from)) = self.listener.accept() {
            touched.push(format!("a connection from {from}"));
        }
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.opened, &mut buffer);
        while let Ok(event) = reader.next() {
            touched.push(format!("the canary file: {:?}", event.events()));
        }
        touched
    }

    /// A program that does the same as `exe` as an ordinary user, where this one is not ordinary.
    pub fn as_ordinary_user(&self, exe: &Path) -> Option<PathBuf> {
        let is_possible =
            rustix::process::geteuid().is_root() && Path::new("/usr/bin/setpriv").exists();
        if !is_possible {
            return None;
        }
        let (copy, script) = (self.folder.path().join("woodblock"), self.folder.path().join("run"));
        std::fs::copy(exe, &copy).unwrap();
        let text = format!(
            "#!/bin/sh\nexec /usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups {} \"$@\"\n",
            copy.display()
        );
        std::fs::write(&script, text).unwrap();
        for path in [&copy, &script] {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(path, mode).unwrap();
        }
        Some(script)
    }
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// A right picture.
    Drawn,
    /// Somebody is told what is wrong.
    Told,
    /// The child ended: the job is tried again, and then a person is told.
    Died(String),
}

/// A press that gives up early, so that a bomb costs seconds.
pub fn press(exe: &Path, wall_time: Duration) -> ChildPress {
    ChildPress::new(exe, Limits { wall_time, ..Limits::default() })
}

const PHOTO: &str = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\n\
                     [field.photo]\nkind='photo'\nlabel='Photo'\n";
const TEXT: &str = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\n\
                    [field.name]\nkind='text'\nlabel='Name'\nletters='any'\nmax=200\n";
const PLAIN: &str = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\n";

fn files(description: &str, drawing: &str) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([
        ("design.toml".to_owned(), description.as_bytes().to_vec()),
        ("a.svg".to_owned(), drawing.as_bytes().to_vec()),
    ])
}

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>{inside}</svg>")
}

fn design(description: &str, drawing: &str) -> Design {
    design_folder::from_files("hostile", files(description, drawing)).unwrap()
}

/// Draws a case; the error says what is wrong with what came of it.
pub async fn run(press: &ChildPress, case: &Case) -> Result<Ended, String> {
    let mut photos = BTreeMap::new();
    let mut values = Values::new();
    let design = match &case.what {
        What::Photo(bytes) => {
            let hash = Hash::of(bytes);
            photos.insert(hash.clone(), Arc::new(bytes.clone()));
            values.insert("photo".into(), Value::Photo(Photo::whole(hash)));
            design(PHOTO, &svg("<rect id='photo' width='100' height='100'/>"))
        }
        What::Text(text) => {
            let design = design(TEXT, &svg("<text id='name' x='5' y='50'>Anna</text>"));
            values.insert("name".into(), Value::Text(text.clone()));
            match design.complete(&values) {
                Ok(accepted) => values = accepted,
                Err(problems) => return told(problems.iter().map(|one| one.sentence())),
            }
            design
        }
        What::Drawing(drawing) => {
            let files = files(PLAIN, drawing);
            let faults = press.check("hostile", files).await.map_err(|error| error.to_string())?;
            if !faults.is_empty() {
                return told(faults.iter().map(ToString::to_string));
            }
            design(PLAIN, drawing)
        }
    };
    let job = PressJob { design: Arc::new(design), values, photos, want: Want::Print };
    match press.draw(job).await {
        Ok(pressed) => {
            let size =
                pressed.areas.first().map(|area| woodblock::render::photo::size(&area.bytes));
            match size {
                Some(Ok((100, 100))) => Ok(Ended::Drawn),
                other => Err(format!("the print is {other:?}")),
            }
        }
        Err(PressError::Problems(problems)) => told(problems.iter().map(|one| one.sentence())),
        Err(PressError::Died(reason)) => Ok(Ended::Died(reason)),
        Err(PressError::Off(why)) => Err(why),
    }
}

/// Words for a merchant: some, not endless, and without the insides of the program.
fn told(words: impl Iterator<Item = String>) -> Result<Ended, String> {
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        return Err("nothing is told".to_owned());
    }
    for one in &words {
        let is_odd = one.len() > 2_000
            || one.contains("panicked")
            || one.contains(".rs:")
            || one.chars().any(|c| c.is_control() && c != '\n');
        if is_odd {
            let shown: String = one.chars().take(300).collect();
            return Err(format!("no words for a merchant: {shown:?} ({} bytes)", one.len()));
        }
    }
    Ok(Ended::Told)
}
