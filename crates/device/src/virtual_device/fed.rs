//! Sound that was fed to a real-time device, on its way through the device's thread.

use std::collections::VecDeque;

use super::block::Discarded;

/// Pieces of interleaved sound, in the order in which they were fed.
pub(super) struct Fed {
    pieces: VecDeque<Vec<f32>>,
    /// Samples of the first piece that are gone.
    taken: usize,
}

impl Fed {
    pub(super) fn new() -> Self {
        Self {
            pieces: VecDeque::with_capacity(64),
            taken: 0,
        }
    }

    pub(super) fn push(&mut self, piece: Vec<f32>) {
        self.pieces.push_back(piece);
    }

    /// Appends the next samples to `line`, at most `samples`. Frees nothing: pieces that are over
    /// go to `discarded`.
    pub(super) fn take(
        &mut self,
        samples: usize,
        line: &mut Vec<f32>,
        discarded: &mut Vec<Discarded>,
    ) {
        let mut missing = samples;
        while let Some(piece) = self.pieces.front() {
            let rest = &piece[self.taken..];
            let count = rest.len().min(missing);
            line.extend_from_slice(&rest[..count]);
            missing -= count;
            self.taken += count;
            if self.taken < piece.len() {
                return;
            }
            self.taken = 0;
            discarded.extend(self.pieces.pop_front().map(Discarded::Sound));
        }
    }

    /// Everything that was not taken.
    pub(super) fn take_rest(&mut self) -> impl Iterator<Item = Vec<f32>> + use<'_> {
        let taken = std::mem::take(&mut self.taken);
        if let Some(first) = self.pieces.front_mut() {
            first.drain(..taken);
        }
        self.pieces.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_out_in_order_whatever_their_length_and_none_is_freed() {
        let mut fed = Fed::new();
        for piece in [vec![1.0, 2.0, 3.0], vec![], vec![4.0], vec![5.0, 6.0]] {
            fed.push(piece);
        }
        let (mut line, mut discarded) = (Vec::new(), Vec::new());
        let mut lengths = Vec::new();
        for _ in 0..4 {
            fed.take(2, &mut line, &mut discarded);
            lengths.push(line.len());
        }
        assert_eq!(line, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(lengths, [2, 4, 6, 6]);
        assert_eq!(discarded.len(), 4);
    }

    #[test]
    fn the_rest_begins_where_taking_ended() {
        let mut fed = Fed::new();
        fed.push(vec![1.0, 2.0, 3.0]);
        fed.push(vec![4.0]);
        fed.take(2, &mut Vec::new(), &mut Vec::new());
        let rest: Vec<_> = fed.take_rest().collect();
        assert_eq!(rest, [vec![3.0], vec![4.0]]);
    }
}
