//! WebP files that lie, burst or break off.

type Made = Vec<(String, Vec<u8>, bool)>;

pub fn small() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..16 * 16 * 4).map(|idx| (idx % 251) as u8).collect();
    image::codecs::webp::WebPEncoder::new_lossless(&mut bytes)
        .encode(&pixels, 16, 16, image::ExtendedColorType::Rgba8)
        .unwrap();
    bytes
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let pad: &[u8] = if data.len() % 2 == 1 { &[0] } else { &[] };
    [&kind[..], &length, data, pad].concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let data = chunks.concat();
    let length = u32::try_from(data.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &data].concat()
}

/// The extended header: flags, and the sides less one in three bytes each.
fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.to_le_bytes(), height.to_le_bytes());
    chunk(b"VP8X", &[&[flags, 0, 0, 0], &width[..3], &height[..3]].concat())
}

fn picture() -> Vec<u8> {
    small()[12..].to_vec()
}

fn frame(x: u8, picture: &[u8]) -> Vec<u8> {
    let head = [x, 0, 0, 0, 0, 0, 15, 0, 0, 15, 0, 0, 0, 0, 0, 0];
    chunk(b"ANMF", &[&head[..], picture].concat())
}

pub fn all() -> Made {
    let mut made: Made = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| made.push((format!("WebP {name}"), bytes, false));
    let good = small();
    add("as it should be", good.clone());
    for part in 1..10 {
        add(&format!("cut at {part} tenths"), good[..good.len() * part / 10].to_vec());
    }
    for length in [0_u32, 4, 12, 0x7fff_ffff, u32::MAX] {
        let mut bytes = good.clone();
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        add(&format!("that says {length} bytes"), bytes.clone());
        let mut bytes = good.clone();
        bytes[16..20].copy_from_slice(&length.to_le_bytes());
        add(&format!("whose picture says {length} bytes"), bytes);
    }
    let mut large = good.clone();
    large[21..25].copy_from_slice(&[0xff; 4]);
    add("of 16384 × 16384 in its bits", large);
    add("without a picture", riff(&[]));
    add("of an extended header alone", riff(&[extended(0, 15, 15)]));
    let huge = [extended(0, 0xff_ffff, 0xff_ffff), picture()];
    add("of a canvas of 2^24", riff(&huge));
    add("of a canvas that is not its picture", riff(&[extended(0, 11_999, 7_999), picture()]));
    let anim = chunk(b"ANIM", &[0; 6]);
    let first = [extended(2, 15, 15), anim.clone()];
    add("of an animation without frames", riff(&first));
    let frames: Vec<Vec<u8>> = (0..5_000).map(|_| frame(0, &picture())).collect();
    add("of five thousand frames", riff(&[first.concat(), frames.concat()]));
    add("of a frame outside", riff(&[first.concat(), frame(255, &picture())]));
    let inner = riff(&[first.concat(), frame(0, &picture())]);
    add("of a frame in a frame", riff(&[first.concat(), frame(0, &inner)]));
    for (name, flags, kind) in
        [("EXIF", 8, b"EXIF"), ("a profile", 32, b"ICCP"), ("XMP", 4, b"XMP ")]
    {
        let extra = chunk(kind, &[0xab; 3001]);
        add(&format!("with {name} of garbage"), riff(&[extended(flags, 15, 15), extra, picture()]));
        add(&format!("with {name} announced"), riff(&[extended(flags, 15, 15), picture()]));
    }
    let alpha = chunk(b"ALPH", &[0xff; 50]);
    let lossy = chunk(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f\0\0\0\0\0\0");
    add("of lossy garbage", riff(std::slice::from_ref(&lossy)));
    add("of alpha garbage", riff(&[extended(16, 15, 15), alpha, lossy]));
    let many: Vec<u8> = (0..50_000).flat_map(|_| chunk(b"ABCD", b"")).collect();
    add("of fifty thousand unknown parts", riff(&[extended(0, 15, 15), many, picture()]));
    add("that is something else", b"RIFF\x10\0\0\0WEBPWAVEfmt ".to_vec());
    made
}
