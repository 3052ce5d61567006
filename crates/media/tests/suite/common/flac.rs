//! FLAC files read by another decoder, and what the format says of them.

use std::io::Cursor;

use claxon::frame::FrameReader;
use noxrun_media::WavFormat;
use other_md5::{Digest, Md5};

/// What stands in a file, read field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    pub blocks: (u16, u16),
    pub sizes: (u32, u32),
    pub rate: u32,
    pub channels: usize,
    pub bits: u32,
    pub frames: u64,
    pub md5: [u8; 16],
}

/// Bytes in front of the first frame.
pub const HEADER: usize = 42;

/// The STREAMINFO block, which is the only one.
pub fn info(bytes: &[u8]) -> Info {
    assert_eq!(bytes[..8], *b"fLaC\x80\0\0\x22");
    let number = |from: usize, to: usize| {
        bytes[8 + from..8 + to]
            .iter()
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let packed = number(10, 18);
    Info {
        blocks: (number(0, 2) as u16, number(2, 4) as u16),
        sizes: (number(4, 7) as u32, number(7, 10) as u32),
        rate: (packed >> 44) as u32,
        channels: (packed >> 41 & 7) as usize + 1,
        bits: (packed >> 36 & 31) as u32 + 1,
        frames: packed & 0xF_FFFF_FFFF,
        md5: bytes[26..42].try_into().unwrap(),
    }
}

/// A block of a file.
pub struct Block {
    /// Bytes that it takes.
    pub len: usize,
    /// Its samples, channel after channel.
    pub lanes: Vec<Vec<i32>>,
}

/// The blocks of a file, as far as it can be read, and whether something unreadable follows.
pub fn blocks(bytes: &[u8]) -> (Vec<Block>, bool) {
    let mut reader = FrameReader::new(Cursor::new(&bytes[HEADER..]));
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        match reader.read_next_or_eof(Vec::new()) {
            Ok(Some(block)) => {
                let lanes = (0..block.channels()).map(|n| block.channel(n).to_vec());
                let lanes = lanes.collect();
                let input = reader.into_inner();
                let end = input.position() as usize;
                found.push(Block {
                    len: end - at,
                    lanes,
                });
                at = end;
                reader = FrameReader::new(input);
            }
            Ok(None) => return (found, false),
            Err(_) => return (found, true),
        }
    }
}

/// All samples of a file that is not cut off, interleaved.
pub fn samples(bytes: &[u8]) -> Vec<i32> {
    let (blocks, cut) = blocks(bytes);
    assert!(!cut, "a block cannot be read");
    let mut all = Vec::new();
    for Block { lanes, .. } in blocks {
        for frame in 0..lanes[0].len() {
            all.extend(lanes.iter().map(|lane| lane[frame]));
        }
    }
    all
}

/// The checksum as FLAC defines it.
pub fn md5(samples: &[i32], bits: u32) -> [u8; 16] {
    let bytes = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes().into_iter().take(bits as usize / 8));
    Md5::digest(bytes.collect::<Vec<u8>>()).into()
}

/// A sample as an integer, by the definition: scaled, rounded half to even, clamped.
pub fn integer(sample: f32, format: WavFormat) -> i32 {
    let scale = 2f64.powi(bits(format) as i32 - 1);
    let exact = f64::from(sample) * scale;
    let below = exact.floor();
    let up = exact - below > 0.5 || (exact - below == 0.5 && below.rem_euclid(2.0) == 1.0);
    let rounded = if up { below + 1.0 } else { below };
    if rounded.is_nan() {
        return 0;
    }
    rounded.clamp(-scale, scale - 1.0) as i32
}

pub fn bits(format: WavFormat) -> u32 {
    match format {
        WavFormat::F32 => 32,
        WavFormat::S24 => 24,
        WavFormat::S16 => 16,
    }
}
