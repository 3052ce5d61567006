//! An open stream.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use cpal::traits::StreamTrait;
use rtrb::Consumer;

use crate::bounded::within;
use crate::error::DeviceError;
use crate::event::StreamEvent;
use crate::gate::Gate;
use crate::info::Backend;
use crate::libjack::Registered;
use crate::readout::StreamLatency;
use crate::request::{DeviceWarning, Granted};
use crate::status::StreamStatus;
use crate::virtual_device::Attachment;

/// How long a callback under way is waited for. It lasts a fraction of its period, unless the
/// process itself was stopped.
const CALLBACK_LIMIT: Duration = Duration::from_secs(2);
/// The same where nobody may be kept waiting.
const LET_GO_LIMIT: Duration = Duration::from_millis(20);
/// How long a backend may take to close; a server that died may never answer.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// How long opening waits for the first callback, which tells what only it can know.
const FIRST_CALLBACK_LIMIT: Duration = Duration::from_millis(500);

/// A running stream; dropping it closes it. When the drop returns, the
/// [`Render`](crate::Render) or [`CaptureSink`](crate::CaptureSink) has been dropped on the thread
/// that dropped the stream, and is called no more. A backend that does not answer is left behind
/// after a second.
pub struct Stream {
    granted: Granted,
    status: Arc<StreamStatus>,
    events: Vec<Consumer<StreamEvent>>,
    door: Box<dyn Door>,
    backend: BackendStream,
    /// Of our resampler, where there is one.
    edge_latency_seconds: f64,
    /// The refusal of real-time priority is told once: as a warning of opening, or as an event.
    priority_told: bool,
    #[cfg(feature = "sabotage")]
    _rival: Option<crate::plant::Rival>,
}

/// What keeps the callbacks coming.
pub(crate) enum BackendStream {
    /// `None` only while it is being dropped. It counts as open until it is closed.
    Real(Option<(cpal::Stream, Option<Registered>)>),
    Virtual(#[allow(dead_code, reason = "held: dropping it is leaving the device")] Attachment),
}

/// A gate, whatever is behind it.
pub(crate) trait Door: Send {
    fn close(&self, limit: Duration);
    fn wait_until_left(&self, limit: Duration);
}

impl<T: ?Sized + Send> Door for Arc<Gate<T>> {
    fn close(&self, limit: Duration) {
        Gate::close(self, limit);
    }

    fn wait_until_left(&self, limit: Duration) {
        Gate::wait_until_left(self, limit);
    }
}

const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<Stream>();
};

impl Stream {
    pub(crate) fn new(
        granted: Granted,
        status: Arc<StreamStatus>,
        events: Vec<Consumer<StreamEvent>>,
        door: Box<dyn Door>,
        backend: BackendStream,
    ) -> Self {
        Self {
            granted,
            status,
            events,
            door,
            backend,
            edge_latency_seconds: 0.0,
            priority_told: false,
            #[cfg(feature = "sabotage")]
            _rival: crate::plant::Rival::spawn(),
        }
    }

    /// What the device agreed to. The warnings are complete here; the copy that the maker of the
    /// renderer saw is from before the first callback.
    #[must_use]
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// Counters and flags, which outlive the stream.
    #[must_use]
    pub fn status(&self) -> &Arc<StreamStatus> {
        &self.status
    }

    /// Seconds, as [`Granted::latency_seconds`], and whether they are an estimate: what the backend
    /// tells now, once its buffers have filled and its connections are made, where it tells.
    #[must_use]
    pub fn latency(&self) -> (f64, bool) {
        self.latency_parts().seconds(&self.status)
    }

    pub(crate) fn latency_parts(&self) -> StreamLatency {
        let granted = &self.granted;
        StreamLatency {
            tells: matches!(granted.device.backend, Backend::Jack | Backend::Alsa),
            edge_seconds: self.edge_latency_seconds,
            granted: (granted.latency_seconds, granted.latency_is_estimate),
        }
    }

    /// Hands over everything that happened since the last call, oldest first for each of the
    /// backend's threads. Call it every 50 ms or so: what finds the ring full is only counted, in
    /// [`StreamStatus::dropped_events`].
    pub fn take_events(&mut self, mut f: impl FnMut(StreamEvent)) {
        for ring in &mut self.events {
            while let Ok(event) = ring.pop() {
                f(event);
            }
        }
        if !self.priority_told && self.status.realtime_refusal().is_some() {
            self.priority_told = true;
            f(StreamEvent::RealtimeDenied);
        }
    }

    /// Stops the sound: when this returns, the renderer or sink is not called until
    /// [`resume`](Self::resume). Where the backend cannot pause, its callbacks go on and give
    /// silence.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] when the device has gone; the stream is suspended all the same.
    pub fn suspend(&mut self) -> Result<(), DeviceError> {
        self.status.set_suspended(true);
        self.door.wait_until_left(CALLBACK_LIMIT);
        if let BackendStream::Real(Some((stream, _))) = &self.backend {
            // A backend that cannot pause goes on with silence: nothing is lost by its refusal.
            let _ = stream.pause();
        }
        self.check_not_lost()
    }

    /// Goes on after [`suspend`](Self::suspend).
    ///
    /// # Errors
    /// [`DeviceError::Lost`] when the device has gone; [`DeviceError::Backend`] when it does not
    /// start again. Closing and opening again is then the only way.
    pub fn resume(&mut self) -> Result<(), DeviceError> {
        // Before the flag: the silence so far was wanted.
        self.status.touch();
        self.status.set_suspended(false);
        self.check_not_lost()?;
        self.start()
    }

    pub(crate) fn set_edge_latency(&mut self, seconds: f64) {
        self.edge_latency_seconds = seconds;
    }

    /// Lets the callbacks come. The watchdog's patience begins here.
    pub(crate) fn start(&self) -> Result<(), DeviceError> {
        self.status.touch();
        if let BackendStream::Real(Some((stream, _))) = &self.backend {
            let device = &self.granted.device;
            stream
                .play()
                .map_err(|error| DeviceError::from_cpal(device.backend, &device.id, &error))?;
        }
        Ok(())
    }

    /// Waits for the first callback and completes what was granted by what it found. A device that
    /// does not call within half a second is left to the watchdog.
    pub(crate) fn await_first_callback(&mut self) {
        let deadline = Instant::now() + FIRST_CALLBACK_LIMIT;
        while self.status.callbacks() == 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // The first callback unparks this thread.
            std::thread::park_timeout(left);
        }
        if let Some(reason) = self.status.realtime_refusal() {
            self.priority_told = true;
            self.granted
                .warnings
                .push(DeviceWarning::NoRealtimePriority { reason });
        }
    }

    /// Ends it without waiting for a backend that may hang: nothing is called any more when this
    /// returns, unless a callback is stuck. The backend is closed on a thread of its own, which says
    /// when it is.
    pub(crate) fn let_go(mut self) -> Receiver<()> {
        self.door.close(LET_GO_LIMIT);
        let (sender, receiver) = mpsc::sync_channel(1);
        let backend = match &mut self.backend {
            BackendStream::Real(stream) => stream.take(),
            BackendStream::Virtual(_) => None,
        };
        // Without a thread it happens here: the closure is dropped, and the stream with it.
        let _ = std::thread::Builder::new()
            .name("noxrun-let-go".into())
            .spawn(move || {
                drop(self);
                drop(backend);
                // Nobody may want to know.
                let _ = sender.send(());
            });
        receiver
    }

    fn check_not_lost(&self) -> Result<(), DeviceError> {
        match self.status.lost() {
            None => Ok(()),
            Some(reason) => Err(DeviceError::Lost {
                device: self.granted.device.id.clone(),
                message: reason.as_str().into(),
            }),
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.door.close(CALLBACK_LIMIT);
        if let BackendStream::Real(stream) = &mut self.backend {
            // A tuple is dropped in order: first the stream.
            let stream = stream.take();
            // When it hangs, its thread is left behind: it holds nothing of ours but a closed gate.
            let _ = within(CLOSE_LIMIT, move || drop(stream));
        }
    }
}
