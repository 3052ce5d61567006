//! Keeps the sound libraries from writing to the terminal of whoever uses us.
//!
//! What they would say reaches the user as an error of our own. The handlers are functions of this
//! library, so it must stay loaded from then on: the binding is linked so that it is never
//! unloaded.

#[cfg(target_os = "linux")]
use crate::{info::Backend, libraries};

/// Installs silent message handlers in libasound and libjack, once for the process. Not for a
/// callback.
pub(crate) fn install() {
    #[cfg(target_os = "linux")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // Loaded at run time: without them there is nobody to silence, and libjack's functions
            // would panic.
            if libraries::fault(Backend::Alsa).is_none() {
                silence_alsa();
            }
            if libraries::fault(Backend::Jack).is_none() {
                jack::set_logger(jack::LoggerType::None);
            }
        });
    }
}

#[cfg(target_os = "linux")]
fn silence_alsa() {
    use std::ffi::{c_char, c_int};

    /// The handler as libasound calls it, with a format and what belongs to it.
    type Variadic =
        unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char, ...);
    /// The same without the variable part, which stable Rust cannot define.
    type Fixed = extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char);

    extern "C" fn ignore(
        _file: *const c_char,
        _line: c_int,
        _function: *const c_char,
        _error: c_int,
        _format: *const c_char,
    ) {
    }

    // SAFETY: both are plain function pointers of the same size. The function is only called by
    // libasound, from C, with these five named arguments and possibly more. In every C calling
    // convention that Rust supports on Linux, named arguments of a variadic call are passed as
    // those of an ordinary one, the caller removes what it has put on the stack, and nothing is
    // returned; the function reads none of its arguments.
    let handler = unsafe { std::mem::transmute::<Fixed, Variadic>(ignore) };
    // SAFETY: the handler stays valid for the life of the process, see the module's head. It is
    // stored with one write; no stream of ours is open yet that could be reporting meanwhile.
    unsafe { alsa_sys::snd_lib_error_set_handler(Some(handler)) };
}
