//! A bounded ring of small notes beside the sample ring.
//!
//! The newest note stays with the writer until it has to be out, so notes can still be merged into
//! it: whatever does not fit makes the newest one larger, and no count is ever lost.

use rtrb::{Consumer, Producer, RingBuffer};

/// Notes that the ring holds. Each stands for something rare; a stalled consumer merges the rest.
const NOTES: usize = 1024;

/// A note that can take in the one after it.
pub(crate) trait Merge: Copy {
    fn merge(&mut self, later: Self);
}

/// The callback's end.
pub(crate) struct SideWriter<T> {
    ring: Producer<T>,
    newest: Option<T>,
}

/// A side ring. Allocates; before the stream starts.
pub(crate) fn side_ring<T: Merge>() -> (SideWriter<T>, Consumer<T>) {
    // One slot more, for the last note of all.
    let (ring, reader) = RingBuffer::new(NOTES + 1);
    (SideWriter { ring, newest: None }, reader)
}

impl<T: Merge> SideWriter<T> {
    /// Adds a note: to the newest if that is not out yet.
    pub(crate) fn add(&mut self, note: T) {
        match &mut self.newest {
            Some(newest) => newest.merge(note),
            None => self.newest = Some(note),
        }
    }

    /// Whether a note is not out yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.newest.is_some()
    }

    /// Lets the newest note out. `false`: there is no room, it stays.
    pub(crate) fn publish(&mut self) -> bool {
        self.newest.is_none() || (self.ring.slots() > 1 && self.publish_last())
    }

    /// Lets the newest note out into the slot that is kept for the end of the stream.
    pub(crate) fn publish_last(&mut self) -> bool {
        let Some(note) = self.newest else { return true };
        let pushed = self.ring.push(note).is_ok();
        if pushed {
            self.newest = None;
        }
        pushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq, Debug)]
    struct Count(u64);

    impl Merge for Count {
        fn merge(&mut self, later: Self) {
            self.0 += later.0;
        }
    }

    #[test]
    fn a_full_ring_merges_into_the_newest_and_loses_nothing() {
        let (mut writer, mut reader) = side_ring::<Count>();
        for _ in 0..NOTES {
            writer.add(Count(1));
            assert!(writer.publish());
        }
        for _ in 0..500 {
            writer.add(Count(1));
            assert!(!writer.publish());
        }
        assert!(writer.publish_last(), "the last slot was kept");
        let mut notes = Vec::new();
        while let Ok(note) = reader.pop() {
            notes.push(note.0);
        }
        assert_eq!(notes.len(), NOTES + 1);
        assert_eq!(notes.last(), Some(&500));
        assert_eq!(notes.iter().sum::<u64>(), NOTES as u64 + 500);
    }
}
