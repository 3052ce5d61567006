//! Sound files built and read byte by byte, knowing nothing of the crate under test.
#![allow(dead_code, missing_docs)] // Each test file uses its part.

pub mod flac;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A progress callback that never cancels.
pub fn go_on(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A file in the system's temporary folder, removed when dropped.
pub struct TempFile(PathBuf);

impl TempFile {
    pub fn new(name: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let unique = format!("noxrun-media-{}-{made}-{name}", std::process::id());
        TempFile(std::env::temp_dir().join(unique))
    }

    pub fn with(name: &str, bytes: &[u8]) -> Self {
        let file = Self::new(name);
        std::fs::write(&file.0, bytes).unwrap();
        file
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

pub const PCM: u16 = 1;
pub const FLOAT: u16 = 3;

/// The 16 bytes that every `fmt ` chunk begins with.
pub fn fmt(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = (u32::from(channels) * u32::from(bits) / 8) as u16;
    let mut body = Vec::new();
    body.extend(tag.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(rate.to_le_bytes());
    body.extend(rate.wrapping_mul(u32::from(align)).to_le_bytes());
    body.extend(align.to_le_bytes());
    body.extend(bits.to_le_bytes());
    body
}

/// A WAVE_FORMAT_EXTENSIBLE `fmt ` chunk.
pub fn extensible(tag: u16, channels: u16, rate: u32, bits: u16, valid: u16, mask: u32) -> Vec<u8> {
    let mut body = fmt(0xFFFE, channels, rate, bits);
    body.extend(22u16.to_le_bytes());
    body.extend(valid.to_le_bytes());
    body.extend(mask.to_le_bytes());
    body.extend(tag.to_le_bytes());
    body.extend(b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
    body
}

/// Chunks in a row, with honest or other sizes.
#[derive(Clone)]
pub struct Wav {
    pub bytes: Vec<u8>,
}

impl Wav {
    pub fn new() -> Self {
        Wav {
            bytes: b"RIFF\0\0\0\0WAVE".to_vec(),
        }
    }

    pub fn chunk(self, id: &[u8; 4], body: &[u8]) -> Self {
        let padding: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
        self.claiming(id, body.len() as u32, body).raw(padding)
    }

    /// A chunk whose header claims `len`, whatever the body, without padding.
    pub fn claiming(self, id: &[u8; 4], len: u32, body: &[u8]) -> Self {
        self.raw(id).raw(&len.to_le_bytes()).raw(body)
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// The file, its RIFF size filled in.
    pub fn build(mut self) -> Vec<u8> {
        let len = self.bytes.len() as u32 - 8;
        self.bytes[4..8].copy_from_slice(&len.to_le_bytes());
        self.bytes
    }
}

/// A complete plain file.
pub fn wav(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    Wav::new()
        .chunk(b"fmt ", &fmt(tag, channels, rate, bits))
        .chunk(b"data", data)
        .build()
}

/// A complete 16-bit file.
pub fn wav16(channels: u16, rate: u32, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    wav(PCM, channels, rate, 16, &data)
}

/// What a strict reader finds in a file.
#[derive(Debug)]
pub struct Strict {
    pub tag: u16,
    pub channels: u16,
    pub rate: u32,
    pub bits: u16,
    pub fact: Option<u32>,
    pub data: Vec<u8>,
    pub riff_size: u32,
    pub extensible: bool,
}

impl Strict {
    pub fn frames(&self) -> usize {
        self.data.len() / (usize::from(self.channels) * usize::from(self.bits / 8))
    }

    pub fn f32(&self) -> Vec<f32> {
        assert_eq!((self.tag, self.bits), (FLOAT, 32));
        self.data
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }

    pub fn integers(&self) -> Vec<i32> {
        assert_eq!(self.tag, PCM);
        let len = usize::from(self.bits / 8);
        let sign_extended = |bytes: &[u8]| {
            let mut wide = [0u8; 4];
            wide[4 - len..].copy_from_slice(bytes);
            i32::from_le_bytes(wide) >> (32 - self.bits)
        };
        self.data.chunks_exact(len).map(sign_extended).collect()
    }
}

/// Reads a file as strictly as the specification allows; `growing` tolerates bytes after the RIFF
/// chunk, which a recording that was killed may have.
pub fn strict(bytes: &[u8], growing: bool) -> Strict {
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(&bytes[..4], b"RIFF");
    assert_eq!(&bytes[8..12], b"WAVE");
    let riff_size = u32_at(4);
    let end = 8 + riff_size as usize;
    // The padding byte of a file that was killed may still be missing.
    assert!(
        end <= bytes.len() + usize::from(growing),
        "RIFF size {end} beyond {}",
        bytes.len()
    );
    assert!(
        growing || end == bytes.len(),
        "RIFF size {end}, file {}",
        bytes.len()
    );

    let mut found = Strict {
        tag: 0,
        channels: 0,
        rate: 0,
        bits: 0,
        fact: None,
        data: Vec::new(),
        riff_size,
        extensible: false,
    };
    let mut at = 12;
    let mut seen_data = false;
    while at < end {
        let (id, len) = (&bytes[at..at + 4], u32_at(at + 4) as usize);
        let body = at + 8;
        match id {
            b"fmt " => {
                found.tag = u16_at(body);
                found.channels = u16_at(body + 2);
                found.rate = u32_at(body + 4);
                found.bits = u16_at(body + 14);
                let align = u16_at(body + 12);
                assert_eq!(align, found.channels * found.bits / 8);
                assert_eq!(u32_at(body + 8), found.rate * u32::from(align));
                match (found.tag, len) {
                    (0xFFFE, 40) => {
                        found.extensible = true;
                        assert_eq!(u16_at(body + 16), 22);
                        assert_eq!(u16_at(body + 18), found.bits);
                        found.tag = u16_at(body + 24);
                        let tail = &bytes[body + 26..body + 40];
                        assert_eq!(
                            tail,
                            b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
                        );
                    }
                    (FLOAT, 18) => assert_eq!(u16_at(body + 16), 0),
                    (PCM, 16) => {}
                    other => panic!("format tag and length {other:?}"),
                }
            }
            b"JUNK" => assert_eq!((at, len), (12, 28), "the room for 64-bit sizes"),
            b"fact" => found.fact = Some(u32_at(body)),
            b"data" => {
                found.data = bytes[body..body + len].to_vec();
                seen_data = true;
            }
            other => panic!("chunk {other:?}"),
        }
        at = body + len + len % 2;
    }
    assert_eq!(at, end, "the chunks do not fill the RIFF chunk");
    assert!(seen_data);
    let frame_len = usize::from(found.channels * found.bits / 8);
    assert_eq!(
        found.data.len() % frame_len,
        0,
        "the last frame is not whole"
    );
    found
}
