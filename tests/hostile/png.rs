//! PNG files that lie, burst or break off.

type Made = Vec<(String, Vec<u8>, bool)>;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (0_u32.wrapping_sub(crc & 1)));
        }
    }
    !crc
}

pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let sum = crc(&[&kind[..], data].concat()).to_be_bytes();
    [&length[..], kind, data, &sum].concat()
}

/// Bits as deflate writes them.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for idx in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::try_from((value >> idx) & 1).unwrap() << (self.used % 8);
            *self.bytes.last_mut().unwrap() |= bit;
            self.used += 1;
        }
    }

    /// Huffman codes begin with their highest bit.
    fn code(&mut self, value: u32, count: u32) {
        self.push(value.reverse_bits() >> (32 - count), count);
    }
}

/// A zlib stream of so many zeros, 150 times smaller than they are; the checksum is right.
pub fn zeros(count: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b011, 3);
    bits.code(0x30, 8);
    let mut left = count.saturating_sub(1);
    while 258 <= left {
        bits.code(0xc5, 8);
        bits.code(0, 5);
        left -= 258;
    }
    for _ in 0..left {
        bits.code(0x30, 8);
    }
    bits.code(0, 7);
    let sum = u32::try_from(count % 65_521).unwrap() << 16 | 1;
    [&[0x78, 0x01], &bits.bytes[..], &sum.to_be_bytes()].concat()
}

fn header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    chunk(b"IHDR", &[&sides[..], &[depth, colour, 0, 0, 0]].concat())
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [MAGIC, &chunks.concat(), &chunk(b"IEND", b"")].concat()
}

/// A file whose pixels are all there, all zero.
fn whole(width: u32, height: u32, depth: u8, colour: u8, extra: &[Vec<u8>]) -> Vec<u8> {
    let channels = match colour {
        0 | 3 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    let row = (width as usize * usize::from(depth) * channels).div_ceil(8) + 1;
    let data = chunk(b"IDAT", &zeros(row * height as usize));
    png(&[header(width, height, depth, colour), extra.concat(), data])
}

pub fn small() -> Vec<u8> {
    whole(16, 16, 8, 6, &[chunk(b"tEXt", b"Comment\0hello")])
}

fn exif(orientation: u16, next: u32) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0]);
    tiff.extend(next.to_be_bytes());
    tiff
}

fn profile(length: u32, tags: u32) -> Vec<u8> {
    let mut profile = vec![0_u8; 128];
    profile[..4].copy_from_slice(&length.to_be_bytes());
    profile[8..12].copy_from_slice(&[4, 0, 0, 0]);
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    profile.extend(tags.to_be_bytes());
    for idx in 0..tags.min(200) {
        profile.extend(b"rXYZ");
        profile.extend((u32::MAX - idx).to_be_bytes());
        profile.extend(u32::MAX.to_be_bytes());
    }
    profile
}

/// A zlib stream that stores what it is given.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01, 0x01];
    let length = u16::try_from(data.len()).unwrap();
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(data);
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn compressed(keyword: &str, stream: &[u8]) -> Vec<u8> {
    [keyword.as_bytes(), b"\0\0", stream].concat()
}

pub fn all() -> Made {
    let mut made: Made = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| made.push((format!("PNG {name}"), bytes, false));
    add("as it should be", small());
    for (width, height) in [
        (0, 0),
        (1, 0),
        (0, 1),
        (12_001, 1),
        (1, 12_001),
        (12_000, 12_000),
        (40_000, 40_000),
        (65_535, 65_535),
        (i32::MAX as u32, 1),
        (1, i32::MAX as u32),
        (i32::MAX as u32, i32::MAX as u32),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
    ] {
        let data = chunk(b"IDAT", &zeros(1000));
        add(&format!("that says {width} × {height}"), png(&[header(width, height, 8, 6), data]));
    }
    let tiny = chunk(b"IDAT", &zeros(100));
    add("of 96 million pixels and no data", png(&[header(12_000, 8_000, 1, 0), tiny]));
    add("with more data than pixels", {
        png(&[header(2, 2, 8, 6), chunk(b"IDAT", &zeros(50_000_000))])
    });
    for (depth, colour) in [(16, 6), (16, 2), (16, 0), (1, 0), (2, 0), (4, 0), (8, 4), (16, 4)] {
        add(&format!("of depth {depth} and colour {colour}"), whole(16, 16, depth, colour, &[]));
    }
    for (depth, colour) in [(3, 0), (0, 0), (255, 6), (1, 6), (16, 3), (8, 1), (8, 5), (8, 255)] {
        add(&format!("of odd depth {depth} and colour {colour}"), whole(4, 4, depth, colour, &[]));
    }
    add("with a palette that is missing", whole(16, 16, 8, 3, &[]));
    add("with an empty palette", whole(16, 16, 8, 3, &[chunk(b"PLTE", b"")]));
    add("with a palette of 257", whole(16, 16, 8, 3, &[chunk(b"PLTE", &[7; 771])]));
    add("with a palette cut", whole(16, 16, 8, 3, &[chunk(b"PLTE", &[7; 5])]));
    let long = [chunk(b"PLTE", &[7; 3]), chunk(b"tRNS", &[1; 300])];
    add("with more transparency than colours", whole(16, 16, 8, 3, &long));
    add("with transparency of a colour that has some", whole(4, 4, 8, 6, &[chunk(b"tRNS", b"x")]));
    for (at, name) in [(10, "compression"), (11, "filter"), (12, "interlace")] {
        let mut head = vec![0, 0, 0, 16, 0, 0, 0, 16, 8, 6, 0, 0, 0];
        head[at] = if at == 12 { 1 } else { 9 };
        let data = chunk(b"IDAT", &zeros(2000));
        add(&format!("with an odd {name}"), png(&[chunk(b"IHDR", &head), data.clone()]));
        head[at] = 200;
        add(&format!("with a wrong {name}"), png(&[chunk(b"IHDR", &head), data]));
    }
    let rows = stored(&[0xff; 17 * 4 * 16][..1000]);
    add("with a filter that is none", png(&[header(16, 16, 8, 6), chunk(b"IDAT", &rows)]));
    add_broken(&mut add);
    add_extra(&mut add);
    let whole_million = whole(10_000, 10_000, 8, 6, &[]);
    made.push(("PNG of a hundred million pixels".to_owned(), whole_million, true));
    made
}

fn add_broken(add: &mut dyn FnMut(&str, Vec<u8>)) {
    let good = small();
    for part in 1..10 {
        add(&format!("cut at {part} tenths"), good[..good.len() * part / 10].to_vec());
    }
    for (name, at) in [("IHDR", 29), ("tEXt", 54), ("IDAT", good.len() - 14)] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        add(&format!("with a wrong sum of {name}"), bytes);
    }
    for length in [0_u32, 1, 12, 14, i32::MAX as u32, u32::MAX] {
        let mut bytes = good.clone();
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        add(&format!("whose header says {length} bytes"), bytes);
    }
    let head = header(16, 16, 8, 6);
    let data = chunk(b"IDAT", &zeros(16 * 65));
    add("without data", png(std::slice::from_ref(&head)));
    add("without an end", [MAGIC, &head, &data].concat());
    add("with two headers", png(&[head.clone(), header(9000, 9000, 16, 6), data.clone()]));
    add("without a header", png(std::slice::from_ref(&data)));
    add(
        "with data apart",
        png(&[head.clone(), data.clone(), chunk(b"tEXt", b"a\0b"), data.clone()]),
    );
    add("with an unknown part", png(&[head.clone(), chunk(b"ABCD", b"x"), data.clone()]));
    add("with a part of no name", png(&[head.clone(), chunk(&[0, 255, 1, 2], b"x"), data.clone()]));
    let empty: Vec<u8> = (0..20_000).flat_map(|_| chunk(b"IDAT", b"")).collect();
    add("with twenty thousand empty parts", png(&[head.clone(), empty, data.clone()]));
    add("with a palette too late", png(&[head, data, chunk(b"PLTE", &[7; 3])]));
    for (name, tail) in [
        ("a ZIP", &b"PK\x03\x04\x14\0\0\0\x08\0"[..]),
        ("a page", b"<html><script>alert(1)</script>"),
        ("a program", b"\x7fELF"),
        ("another PNG", &small()),
        ("a million bytes", &[0x41; 1 << 20]),
    ] {
        add(&format!("followed by {name}"), [&small()[..], tail].concat());
    }
}

fn add_extra(add: &mut dyn FnMut(&str, Vec<u8>)) {
    let bomb = zeros(200_000_000);
    let text = [b"a\0\x01\0\0\0".as_slice(), &bomb].concat();
    let loops = exif(6, 8);
    for (name, extra) in [
        ("a zTXt bomb", chunk(b"zTXt", &compressed("a", &bomb))),
        ("an iTXt bomb", chunk(b"iTXt", &text)),
        ("a profile that is a bomb", chunk(b"iCCP", &compressed("a", &bomb))),
        ("a profile that is none", chunk(b"iCCP", &compressed("a", b"no zlib"))),
        ("a profile of nothing", chunk(b"iCCP", &compressed("a", &stored(b"")))),
        ("a profile of many tags", chunk(b"iCCP", &compressed("a", &stored(&profile(132, 200))))),
        ("a profile of endless tags", {
            chunk(b"iCCP", &compressed("a", &stored(&profile(u32::MAX, u32::MAX))))
        }),
        ("a profile without a name", chunk(b"iCCP", &[0; 3])),
        ("EXIF that loops", chunk(b"eXIf", &loops)),
        ("EXIF of orientation 0", chunk(b"eXIf", &exif(0, 0))),
        ("EXIF of orientation 65535", chunk(b"eXIf", &exif(u16::MAX, u32::MAX))),
        ("EXIF garbage", chunk(b"eXIf", &[0xee; 5000])),
        ("no brightness", chunk(b"gAMA", &[0; 4])),
        ("odd colours", chunk(b"cHRM", &[0; 32])),
        ("an animation of endless pictures", chunk(b"acTL", &[0xff; 8])),
        ("an animation that has none", chunk(b"acTL", &[0; 8])),
        ("a frame of another size", {
            let mut frame = vec![0_u8; 26];
            frame[4..12].copy_from_slice(&[0xff; 8]);
            [chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), chunk(b"fcTL", &frame)].concat()
        }),
        ("a physical size of nothing", chunk(b"pHYs", &[0; 9])),
        ("a time that is none", chunk(b"tIME", &[0xff; 7])),
    ] {
        add(&format!("with {name}"), whole(16, 16, 8, 6, &[extra]));
    }
    let many: Vec<u8> = (0..50_000).flat_map(|_| chunk(b"tEXt", b"a\0b")).collect();
    add("with fifty thousand texts", whole(16, 16, 8, 6, &[many]));
}
