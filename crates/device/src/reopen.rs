//! Opens a device again that was open before, for whatever is to be called then.

use std::sync::Arc;

use crate::error::DeviceError;
use crate::info::Direction;
use crate::open::open_patiently;
use crate::request::{BlockTime, CaptureSink, Granted, Render, StreamRequest};
use crate::stream::Stream;
use crate::{real, virtual_device};

/// Makes what a new stream calls; `None`: it cannot do with what was granted.
pub type Make<T> = Arc<dyn Fn(&Granted) -> Option<Box<T>> + Send + Sync>;

/// Opens, however long that takes.
pub(crate) type Opener = Arc<dyn Fn(&StreamRequest) -> Result<Stream, DeviceError> + Send + Sync>;

pub(crate) fn output(make: Make<dyn Render>) -> Opener {
    Arc::new(move |request| {
        unless_refused(
            &make,
            || Box::new(Nothing),
            |make| {
                let (prepare, attach) = (real::prepare_output_here, virtual_device::attach_output);
                open_patiently(request, Direction::Output, prepare, attach, make)
            },
        )
    })
}

pub(crate) fn input(make: Make<dyn CaptureSink>) -> Opener {
    Arc::new(move |request| {
        unless_refused(
            &make,
            || Box::new(Nothing),
            |make| {
                let (prepare, attach) = (real::prepare_input_here, virtual_device::attach_input);
                open_patiently(request, Direction::Input, prepare, attach, make)
            },
        )
    })
}

/// Opens with what `make` gives; where it gives nothing, the stream is closed again.
fn unless_refused<T: ?Sized>(
    make: &Make<T>,
    nothing: impl Fn() -> Box<T>,
    open: impl FnOnce(&mut dyn FnMut(&Granted) -> Box<T>) -> Result<Stream, DeviceError>,
) -> Result<Stream, DeviceError> {
    let mut refused = false;
    let stream = open(&mut |granted| {
        make(granted).unwrap_or_else(|| {
            refused = true;
            nothing()
        })
    })?;
    if !refused {
        return Ok(stream);
    }
    Err(DeviceError::UnsupportedConfig {
        device: stream.granted().device.id.clone(),
        asked: "what it gave before".into(),
        allowed: format!("{} channels", stream.granted().channels),
    })
}

/// What a stream calls that is about to be dropped.
struct Nothing;

impl Render for Nothing {
    fn render(&mut self, out: &mut [f32], _time: &BlockTime) {
        out.fill(0.0);
    }
}

impl CaptureSink for Nothing {
    fn capture(&mut self, _input: &[f32], _time: &BlockTime) {}
}
