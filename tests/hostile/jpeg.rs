//! JPEG files that lie, burst or break off.

type Made = Vec<(String, Vec<u8>, bool)>;

fn encoded(change: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
    change(&mut encoder);
    let pixels: Vec<u8> = (0..32 * 32 * 3).map(|idx| (idx % 251) as u8).collect();
    encoder.encode(&pixels, 32, 32, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

pub fn small() -> Vec<u8> {
    encoded(|_| {})
}

/// Where a marker stands; what comes behind `FF D8`.
fn find(bytes: &[u8], marker: u8) -> usize {
    let mut at = 2;
    while bytes[at + 1] != marker {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    at
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], data].concat()
}

/// The segment is put first.
fn with(segment: &[u8]) -> Vec<u8> {
    let good = small();
    [&good[..2], segment, &good[2..]].concat()
}

fn changed(marker: u8, offset: usize, to: &[u8]) -> Vec<u8> {
    let mut bytes = small();
    let at = find(&bytes, marker) + offset;
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

fn exif(tiff: &[u8]) -> Vec<u8> {
    segment(0xe1, &[b"Exif\0\0", tiff].concat())
}

pub fn all() -> Made {
    let mut made: Made = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| made.push((format!("JPEG {name}"), bytes, false));
    let good = small();
    add("as it should be", good.clone());
    for part in 1..10 {
        add(&format!("cut at {part} tenths"), good[..good.len() * part / 10].to_vec());
    }
    add("without its end", good[..good.len() - 2].to_vec());
    for (height, width) in [
        (0_u16, 32_u16),
        (32, 0),
        (0, 0),
        (65_535, 65_535),
        (12_000, 12_000),
        (1, 65_535),
        (3000, 3000),
    ] {
        let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
        add(&format!("that says {width} × {height}"), changed(0xc0, 5, &sides));
    }
    add("of twelve bits", changed(0xc0, 4, &[12]));
    add("of no components", changed(0xc0, 9, &[0]));
    add("of four components that are three", changed(0xc0, 9, &[4]));
    add("of 255 components", changed(0xc0, 9, &[255]));
    for sampling in [0x00, 0x0f, 0xff, 0x41, 0x33] {
        add(&format!("of sampling {sampling:02x}"), changed(0xc0, 11, &[sampling]));
    }
    for kind in [0xc1, 0xc3, 0xc5, 0xc9, 0xcb] {
        add(&format!("of kind {kind:02x}"), changed(0xc0, 1, &[kind]));
    }
    add("with colours twice the same", changed(0xc0, 13, &[1]));
    add("with a table of zeros", changed(0xdb, 5, &[0; 64]));
    add("with a table that is not there", changed(0xc0, 12, &[3]));
    add("with a code of nothing", changed(0xc4, 5, &[0; 16]));
    add("with a code of too much", changed(0xc4, 5, &[0xff; 16]));
    add("whose scan has no parts", changed(0xda, 4, &[0]));
    add("whose scan has 255 parts", changed(0xda, 4, &[255]));
    for length in [0_u16, 1, 2, 65_535] {
        let name = format!("with a part of {length} bytes");
        add(&name, changed(0xe0, 2, &length.to_be_bytes()));
    }
    let mut cmyk = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut cmyk, 90);
    encoder.encode(&[128; 64 * 4], 8, 8, jpeg_encoder::ColorType::Cmyk).unwrap();
    add("in CMYK", cmyk);
    add("with Adobe's mark of an odd kind", with(&segment(0xee, b"Adobe\0d\0\0\0\0\x09")));
    let many: Vec<u8> = (0..30_000).flat_map(|_| segment(0xfe, b"a")).collect();
    add("with thirty thousand comments", with(&many));
    add("with fill bytes", with(&[0xff; 100_000]));
    add("with a restart at each block", with(&segment(0xdd, &[0, 1])));
    let two = find(&good, 0xc0);
    let end = two + 2 + usize::from(u16::from_be_bytes([good[two + 2], good[two + 3]]));
    add("with two headers", [&good[..end], &good[two..end], &good[end..]].concat());
    for (name, tiff) in [
        ("that loops", &b"MM\0\x2a\0\0\0\x08\0\0\0\0\0\x08"[..]),
        ("far away", b"MM\0\x2a\xff\xff\xff\xff"),
        ("of many entries", b"MM\0\x2a\0\0\0\x08\xff\xff"),
        ("of orientation 0", b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0"),
        ("of orientation 9", b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0"),
        ("of endless orientations", {
            b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\xff\xff\xff\xff\0\x06\0\0\0\0\0\0"
        }),
        ("of garbage", &[0xaa; 3000]),
    ] {
        add(&format!("with EXIF {name}"), with(&exif(tiff)));
    }
    for (number, count) in [(0, 0), (1, 255), (255, 1), (2, 1)] {
        let data = [b"ICC_PROFILE\0", &[number, count][..], &[0xab; 500]].concat();
        add(&format!("with a profile {number} of {count}"), with(&segment(0xe2, &data)));
    }
    for (name, tail) in [("a ZIP", &b"PK\x03\x04"[..]), ("a page", b"<script>"), ("itself", &good)]
    {
        add(&format!("followed by {name}"), [&good[..], tail].concat());
    }
    add("that is a page as well", with(&segment(0xfe, b"*/=1;<script src=//x></script>/*")));
    let sides = [8000_u16.to_be_bytes(), 8000_u16.to_be_bytes()].concat();
    made.push(("JPEG that says 8000 × 8000".to_owned(), changed(0xc0, 5, &sides), true));
    made.push(("JPEG of five hundred scans".to_owned(), scans(500), false));
    made.push(("JPEG of a hundred thousand scans".to_owned(), scans(100_000), true));
    made
}

/// A progressive picture whose last scan comes again and again.
fn scans(count: usize) -> Vec<u8> {
    let mut bytes = encoded(|encoder| encoder.set_progressive(true));
    bytes.truncate(bytes.len() - 2);
    let last = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let scan = bytes[last..].to_vec();
    for _ in 0..count {
        bytes.extend_from_slice(&scan);
    }
    bytes.extend([0xff, 0xd9]);
    // Announced as large: each scan goes over all of it.
    let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
    bytes[at + 5..at + 9].copy_from_slice(&[0x08, 0, 0x08, 0]);
    bytes
}
