//! libsoxr, as the system has it, opened when it is wanted: a peer in the measurement, and no part
//! of anything that is built. From Rust in place of Python, so that nothing but its own work is
//! measured.

use std::ffi::{c_char, c_double, c_uint, c_ulong, c_void};
use std::ptr::{null, null_mut};

use libloading::Library;

/// soxr.h's recipes.
pub const HQ: c_ulong = 4;
pub const VHQ: c_ulong = 6;

/// `struct soxr_quality_spec`.
#[repr(C)]
struct QualitySpec {
    precision: c_double,
    phase_response: c_double,
    passband_end: c_double,
    stopband_begin: c_double,
    reserved: *mut c_void,
    flags: c_ulong,
}

type QualityOf = unsafe extern "C" fn(c_ulong, c_ulong) -> QualitySpec;
type Create = unsafe extern "C" fn(
    c_double,
    c_double,
    c_uint,
    *mut *const c_char,
    *const c_void,
    *const QualitySpec,
    *const c_void,
) -> *mut c_void;
type Process = unsafe extern "C" fn(
    *mut c_void,
    *const f32,
    usize,
    *mut usize,
    *mut f32,
    usize,
    *mut usize,
) -> *const c_char;
type Clear = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Delete = unsafe extern "C" fn(*mut c_void);
type Name = unsafe extern "C" fn() -> *const c_char;

/// A stream of interleaved f32, which is what soxr takes where nothing else is said.
pub struct Soxr {
    handle: *mut c_void,
    channels: usize,
    process: Process,
    clear: Clear,
    delete: Delete,
    _library: Library,
}

fn open() -> Result<Library, String> {
    // SAFETY: loading the library runs nothing but its own initialisers.
    unsafe { Library::new("libsoxr.so.0") }.map_err(|e| format!("there is no libsoxr: {e}"))
}

/// What the library calls itself.
pub fn version() -> Result<String, String> {
    let library = open()?;
    // SAFETY: soxr.h declares it so; it gives a constant string.
    unsafe {
        let name = library
            .get::<Name>(b"soxr_version")
            .map_err(|e| e.to_string())?;
        Ok(std::ffi::CStr::from_ptr(name())
            .to_string_lossy()
            .into_owned())
    }
}

impl Soxr {
    pub fn new(from: u32, to: u32, channels: usize, recipe: c_ulong) -> Result<Self, String> {
        let library = open()?;
        // SAFETY: the signatures are those of soxr.h 0.1.3; the specification outlives the call.
        unsafe {
            let symbol = |e: libloading::Error| e.to_string();
            let quality = (library
                .get::<QualityOf>(b"soxr_quality_spec")
                .map_err(symbol)?)(recipe, 0);
            let create = library.get::<Create>(b"soxr_create").map_err(symbol)?;
            let mut error = null();
            let (from, to) = (f64::from(from), f64::from(to));
            let handle = create(
                from,
                to,
                channels as c_uint,
                &mut error,
                null(),
                &quality,
                null(),
            );
            if handle.is_null() || !error.is_null() {
                return Err("soxr_create failed".into());
            }
            Ok(Self {
                handle,
                channels,
                process: *library.get(b"soxr_process").map_err(symbol)?,
                clear: *library.get(b"soxr_clear").map_err(symbol)?,
                delete: *library.get(b"soxr_delete").map_err(symbol)?,
                _library: library,
            })
        }
    }

    /// Reads `input` (`None`: there is no more) and writes to `out`; gives the samples written.
    pub fn process(&mut self, input: Option<&[f32]>, out: &mut [f32]) -> usize {
        let (mut read, mut written) = (0, 0);
        let frames = input.map_or(0, |input| input.len() / self.channels);
        let from = input.map_or(null(), <[f32]>::as_ptr);
        let room = out.len() / self.channels;
        // SAFETY: the handle is alive; both buffers hold as many frames as is said.
        let error = unsafe {
            (self.process)(
                self.handle,
                from,
                frames,
                &mut read,
                out.as_mut_ptr(),
                room,
                &mut written,
            )
        };
        assert!(
            error.is_null() && read == frames,
            "soxr_process left something"
        );
        written * self.channels
    }

    pub fn restart(&mut self) {
        // SAFETY: the handle is alive.
        let error = unsafe { (self.clear)(self.handle) };
        assert!(error.is_null(), "soxr_clear failed");
    }
}

impl Drop for Soxr {
    fn drop(&mut self) {
        // SAFETY: the handle is alive, and nobody uses it after this.
        unsafe { (self.delete)(self.handle) };
        self.handle = null_mut();
    }
}
