//! Operations come in: checked, counted, done in the order of the calls.

use super::Engine;
use crate::dispatch::{Stale, made};
use crate::error::{Error, ErrorCode};
use crate::lock::lock;
use crate::operation::Operation;
use noxrun_engine::When;

impl Engine {
    /// Does one operation. In a batch that [`Engine::begin_batch`] opened it becomes a part of that.
    /// What names a send, an effect or an input that has ended does nothing and is counted.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_QUEUE_FULL` when `max_events` events wait; `ERR_LIMIT` for tracks, sends
    /// and effects where there is no room; `ERR_INVALID_ARG` for a circle and for a track that is
    /// not there; those of [`Operation::check`]. Nothing is changed then.
    pub fn submit(&self, operation: Operation) -> Result<(), Error> {
        self.submit_one(operation, Stale::Ignore).map(|_| ())
    }

    /// The same, but what has ended is an error: `ERR_INVALID_STATE`. Returns the key of what it
    /// makes, for the functions of `readout`; 0 where it makes nothing.
    ///
    /// # Errors
    /// As [`Engine::submit`], and the one above.
    pub fn submit_strictly(&self, operation: Operation) -> Result<u64, Error> {
        self.submit_one(operation, Stale::Refuse)
    }

    /// Does several operations on one frame, but for those with a time of their own: all of them or
    /// none. An error says which operation it is of.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn submit_batch(&self, operations: Vec<Operation>, at: When) -> Result<(), (usize, Error)> {
        self.begin_batch(at).map_err(|error| (0, error))?;
        for (index, operation) in operations.into_iter().enumerate() {
            if let Err(error) = self.submit(operation) {
                self.abort_batch();
                return Err((index, error));
            }
        }
        self.commit_batch();
        Ok(())
    }

    /// Opens a batch: what is submitted until [`Engine::commit_batch`] takes effect on one frame. One
    /// caller has one open at a time.
    ///
    /// # Errors
    /// `ERR_CLOSED`; `ERR_INVALID_STATE` when one is open; those of the time.
    pub fn begin_batch(&self, at: When) -> Result<(), Error> {
        self.ensure_open()?;
        lock(&self.core.dispatcher).begin_batch(at)
    }

    /// Ends a batch: it is on its way.
    pub fn commit_batch(&self) {
        let mut dispatcher = lock(&self.core.dispatcher);
        dispatcher.commit_batch();
        let wants_service = dispatcher.is_waiting() || dispatcher.is_busy();
        drop(dispatcher);
        if wants_service {
            self.core.alarm.ring_if_idle();
        }
    }

    /// Ends a batch as if nothing of it had been called.
    pub fn abort_batch(&self) {
        lock(&self.core.dispatcher).abort_batch();
    }

    fn submit_one(&self, operation: Operation, stale: Stale) -> Result<u64, Error> {
        self.ensure_open()?;
        operation.check()?;
        if let Operation::Play { sample, .. } = &operation {
            let (own, rate) = (self.config.sample_rate, sample.rate());
            if rate != own {
                let message =
                    format!("the sample's rate must be the engine's, {own} Hz, got {rate} Hz");
                return Err(Error::new(ErrorCode::InvalidArg, message));
            }
        }
        let (rate, channels) = (self.config.sample_rate, self.config.channels);
        let made = made(&operation, self.make_effect, rate, channels);
        let mut dispatcher = lock(&self.core.dispatcher);
        let key = dispatcher.submit(operation, made, stale)?;
        let wants_service = dispatcher.is_waiting() || dispatcher.is_busy();
        drop(dispatcher);
        if wants_service {
            self.core.alarm.ring_if_idle();
        }
        Ok(key)
    }
}
