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
    // SAFETY: the handler has the signature that libasound calls, variable part included, and
    // reads no argument. It stays valid for the life of the process, see the module's head. It is
    // stored with one write; no stream of ours is open yet that could be reporting meanwhile.
    unsafe { alsa_sys::snd_lib_error_set_handler(Some(noxrun_asound::ignore_error)) };
}
