//! Where speech begins and ends, as a reader keeps it until its chunks are taken.

use std::collections::VecDeque;

/// A turn of the stream, to speech or away from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// Frame before which all frames had been heard when it was noticed.
    pub(crate) known: u64,
    /// `None`: from now on it is speech. Otherwise no more is heard, and what was lasts until this
    /// frame.
    pub(crate) until: Option<u64>,
}

/// As a stream begins: no speech.
impl Default for Change {
    fn default() -> Self {
        Self {
            known: 0,
            until: Some(0),
        }
    }
}

/// What was heard in a piece of the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// How it was before the piece.
    pub(crate) before: Change,
    /// What changed in it, in order.
    pub(crate) changes: &'a [Change],
}

/// The changes that chunks are still to be judged by.
///
/// A chunk is judged by what was known when its last frame had been heard, so its answer is the
/// same however late it is taken and however the stream was cut into blocks.
#[derive(Debug)]
pub(crate) struct VoiceLog {
    /// How it was for the newest chunk.
    current: Change,
    later: VecDeque<Change>,
}

impl VoiceLog {
    /// Begins with how it was before the reader's first piece.
    pub(crate) fn new(current: Change) -> Self {
        Self {
            current,
            later: VecDeque::new(),
        }
    }

    /// Adds what changed. No frame of the stream from `held` until now was kept, so changes among
    /// those concern no chunk: a queue that refuses everything holds no more than the newest.
    pub(crate) fn note(&mut self, changes: &[Change], held: u64) {
        for &change in changes {
            if self.later.back().is_some_and(|last| last.known > held) {
                self.later.pop_back();
            }
            self.later.push_back(change);
        }
    }

    /// Whether a frame of `from..to` is speech, as was known at `to`. Each `to` is no less than the
    /// one before.
    pub(crate) fn is_speech(&mut self, from: u64, to: u64) -> bool {
        while let Some(change) = self.later.front().filter(|change| change.known <= to) {
            self.current = *change;
            self.later.pop_front();
        }
        from < to && self.current.until.is_none_or(|until| from < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Change = Change {
        known: 100,
        until: None,
    };
    const OFF: Change = Change {
        known: 200,
        until: Some(250),
    };

    #[test]
    fn a_chunk_is_judged_by_what_was_known_at_its_end() {
        let mut log = VoiceLog::new(Change::default());
        log.note(&[ON, OFF], 1_000);
        let spans = [
            ((0, 99), false),
            ((90, 100), true),
            ((150, 199), true),
            ((210, 230), true),
            ((249, 260), true),
            ((250, 270), false),
            ((280, 280), false),
        ];
        for ((from, to), is_speech) in spans {
            assert_eq!(log.is_speech(from, to), is_speech, "{from}..{to}");
        }
    }

    #[test]
    fn a_queue_that_refuses_everything_keeps_the_newest_change_only() {
        let mut log = VoiceLog::new(Change::default());
        log.note(&[ON], 150);
        for n in 1..=1_000 {
            let change = |known, until| Change { known, until };
            let at = n * 200;
            log.note(&[change(at, Some(at + 50)), change(at + 100, None)], 150);
        }
        assert_eq!(log.later.len(), 2);
        assert!(log.is_speech(140, 150), "what is held is judged as ever");
        assert!(log.is_speech(200_100, 200_101));
    }
}
