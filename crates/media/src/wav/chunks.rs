//! Walks the chunks of a RIFF or RF64 file and finds what matters, whatever the sizes claim.

use std::io::{self, Read, Seek, SeekFrom};

use super::fmt::Fmt;

/// Where the sound lies in a file, and what it is.
#[derive(Debug)]
pub(crate) struct Layout {
    pub fmt: Fmt,
    /// Position of the first sample, bytes from the start of the source.
    pub data_start: u64,
    /// Bytes of sound that are really there.
    pub data_len: u64,
    /// Entries of the INFO list: identifier and text, trailing zeros removed.
    pub info: Vec<([u8; 4], Vec<u8>)>,
}

/// Real files hold a few dozen chunks; a file full of empty ones is not walked to its end.
const MAX_CHUNKS: u32 = 10_000;
/// Bytes of an INFO list that are looked at.
const MAX_INFO_LEN: u64 = 1 << 20;
/// Identifiers that are believed even where a chunk of odd length lacks its padding byte.
const COMMON: [&[u8; 4]; 9] = [
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"cue ", b"smpl", b"id3 ", b"JUNK",
];

pub(crate) fn malformed(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

pub(crate) fn unsupported(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what)
}

/// Finds format and sound in a WAV file whose `RIFF` stands at `start`, in a source of `end` bytes.
///
/// The size in the RIFF header is not looked at: recorders that were killed never filled it in.
///
/// # Errors
/// `InvalidData` with the position when the file is damaged before its first sample,
/// `Unsupported` for codings that are not read, anything else from the source itself.
pub(crate) fn scan<R: Read + Seek>(source: &mut R, start: u64, end: u64) -> io::Result<Layout> {
    let mut walk = Walk { source, end };
    let wide = &walk.bytes::<4>(start, "the RIFF header")? != b"RIFF";
    if &walk.bytes::<4>(start.saturating_add(8), "the RIFF header")? != b"WAVE" {
        return Err(unsupported("a RIFF file that is not WAVE".into()));
    }

    let mut fmt = None;
    let mut data = None;
    let mut wide_data_len = None;
    let mut info = Vec::new();
    let mut at = start + 12;
    for _ in 0..MAX_CHUNKS {
        let Some(chunk) = walk.chunk(at)? else { break };
        match &chunk.id {
            b"fmt " if fmt.is_none() => {
                let len = chunk.len.min(Fmt::MAX_LEN);
                let body = walk.body(chunk.body, len)?;
                if (body.len() as u64) < len {
                    return Err(malformed(format!(
                        "the WAV file stops at byte {end}, in its fmt chunk"
                    )));
                }
                fmt = Some(Fmt::parse(&body)?);
            }
            b"ds64" if wide => {
                let sizes = walk.bytes::<16>(chunk.body, "the ds64 chunk")?;
                wide_data_len = sizes.last_chunk::<8>().map(|len| u64::from_le_bytes(*len));
            }
            b"data" if data.is_none() => {
                let claimed = match wide_data_len {
                    Some(len) if chunk.len == u64::from(u32::MAX) => len,
                    _ => chunk.len,
                };
                let len = walk.data_len(chunk.body, claimed)?;
                data = Some((chunk.body, len));
                at = walk.after(chunk.body, len)?;
                continue;
            }
            b"LIST" => info.extend(walk.info(&chunk)?),
            _ => {}
        }
        at = walk.after(chunk.body, chunk.len)?;
    }

    let Some(fmt) = fmt else {
        return Err(malformed(format!(
            "the WAV file has no fmt chunk in its {end} bytes"
        )));
    };
    let Some((data_start, data_len)) = data else {
        return Err(malformed(format!(
            "the WAV file has no data chunk in its {end} bytes"
        )));
    };
    Ok(Layout {
        fmt,
        data_start,
        data_len,
        info,
    })
}

/// A chunk's header. `body + len` may lie beyond the end of the file, but does not overflow.
struct Chunk {
    id: [u8; 4],
    body: u64,
    len: u64,
}

struct Walk<'a, R> {
    source: &'a mut R,
    end: u64,
}

impl<R: Read + Seek> Walk<'_, R> {
    fn bytes<const N: usize>(&mut self, at: u64, what: &str) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        if at.saturating_add(N as u64) > self.end {
            return Err(malformed(format!(
                "the WAV file stops at byte {}, in {what}",
                self.end
            )));
        }
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Up to `len` bytes at `at`, fewer where the file ends.
    fn body(&mut self, at: u64, len: u64) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        self.source.seek(SeekFrom::Start(at))?;
        self.source
            .by_ref()
            .take(len.min(self.end.saturating_sub(at)))
            .read_to_end(&mut body)?;
        Ok(body)
    }

    /// The chunk at `at`; `None` where no chunk can stand.
    fn chunk(&mut self, at: u64) -> io::Result<Option<Chunk>> {
        let body = at.saturating_add(8);
        if body > self.end {
            return Ok(None);
        }
        let [a, b, c, d, len @ ..] = self.bytes::<8>(at, "a chunk header")?;
        let id = [a, b, c, d];
        if !id.iter().all(|byte| (0x20..0x7F).contains(byte)) {
            return Ok(None);
        }
        Ok(Some(Chunk {
            id,
            body,
            len: u64::from(u32::from_le_bytes(len)),
        }))
    }

    /// Where the chunk after one of `len` bytes starts.
    fn after(&mut self, body: u64, len: u64) -> io::Result<u64> {
        let next = body.saturating_add(len);
        if len.is_multiple_of(2) || next.saturating_add(4) > self.end {
            return Ok(next.saturating_add(len % 2));
        }
        let unpadded = self.bytes::<4>(next, "a chunk header")?;
        Ok(if COMMON.contains(&&unpadded) {
            next
        } else {
            next + 1
        })
    }

    /// Bytes of sound that are really there: a size that was never filled in (0 or all ones) and
    /// one beyond the end of the file both mean "until the end".
    fn data_len(&mut self, body: u64, claimed: u64) -> io::Result<u64> {
        let real = self.end.saturating_sub(body);
        if claimed > real || (claimed == 0 && !self.chunks_fill(body)?) {
            return Ok(real);
        }
        Ok(claimed)
    }

    /// Whether nothing but well-formed chunks lies between `at` and the end of the file: then a
    /// `data` chunk of size 0 in front of them is really empty.
    fn chunks_fill(&mut self, mut at: u64) -> io::Result<bool> {
        for _ in 0..MAX_CHUNKS {
            if at >= self.end {
                return Ok(at <= self.end + 1);
            }
            match self.chunk(at)? {
                Some(chunk) if chunk.body + chunk.len <= self.end => {
                    at = self.after(chunk.body, chunk.len)?;
                }
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The entries of an INFO list; none for lists of another kind.
    fn info(&mut self, list: &Chunk) -> io::Result<Vec<([u8; 4], Vec<u8>)>> {
        let body = self.body(list.body, list.len.min(MAX_INFO_LEN))?;
        let Some(mut rest) = body.strip_prefix(b"INFO") else {
            return Ok(Vec::new());
        };
        let mut entries = Vec::new();
        while let Some((&[a, b, c, d, l0, l1, l2, l3], tail)) = rest.split_first_chunk::<8>() {
            let len = (u32::from_le_bytes([l0, l1, l2, l3]) as usize).min(tail.len());
            let (text, tail) = tail.split_at(len);
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            if !text.is_empty() {
                entries.push(([a, b, c, d], text.to_vec()));
            }
            rest = tail.get(len % 2..).unwrap_or_default();
        }
        Ok(entries)
    }
}
