//! Several files as one ZIP to keep.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs files under their names; the same files give the same bytes. Pictures are packed already, so
/// nothing is made smaller. A name that stands twice gets a number.
pub fn pack(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Vec<u8>, String> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut names = BTreeSet::new();
    for (name, bytes) in files {
        let name = free_name(&names, &name);
        writer.start_file(name.as_str(), options).map_err(|error| error.to_string())?;
        writer.write_all(&bytes).map_err(|error| error.to_string())?;
        names.insert(name.to_lowercase());
    }
    let written = writer.finish().map_err(|error| error.to_string())?;
    Ok(written.into_inner())
}

fn free_name(names: &BTreeSet<String>, name: &str) -> String {
    let is_free = |name: &str| !names.contains(&name.to_lowercase());
    if is_free(name) {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let numbered = (2..).map(|number| format!("{stem}-{number}.{ending}"));
    numbered.into_iter().find(|name| is_free(name)).expect("there is a number that is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_gets_a_number() {
        let files = ["a.png", "A.png", "b"].map(|name| (name.to_owned(), vec![1]));
        let bytes = pack(files).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = (0..archive.len())
            .map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned())
            .collect();
        assert_eq!(names, ["a.png", "A-2.png", "b"]);
    }
}
