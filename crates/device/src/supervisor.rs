//! Keeps a stream alive over the loss of its device, the same for playback and capture.
//!
//! What the callbacks call survives the stream: `make` is asked for a new renderer or sink whenever
//! the device is opened again, on a thread that may wait, while no stream runs. `recovery.rs` is the
//! policy.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::event::StreamEvent;
use crate::readout::Readout;
use crate::recovery::{Act, Outcome, Recovery, Seen};
use crate::reopen::{self, Make, Opener};
use crate::request::{CaptureSink, Fallback, Granted, Render, StreamRequest};
use crate::status::{AudioThreadStats, StreamStatus};
use crate::stream::Stream;
use crate::supervise::Watchdog;
use crate::{info, libjack, open, virtual_device};

/// How long a new stream waits for the old one to be gone; an exclusive device needs that.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a [`Supervisor`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supervised {
    /// The device is lost. Told once for each loss.
    Lost,
    /// It is back as it was.
    Restored,
    /// It runs, with another rate, channel count or block size, or as another device.
    Changed,
    /// The stream said so; losses and rates are not among these.
    Event(StreamEvent),
}

/// Counters over all streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Callbacks run.
    pub callbacks: u64,
    /// Frames that went through, at the rates of the devices.
    pub frames: u64,
    /// Deadlines missed.
    pub xruns: u64,
    /// What happened inside callbacks.
    pub audio_thread: AudioThreadStats,
}

/// A stream, or the attempts to get it back. Dropping it closes the stream; an attempt under way is
/// left behind and undoes itself.
pub struct Supervisor {
    request: StreamRequest,
    opener: Opener,
    direction: info::Direction,
    stream: Option<Stream>,
    status: Arc<StreamStatus>,
    granted: Granted,
    /// Of the streams that were let go.
    past: Totals,
    watchdog: Watchdog,
    recovery: Recovery,
    attempt: Option<Receiver<Found>>,
    farewell: Option<Receiver<()>>,
    /// More callbacks than these are a sign of life.
    callbacks_seen: u64,
    is_outdated: bool,
}

/// What an attempt brings.
enum Found {
    Answer,
    Stream(Box<Stream>),
    Nothing,
}

impl Supervisor {
    /// For an output that was opened with `request`.
    #[must_use]
    pub fn output(stream: Stream, request: StreamRequest, make: Make<dyn Render>) -> Self {
        Self::new(
            stream,
            request,
            info::Direction::Output,
            reopen::output(make),
        )
    }

    /// For an input that was opened with `request`.
    #[must_use]
    pub fn input(stream: Stream, request: StreamRequest, make: Make<dyn CaptureSink>) -> Self {
        Self::new(stream, request, info::Direction::Input, reopen::input(make))
    }

    fn new(
        stream: Stream,
        mut request: StreamRequest,
        direction: info::Direction,
        opener: Opener,
    ) -> Self {
        let granted = stream.granted().clone();
        // What stands in for a real device stays what it is; nothing else may stand in later.
        if granted.device.backend == info::Backend::Virtual {
            request.device = Some(granted.device.id.clone());
        }
        request.fallback = Fallback::Error;
        let status = Arc::clone(stream.status());
        Self {
            request,
            opener,
            direction,
            recovery: match granted.device.backend {
                info::Backend::Virtual if status.health().manual => Recovery::by_steps(),
                // Its server's death is silent, and libjack forbids to ask beside a dead stream.
                info::Backend::Alsa => Recovery::new(false),
                info::Backend::Jack
                | info::Backend::PulseAudio
                | info::Backend::PipeWire
                | info::Backend::CoreAudio
                | info::Backend::Wasapi
                | info::Backend::Asio
                | info::Backend::AAudio
                | info::Backend::Virtual => Recovery::new(true),
            },
            granted,
            status,
            stream: Some(stream),
            past: Totals::default(),
            watchdog: Watchdog::default(),
            attempt: None,
            farewell: None,
            callbacks_seen: 0,
            is_outdated: false,
        }
    }

    /// The stream, unless the device is gone.
    #[must_use]
    pub fn stream(&self) -> Option<&Stream> {
        self.stream.as_ref()
    }

    /// As [`stream`](Self::stream).
    pub fn stream_mut(&mut self) -> Option<&mut Stream> {
        self.stream.as_mut()
    }

    /// Of the newest stream.
    #[must_use]
    pub fn status(&self) -> &Arc<StreamStatus> {
        &self.status
    }

    /// What the newest stream was granted.
    #[must_use]
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// Whether the device was told as lost and is not back.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.recovery.is_lost()
    }

    /// Counters over all streams.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.past.and(&self.status)
    }

    /// Where its counters and its latency can be read without it, until a stream comes or goes.
    #[must_use]
    pub fn readout(&self) -> Readout {
        Readout {
            past: self.past,
            status: Arc::clone(&self.status),
            latency: self.stream.as_ref().map(Stream::latency_parts),
        }
    }

    /// Takes the stream out, to be dropped where waiting is allowed, and forgets any attempt.
    pub fn take(&mut self) -> Option<Stream> {
        self.attempt = None;
        self.stop_waiting();
        self.stream.take()
    }

    /// Looks after the stream and says what happened. Call it every 50 ms or so, and before and
    /// after each step of a device that is stepped by hand. Never waits for a device.
    pub fn poll(&mut self, mut tell: impl FnMut(Supervised)) {
        // Each turn follows from the one before; a stepped device may take several at once.
        for _ in 0..4 {
            let seen = self.look(&mut tell);
            let acts = self.recovery.step(&seen);
            for act in &acts {
                self.perform(*act, &mut tell);
            }
            if !acts.contains(&Act::Open) || !self.status.health().manual {
                return;
            }
        }
    }

    fn look(&mut self, tell: &mut impl FnMut(Supervised)) -> Seen {
        let mut seen = Seen {
            outcome: self.outcome(),
            ..Seen::default()
        };
        let mut outdated = self.is_outdated;
        if let Some(stream) = &mut self.stream {
            stream.take_events(|event| match event {
                // The status tells this, too, even when a flood of errors found the ring full.
                StreamEvent::Lost { .. } => {}
                StreamEvent::RateChanged(_) => outdated = true,
                event => tell(Supervised::Event(event)),
            });
            let health = self.status.health();
            seen.told = health.lost.is_some();
            seen.now_ns = self.status.now_ns();
            seen.silent = self.watchdog.check(&health, seen.now_ns).is_some();
            seen.alive = self.status.callbacks() > self.callbacks_seen;
        } else {
            seen.now_ns = self.status.now_ns();
        }
        self.is_outdated = outdated;
        seen.outdated = outdated;
        seen
    }

    fn outcome(&mut self) -> Option<Outcome> {
        let found = match self.attempt.as_ref()?.try_recv() {
            Ok(found) => found,
            Err(mpsc::TryRecvError::Empty) => return None,
            // It panicked, or there was no thread for it.
            Err(mpsc::TryRecvError::Disconnected) => Found::Nothing,
        };
        self.attempt = None;
        Some(match found {
            Found::Answer => Outcome::Answers,
            Found::Nothing => Outcome::Failed,
            Found::Stream(stream) => {
                self.status = Arc::clone(stream.status());
                self.watchdog = Watchdog::default();
                self.callbacks_seen = 0;
                self.is_outdated = false;
                self.stream = Some(*stream);
                self.stop_waiting();
                Outcome::Opened
            }
        })
    }

    fn perform(&mut self, act: Act, tell: &mut impl FnMut(Supervised)) {
        match act {
            Act::TellLost => {
                self.callbacks_seen = self.status.callbacks();
                tell(Supervised::Lost);
            }
            Act::TellBack => {
                let before = self.granted.clone();
                if let Some(stream) = &self.stream {
                    self.granted = stream.granted().clone();
                }
                let same = is_same(&before, &self.granted);
                tell(if same {
                    Supervised::Restored
                } else {
                    Supervised::Changed
                });
            }
            Act::LetGo => self.let_go(),
            Act::Ask => self.ask(),
            Act::Open => self.open(),
        }
    }

    fn let_go(&mut self) {
        self.is_outdated = false;
        let Some(stream) = self.stream.take() else {
            return;
        };
        // Its counters are complete only now, but for a callback under way.
        self.past = self.past.and(&self.status);
        self.status = Arc::new(self.status.successor());
        if let Some(hooks) = &self.request.hooks
            && let Some(device) = virtual_device::find(&self.granted.device.id)
        {
            device.wait_with(hooks);
        }
        self.farewell = Some(stream.let_go());
    }

    fn stop_waiting(&self) {
        if let Some(hooks) = &self.request.hooks
            && let Some(device) = virtual_device::find(&self.granted.device.id)
        {
            device.stop_waiting(hooks);
        }
    }

    fn ask(&mut self) {
        if self.status.health().manual {
            // It is silent until it is told to go on, and then goes on with the stream.
            self.begin(|| Found::Nothing);
            return;
        }
        let (request, direction) = (self.request.clone(), self.direction);
        self.begin(move || {
            if open::answers(&request, direction) {
                Found::Answer
            } else {
                Found::Nothing
            }
        });
    }

    fn open(&mut self) {
        let (request, opener) = (self.request.clone(), Arc::clone(&self.opener));
        let farewell = self.farewell.take();
        let patient = libjack::may_lead_to_jack(self.granted.device.backend);
        self.begin(move || {
            if let Some(farewell) = farewell {
                // However it ends; a server that hangs in one would hang in the other.
                let _ = if patient {
                    farewell.recv().ok()
                } else {
                    farewell.recv_timeout(FAREWELL).ok()
                };
            }
            match opener(&request) {
                Ok(stream) => Found::Stream(Box::new(stream)),
                Err(_) => Found::Nothing,
            }
        });
    }

    /// Work that may hang goes to a thread of its own; that of a stepped device is done here, so
    /// that the next step finds it done.
    fn begin(&mut self, work: impl FnOnce() -> Found + Send + 'static) {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.attempt = Some(receiver);
        if self.status.health().manual {
            // There is room for one.
            let _ = sender.send(work());
            return;
        }
        // Without a thread the sender is gone at once: that attempt failed.
        let _ = std::thread::Builder::new()
            .name("noxrun-reopen".into())
            .spawn(move || {
                // Nobody takes it any more when the supervisor is gone: then it ends here.
                let _ = sender.send(work());
            });
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor")
            .field("granted", &self.granted)
            .field("recovery", &self.recovery)
            .finish_non_exhaustive()
    }
}

impl Totals {
    pub(crate) fn and(&self, status: &StreamStatus) -> Self {
        let (past, now) = (self.audio_thread, status.audio_thread());
        Self {
            callbacks: self.callbacks + status.callbacks(),
            frames: self.frames + status.frames(),
            xruns: self.xruns + status.xruns(),
            audio_thread: AudioThreadStats {
                allocations: past.allocations + now.allocations,
                frees: past.frees + now.frees,
                blocked: now.blocked.map(|count| count + past.blocked.unwrap_or(0)),
            },
        }
    }
}

fn is_same(before: &Granted, after: &Granted) -> bool {
    before.device.id == after.device.id
        && before.device_rate == after.device_rate
        && before.channels == after.channels
        && before.buffer_size == after.buffer_size
}

const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<Supervisor>();
};
