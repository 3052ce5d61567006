//! What phones need besides: on Android the process's Java machine and the user's permission, and on
//! both a word about what a refused microphone usually means.

use crate::error::DeviceError;
use crate::info::{Backend, Direction};

#[cfg(target_os = "android")]
pub use android::give_context;

/// Why a backend cannot be used before the app has done its part.
pub(crate) fn not_ready(backend: Backend) -> Option<String> {
    #[cfg(target_os = "android")]
    if backend == Backend::AAudio && !android::has_context() {
        return Some(
            "the app has not given its JavaVM and a Context, without which Android's devices \
             cannot be asked for"
                .into(),
        );
    }
    let _ = backend;
    None
}

/// Why this app may not go that way at all.
pub(crate) fn forbidden(backend: Backend, direction: Direction) -> Option<String> {
    #[cfg(target_os = "android")]
    if backend == Backend::AAudio && direction == Direction::Input && !android::may_record() {
        return Some("the app does not have the permission android.permission.RECORD_AUDIO".into());
    }
    let _ = (backend, direction);
    None
}

/// A refused microphone's error, with what the app has probably not done: neither system says so
/// itself. Other errors stay as they are.
pub(crate) fn advised(
    backend: Backend,
    direction: Direction,
    mut error: DeviceError,
) -> DeviceError {
    let advice = match (backend, direction) {
        (Backend::AAudio, Direction::Input) => {
            "recording needs the permission RECORD_AUDIO, granted by the user, and an app in the \
             foreground"
        }
        (Backend::CoreAudio, Direction::Input) => {
            "recording needs the user's permission and, on iOS, an active AVAudioSession of the \
             category playAndRecord or record"
        }
        _ => return error,
    };
    match &mut error {
        DeviceError::Backend { message: text, .. }
        | DeviceError::Lost { message: text, .. }
        | DeviceError::UnsupportedConfig { allowed: text, .. } => {
            *text = format!("{text}; {advice}");
        }
        DeviceError::NoDevice { .. }
        | DeviceError::Busy { .. }
        | DeviceError::Denied { .. }
        | DeviceError::TooFewChannels { .. }
        | DeviceError::InvalidState { .. } => {}
    }
    error
}

#[cfg(target_os = "android")]
mod android {
    use std::ffi::c_void;
    use std::sync::{Mutex, PoisonError};

    use jni::objects::JObject;
    use jni::{Env, JavaVM};

    use crate::error::DeviceError;
    use crate::info::Backend;

    /// Whether `ndk_context` has them, by which cpal finds them. It panics when asked too early and
    /// when told twice.
    static GIVEN: Mutex<bool> = Mutex::new(false);

    pub(super) fn has_context() -> bool {
        *GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this library the process's Java machine and any Context, of which it keeps the
    /// application's for the life of the process. From the second time on it does nothing.
    ///
    /// # Errors
    /// [`DeviceError::Backend`] when Java refuses.
    ///
    /// # Safety
    /// `vm` is the process's `JavaVM *`; `context` is a reference, valid on this thread, to an
    /// `android.content.Context`.
    pub unsafe fn give_context(vm: *mut c_void, context: *mut c_void) -> Result<(), DeviceError> {
        let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        if *given {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        let machine = unsafe { JavaVM::from_raw(vm.cast()) };
        let kept = machine.attach_current_thread(|env: &mut Env<'_>| {
            // SAFETY: the caller's promise; the reference stays the caller's, so it is not dropped.
            let context = unsafe { JObject::from_raw(env, context.cast()) };
            let application = env
                .call_method(
                    &context,
                    jni::jni_str!("getApplicationContext"),
                    jni::jni_sig!("()Landroid/content/Context;"),
                    &[],
                )?
                .l()?;
            // None while the application is being made: then the given one has to do.
            let lasting = if application.is_null() {
                &context
            } else {
                &application
            };
            Ok::<_, jni::errors::Error>(env.new_global_ref(lasting)?.into_raw())
        });
        let kept = kept.map_err(|error| DeviceError::Backend {
            backend: Backend::AAudio.to_string(),
            device: "aaudio:default".into(),
            message: format!("Java refused the Context: {error}"),
        })?;
        // SAFETY: the machine lives as long as the process, the reference is global and never
        // deleted, and the lock sees to it that this is done once.
        unsafe { ndk_context::initialize_android_context(vm, kept.cast()) };
        *given = true;
        Ok(())
    }

    /// Whether the user lets this app record; also where Java does not say.
    pub(super) fn may_record() -> bool {
        if !has_context() {
            return true;
        }
        let known = ndk_context::android_context();
        // SAFETY: what `give_context` was given.
        let machine = unsafe { JavaVM::from_raw(known.vm().cast()) };
        let granted = machine.attach_current_thread(|env: &mut Env<'_>| {
            // SAFETY: the global reference of `give_context`.
            let context = unsafe { JObject::from_raw(env, known.context().cast()) };
            let name = env.new_string("android.permission.RECORD_AUDIO")?;
            // PackageManager.PERMISSION_GRANTED is 0.
            env.call_method(
                &context,
                jni::jni_str!("checkSelfPermission"),
                jni::jni_sig!("(Ljava/lang/String;)I"),
                &[(&name).into()],
            )?
            .i()
            .map(|permission| permission == 0)
        });
        granted.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> DeviceError {
        DeviceError::Backend {
            backend: "it".into(),
            device: "it:default".into(),
            message: message.into(),
        }
    }

    #[test]
    fn a_refused_microphone_is_told_with_the_permission_it_needs() {
        for (backend, word) in [
            (Backend::AAudio, "RECORD_AUDIO"),
            (Backend::CoreAudio, "AVAudioSession"),
        ] {
            let told = advised(backend, Direction::Input, refused("error -896")).to_string();
            assert!(told.contains("error -896") && told.contains(word), "{told}");
            let lost = DeviceError::Lost {
                device: "it:default".into(),
                message: "error -899".into(),
            };
            let told = advised(backend, Direction::Input, lost).to_string();
            assert!(told.contains("error -899") && told.contains(word), "{told}");
            // iOS without a category that records offers no channels.
            let nothing = DeviceError::UnsupportedConfig {
                device: "it:default".into(),
                asked: "PCM input".into(),
                allowed: "nothing".into(),
            };
            let told = advised(backend, Direction::Input, nothing).to_string();
            assert!(told.contains(word), "{told}");
        }
    }

    #[test]
    fn other_errors_stay_as_they_are() {
        let error = refused("no");
        for (backend, direction) in [
            (Backend::AAudio, Direction::Output),
            (Backend::CoreAudio, Direction::Output),
            (Backend::Alsa, Direction::Input),
        ] {
            assert_eq!(advised(backend, direction, error.clone()), error);
        }
        let denied = DeviceError::Denied {
            device: "it".into(),
            message: "no".into(),
        };
        assert_eq!(
            advised(Backend::AAudio, Direction::Input, denied.clone()),
            denied
        );
    }
}
