//! The marker beside the database: which database worked in this folder last, and how often.
//!
//! It is written after the database was, so that it is never ahead; a database that is behind it was
//! restored from a backup, and one that it does not name is another (R39).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::flow::recovery::{self, Marker};
use crate::flow::{Ctx, FlowError};

/// Time between two marks: what was sent in the last of it is found by the look before the money.
const BEAT_EVERY: Duration = Duration::from_secs(60);

/// The marker's file.
#[derive(Debug, Clone)]
pub struct MarkerFile {
    folder: PathBuf,
}

impl MarkerFile {
    /// In this folder.
    pub fn in_folder(folder: &Path) -> MarkerFile {
        MarkerFile { folder: folder.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("last-start")
    }

    /// What it says; one that cannot be understood names no database that exists.
    pub fn read(&self) -> io::Result<Option<Marker>> {
        let text = match fs::read_to_string(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut words = text.split_whitespace().map(str::to_owned);
        let beats = words.next().and_then(|beats| beats.parse().ok()).unwrap_or(u64::MAX / 2);
        let (instance, place) = (words.next().unwrap_or_default(), words.next());
        Ok(Some(Marker { instance, beats, place: place.unwrap_or_default() }))
    }

    /// Writes it whole or not at all.
    pub fn write(&self, marker: &Marker) -> io::Result<()> {
        let beside = self.folder.join("last-start.new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        writeln!(file, "{} {} {}", marker.beats, marker.instance, marker.place)?;
        file.sync_all()?;
        fs::rename(&beside, self.path())?;
        File::open(&self.folder)?.sync_all()
    }

    /// A mark of the folder itself: a copy of it has another.
    pub fn place(&self) -> io::Result<String> {
        Ok(format!("folder-{}", fs::metadata(&self.folder)?.ino()))
    }

    /// Compares the database with the marker, and marks this start.
    pub async fn at_start(&self, ctx: &Ctx) -> Result<Marker, FlowError> {
        let marker = recovery::at_start(ctx, self.read()?, &self.place()?).await?;
        self.write(&marker)?;
        Ok(marker)
    }

    async fn beat_once(&self, ctx: &Ctx, marker: &Marker) -> Result<Marker, FlowError> {
        let next = recovery::beat(ctx, marker).await?;
        self.write(&next)?;
        Ok(next)
    }

    /// Marks every minute that the database is used.
    pub async fn beat(&self, ctx: &Ctx, mut marker: Marker) -> Result<(), FlowError> {
        loop {
            tokio::time::sleep(BEAT_EVERY).await;
            match self.beat_once(ctx, &marker).await {
                Ok(next) => marker = next,
                // A mark that is left out makes no difference: the marker is never ahead.
                Err(error) if error.is_full() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back_and_a_spoilt_one_names_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = MarkerFile::in_folder(folder.path());
        assert_eq!(file.read().unwrap(), None);
        let place = file.place().unwrap();
        let marker = Marker { instance: "a1".to_owned(), beats: 7, place };
        file.write(&marker).unwrap();
        assert_eq!(file.read().unwrap(), Some(marker));
        File::create(file.path()).unwrap().write_all(b"spoilt").unwrap();
        assert_eq!(file.read().unwrap().unwrap().instance, "");
        let copy = MarkerFile::in_folder(tempfile::tempdir().unwrap().path()).place();
        assert!(copy.is_err() || copy.unwrap() != file.place().unwrap());
    }
}
