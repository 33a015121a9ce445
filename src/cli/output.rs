//! Files that a command leaves behind: written whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Writes beside the place, then moves there, so that nobody ever sees half a file.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().context("it names no file")?;
    let beside = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        // What is left of a failed attempt is of no use; the first error is the one to tell.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| format!("{} could not be written", path.display()))
}
