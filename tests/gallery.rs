//! The designs of the gallery stay what `docs/gallery.md` says they are: right, and printable as it shows.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folders() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gallery/designs");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn every_design_of_the_gallery_is_drawn_with_its_values() {
    let out = tempfile::tempdir().unwrap();
    let folders = folders();
    assert!(8 <= folders.len(), "{folders:?}");
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_woodblock"))
            .arg("render")
            .arg(&folder)
            .arg("--values")
            .arg(folder.join("values-1.json"))
            .arg("-o")
            .arg(out.path().join(name))
            .args(["--preview", "200"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&done.stderr));
        // A preview would be drawn all the same: what stops the print would be said.
        for word in ["cannot be printed", "does not fit", "photo is too small", "is missing"] {
            assert!(!said.contains(word), "{name}: {said}");
        }
    }
}
