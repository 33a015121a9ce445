//! Archives as an enemy would pack them.

use super::*;

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(entries, SimpleFileOptions::default())
}

fn zip_with(entries: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn refused(bytes: &[u8], words: &str) {
    let fault = read(bytes).expect_err(words);
    assert!(fault.to_string().contains(words), "{fault}");
}

#[test]
fn a_design_goes_into_a_zip_and_comes_back() {
    let files: BTreeMap<String, Vec<u8>> =
        [("design.toml".into(), b"name".to_vec()), ("fonts/a.ttf".into(), vec![0; 9])].into();
    let packed = write("mug", &files).unwrap();
    assert_eq!(packed, write("mug", &files).unwrap());
    assert_eq!(read(&packed).unwrap(), Sent { files, folder: "mug".into() });
}

#[test]
fn flat_files_and_one_common_folder_are_the_same_design() {
    let flat = read(&zip(&[("design.toml", b"a"), ("x.svg", b"b")])).unwrap();
    let folder = read(&zip(&[("mug/design.toml", b"a"), ("mug/x.svg", b"b")])).unwrap();
    assert_eq!((flat.files, flat.folder.as_str()), (folder.files, ""));
    assert_eq!(folder.folder, "mug");
    let left_out =
        read(&zip(&[("design.toml", b"a"), (".DS_Store", b"x"), ("__MACOSX/._a", b"x")])).unwrap();
    assert_eq!(left_out.files.len(), 1);
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for (name, words) in [
        ("../evil", "leads out of the folder"),
        ("a/../../evil", "leads out of the folder"),
        ("/etc/passwd", "begins at the root"),
        ("C:evil", "a back-slash or a colon"),
        ("a\\..\\evil", "a back-slash or a colon"),
        ("a\0b", "cannot be seen"),
        ("a//b", "leads out of the folder"),
        ("a/b/c/d/e/f.svg", "lies too deep"),
        ("inner.zip", "an archive within"),
        ("inner.tar.gz", "an archive within"),
    ] {
        let fault = gather([(name.to_owned(), b"x".to_vec())]).expect_err(name);
        assert!(fault.to_string().contains(words), "{name}: {fault}");
    }
    // The same through a ZIP, whose writer would mend such names: they are put in afterwards.
    for (name, words) in [("../evil", "leads out"), ("/etc/pas", "begins at the root")] {
        let placeholder = "x".repeat(name.len());
        let mut packed = zip(&[(&placeholder, b"text")]);
        let places: Vec<usize> = (0..packed.len() - name.len())
            .filter(|at| packed[*at..].starts_with(placeholder.as_bytes()))
            .collect();
        for at in places {
            packed[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        refused(&packed, words);
    }
}

#[test]
fn what_is_no_plain_file_is_refused() {
    refused(&zip(&[("a.svg", b"1"), ("A.SVG", b"2")]), "differ in capitals only");
    refused(&zip(&[("a.svg", &zip(&[("b", b"c")]))]), "an archive within");
    refused(b"PK\x03\x04 and nothing more", "cannot be read");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link.svg", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    refused(&writer.finish().unwrap().into_inner(), "a link or a device");
    // The flag of encryption, set in both headers.
    let mut packed = zip(&[("a.svg", b"text")]);
    for (mark, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let place = packed.windows(4).position(|four| four == mark).unwrap();
        packed[place + at] |= 1;
    }
    refused(&packed, "it is encrypted");
}

#[test]
fn limits_hold_while_reading() {
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let bomb = zip_with(&[("a.svg", &vec![b' '; 8 << 20])], deflated);
    assert!(bomb.len() < 100_000);
    refused(&bomb, "very much larger than it is packed");
    let names: Vec<String> = (0..=FILES_MAX).map(|nth| format!("{nth}.svg")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    refused(&zip(&many), "more than 200 files");
    let names: Vec<String> = (0..=ENTRIES_MAX).map(|nth| format!("{nth}.svg")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(&zip(&many), "2001 entries");
}
