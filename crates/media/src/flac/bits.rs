//! Bits into bytes, most significant first, and the two checksums of a frame.

/// A growing row of bits.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are not in `bytes` yet, fewer than 32, right-aligned. What is above them is old.
    pending: u64,
    pending_len: u32,
}

impl BitWriter {
    /// Starts anew, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.pending_len = 0;
    }

    /// Appends the lowest `len` bits of `value`, at most 32.
    pub fn put(&mut self, value: u32, len: u32) {
        let mask = (1u64 << len) - 1;
        self.pending = (self.pending << len) | (u64::from(value) & mask);
        self.pending_len += len;
        if self.pending_len >= 32 {
            self.pending_len -= 32;
            let word = (self.pending >> self.pending_len) as u32;
            self.bytes.extend_from_slice(&word.to_be_bytes());
        }
    }

    /// Appends a two's complement number of `len` bits.
    pub fn put_signed(&mut self, value: i32, len: u32) {
        self.put(value as u32, len);
    }

    /// Appends `zeros` zeros and a one.
    pub fn put_unary(&mut self, mut zeros: u32) {
        while zeros >= 32 {
            self.put(0, 32);
            zeros -= 32;
        }
        self.put(1, zeros + 1);
    }

    /// Appends a Rice code: `value >> parameter` in unary, then the lowest `parameter` bits.
    pub fn put_rice(&mut self, value: u32, parameter: u32) {
        let quotient = value >> parameter;
        let low = value & ((1 << parameter) - 1);
        if quotient + parameter < 32 {
            self.put((1 << parameter) | low, quotient + 1 + parameter);
        } else {
            self.put_unary(quotient);
            self.put(low, parameter);
        }
    }

    /// Fills the last byte up with zeros and gives everything so far.
    pub fn aligned(&mut self) -> &[u8] {
        let padding = (8 - self.pending_len % 8) % 8;
        self.put(0, padding);
        while self.pending_len > 0 {
            self.pending_len -= 8;
            self.bytes.push((self.pending >> self.pending_len) as u8);
        }
        &self.bytes
    }
}

const CRC8: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x80 == 0 { 0 } else { 0x07 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x8005 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// The checksum of a frame's header: x^8 + x^2 + x + 1.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0, |crc, byte| CRC8[usize::from(crc ^ byte)])
}

/// The checksum of a whole frame: x^16 + x^15 + x^2 + 1.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (crc << 8) ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_stand_in_the_order_in_which_they_were_put() {
        let mut writer = BitWriter::default();
        let mut expected = String::new();
        writer.put(0b101, 3);
        expected.push_str("101");
        writer.put_signed(-2, 5);
        expected.push_str("11110");
        writer.put_unary(40);
        expected.push_str(&("0".repeat(40) + "1"));
        writer.put(u32::MAX, 32);
        expected.push_str(&"1".repeat(32));
        writer.put_rice(0b1101, 2);
        expected.push_str("000101");
        writer.put_rice(35 << 1, 1);
        expected.push_str(&("0".repeat(35) + "10"));
        writer.put_rice(0x3FFF_FFFF, 30);
        expected.push_str(&"1".repeat(31));
        writer.put(0, 0);
        while !expected.len().is_multiple_of(8) {
            expected.push('0');
        }
        let bytes = writer.aligned().to_vec();
        let found: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
        assert_eq!(found, expected);

        writer.clear();
        writer.put(0xA5, 8);
        assert_eq!(writer.aligned(), [0xA5]);
    }

    // The check values of the catalogue of CRC algorithms: CRC-8/SMBUS and CRC-16/UMTS.
    #[test]
    fn checksums_have_their_published_check_values() {
        assert_eq!(crc8(b"123456789"), 0xF4);
        assert_eq!(crc16(b"123456789"), 0xFEE8);
    }
}
