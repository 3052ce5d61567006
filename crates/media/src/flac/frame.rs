//! One block of all channels as a frame: header, channels, checksums.

use super::bits::{BitWriter, crc8, crc16};
use super::lpc::Finder;
use super::subframe::Subframe;

/// Encodes blocks, one after another, to frames.
#[derive(Debug)]
pub(crate) struct FrameEncoder {
    sample_rate: u32,
    bits: u32,
    channels: Vec<Subframe>,
    /// Middle and side of a stereo block.
    middle: Subframe,
    side: Subframe,
    finder: Finder,
    number: u32,
    out: BitWriter,
    frame: Vec<u8>,
}

/// Frames a block at a rate: at most half a second, so that no more is lost with a process.
pub(crate) fn block_len(sample_rate: u32) -> usize {
    1 << (sample_rate / 2).max(16).ilog2().min(12)
}

/// Most bytes of a frame beyond its samples as they are and one for each channel: 16 of header, one
/// of alignment, two of checksum.
pub(crate) const FRAME_OVERHEAD: u64 = 19;

impl FrameEncoder {
    /// An encoder of blocks of at most `block` frames of `channels` channels of `bits` bits.
    pub fn new(sample_rate: u32, channels: usize, bits: u32, block: usize) -> Self {
        let subframe = |_| Subframe::new(block);
        Self {
            sample_rate,
            bits,
            channels: (0..channels).map(subframe).collect(),
            middle: subframe(0),
            side: subframe(0),
            finder: Finder::default(),
            number: 0,
            out: BitWriter::default(),
            frame: Vec::new(),
        }
    }

    /// Frames that wait in the block.
    pub fn waiting(&self) -> usize {
        self.channels
            .first()
            .map_or(0, |channel| channel.samples.len())
    }

    /// Adds interleaved whole frames to the block.
    pub fn add(&mut self, interleaved: &[i32]) {
        let count = self.channels.len();
        for (n, channel) in self.channels.iter_mut().enumerate() {
            let own = interleaved.iter().skip(n).step_by(count);
            channel.samples.extend(own);
        }
    }

    /// Adds silent frames to the block.
    pub fn add_silence(&mut self, frames: usize) {
        for channel in &mut self.channels {
            channel.samples.resize(channel.samples.len() + frames, 0);
        }
    }

    /// Forgets what waits in the block.
    pub fn clear(&mut self) {
        for channel in &mut self.channels {
            channel.samples.clear();
        }
    }

    /// The block as a frame. Every block but the last has as many frames as `new` was told.
    pub fn encode(&mut self) -> &[u8] {
        let frames = self.waiting();
        let assignment = self.plan();
        self.out.clear();
        for byte in self.header(frames, assignment) {
            self.out.put(u32::from(byte), 8);
        }
        let (left_or_side, right_or_side) = match assignment {
            LEFT_SIDE => (&self.channels[0], &self.side),
            SIDE_RIGHT => (&self.side, &self.channels[1]),
            MIDDLE_SIDE => (&self.middle, &self.side),
            _ => {
                for channel in &self.channels {
                    channel.write(&mut self.out);
                }
                return self.seal();
            }
        };
        left_or_side.write(&mut self.out);
        right_or_side.write(&mut self.out);
        self.seal()
    }

    /// Ends the frame and empties the block.
    fn seal(&mut self) -> &[u8] {
        self.frame.clear();
        self.frame.extend_from_slice(self.out.aligned());
        let checksum = crc16(&self.frame);
        self.frame.extend(checksum.to_be_bytes());
        self.number += 1;
        self.clear();
        &self.frame
    }

    /// Plans every channel; says which ones are written.
    fn plan(&mut self) -> u32 {
        let (bits, finder) = (self.bits, &mut self.finder);
        let [left, right] = self.channels.as_mut_slice() else {
            for channel in &mut self.channels {
                channel.plan(bits, finder);
            }
            return self.channels.len() as u32 - 1;
        };
        self.middle.samples.clear();
        self.side.samples.clear();
        let pairs = || left.samples.iter().zip(&right.samples);
        self.middle
            .samples
            .extend(pairs().map(|(l, r)| (l + r) >> 1));
        self.side.samples.extend(pairs().map(|(l, r)| l - r));
        let left = left.plan(bits, finder);
        let right = right.plan(bits, finder);
        let middle = self.middle.plan(bits, finder);
        let side = self.side.plan(bits + 1, finder);
        let ways = [
            (INDEPENDENT_STEREO, left + right),
            (LEFT_SIDE, left + side),
            (SIDE_RIGHT, side + right),
            (MIDDLE_SIDE, middle + side),
        ];
        let cheapest = ways.into_iter().min_by_key(|(_, cost)| *cost);
        cheapest.map_or(INDEPENDENT_STEREO, |(way, _)| way)
    }

    fn header(&self, frames: usize, assignment: u32) -> Vec<u8> {
        let (block, block_extra) = block_code(frames);
        let (rate, rate_extra) = rate_code(self.sample_rate);
        let size = if self.bits == 16 { 0b100 } else { 0b110 };
        let mut header = vec![0xFF, 0xF8];
        header.push((block << 4 | rate) as u8);
        header.push((assignment << 4 | size << 1) as u8);
        put_number(self.number, &mut header);
        header.extend(block_extra);
        header.extend(rate_extra);
        header.push(crc8(&header));
        header
    }
}

const INDEPENDENT_STEREO: u32 = 0b0001;
const LEFT_SIDE: u32 = 0b1000;
const SIDE_RIGHT: u32 = 0b1001;
const MIDDLE_SIDE: u32 = 0b1010;

/// The code of a block's length and what follows for it behind the frame number.
fn block_code(frames: usize) -> (u32, Vec<u8>) {
    match frames {
        256 | 512 | 1_024 | 2_048 | 4_096 => (frames.ilog2(), vec![]),
        1..=256 => (0b0110, vec![(frames - 1) as u8]),
        _ => (0b0111, ((frames - 1) as u16).to_be_bytes().to_vec()),
    }
}

/// The code of a sample rate and what follows for it; 0 leaves it to STREAMINFO.
fn rate_code(rate: u32) -> (u32, Vec<u8>) {
    match rate {
        88_200 => (0b0001, vec![]),
        176_400 => (0b0010, vec![]),
        192_000 => (0b0011, vec![]),
        8_000 => (0b0100, vec![]),
        16_000 => (0b0101, vec![]),
        22_050 => (0b0110, vec![]),
        24_000 => (0b0111, vec![]),
        32_000 => (0b1000, vec![]),
        44_100 => (0b1001, vec![]),
        48_000 => (0b1010, vec![]),
        96_000 => (0b1011, vec![]),
        0..=255_000 if rate.is_multiple_of(1_000) => (0b1100, vec![(rate / 1_000) as u8]),
        0..=65_535 => (0b1101, (rate as u16).to_be_bytes().to_vec()),
        0..=655_350 if rate.is_multiple_of(10) => {
            (0b1110, ((rate / 10) as u16).to_be_bytes().to_vec())
        }
        _ => (0b0000, vec![]),
    }
}

/// A number in the manner of UTF-8, up to 31 bits in six bytes.
fn put_number(number: u32, out: &mut Vec<u8>) {
    if number < 0x80 {
        out.push(number as u8);
        return;
    }
    // Six bits for each byte that follows; the first has one less with each of them.
    let follow = (1..=5).find(|n| number < 1 << (5 * n + 6)).unwrap_or(5);
    let mark = 0xFFu8 << (7 - follow);
    out.push(mark | (number >> (6 * follow)) as u8);
    for n in (0..follow).rev() {
        out.push(0x80 | (number >> (6 * n) & 0x3F) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_numbers_are_written_as_utf_8_writes_characters() {
        for number in [0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x1_0000, 0x10_FFFF] {
            let mut out = Vec::new();
            put_number(number, &mut out);
            let expected = char::from_u32(number).unwrap().to_string();
            assert_eq!(out, expected.as_bytes(), "{number:x}");
        }
        // Beyond Unicode the scheme goes on: RFC 9639, section 9.1.5.
        for (number, bytes) in [
            (0x1F_FFFF, vec![0xF7, 0xBF, 0xBF, 0xBF]),
            (0x20_0000, vec![0xF8, 0x88, 0x80, 0x80, 0x80]),
            (0x3FF_FFFF, vec![0xFB, 0xBF, 0xBF, 0xBF, 0xBF]),
            (0x400_0000, vec![0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]),
            (0x7FFF_FFFF, vec![0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]),
        ] {
            let mut out = Vec::new();
            put_number(number, &mut out);
            assert_eq!(out, bytes, "{number:x}");
        }
    }

    #[test]
    fn a_block_is_at_most_half_a_second() {
        for (rate, block) in [
            (1_000, 256),
            (8_000, 2_048),
            (8_192, 4_096),
            (48_000, 4_096),
            (768_000, 4_096),
        ] {
            assert_eq!(block_len(rate), block);
        }
    }
}
