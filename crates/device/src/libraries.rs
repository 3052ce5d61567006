//! The sound libraries that are loaded at run time: whether they can be used, and if not, why.
//!
//! A program starts without them. Whoever opens a device that needs one is told what to install.

use crate::info::Backend;

/// A backend that cannot be used on this machine as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingBackend {
    /// Which one.
    pub backend: Backend,
    /// Why.
    pub fault: LibraryFault,
}

/// What is the matter with a library. Displays as both sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFault {
    /// What is wrong.
    pub problem: String,
    /// What to install, by its names in the larger distributions.
    pub remedy: String,
}

impl std::fmt::Display for LibraryFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

/// The backends whose library is missing or cannot be used. Looks once for the life of the process;
/// not for an audio callback.
#[must_use]
pub fn missing_backends() -> Vec<MissingBackend> {
    crate::host::backends()
        .into_iter()
        .filter_map(|backend| {
            let fault = fault(backend)?.clone();
            Some(MissingBackend { backend, fault })
        })
        .collect()
}

/// A library, and the packages that bring it.
#[cfg(target_os = "linux")]
struct Library {
    file: &'static str,
    packages: &'static str,
}

#[cfg(target_os = "linux")]
const ALSA: Library = Library {
    file: noxrun_asound::FILE,
    packages: "libasound2 (Debian, Ubuntu; libasound2t64 in their releases since 2024) or alsa-lib \
               (Fedora, Arch, Alpine)",
};

#[cfg(target_os = "linux")]
const JACK: Library = Library {
    file: "libjack.so.0",
    packages: "libjack-jackd2-0 (Debian, Ubuntu), pipewire-jack-audio-connection-kit (Fedora), \
               pipewire-jack or jack2 (Arch) or jack (Alpine)",
};

/// Why the library of a backend cannot be used; `None` when it can, or when there is none to load.
pub(crate) fn fault(backend: Backend) -> Option<&'static LibraryFault> {
    #[cfg(target_os = "linux")]
    {
        use std::sync::OnceLock;
        static ALSA_FAULT: OnceLock<Option<LibraryFault>> = OnceLock::new();
        static JACK_FAULT: OnceLock<Option<LibraryFault>> = OnceLock::new();
        match backend {
            Backend::Alsa => ALSA_FAULT.get_or_init(alsa_fault).as_ref(),
            Backend::Jack => JACK_FAULT.get_or_init(jack_fault).as_ref(),
            Backend::PulseAudio
            | Backend::PipeWire
            | Backend::CoreAudio
            | Backend::Wasapi
            | Backend::Asio
            | Backend::AAudio
            | Backend::Virtual => None,
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = backend;
        None
    }
}

#[cfg(target_os = "linux")]
fn alsa_fault() -> Option<LibraryFault> {
    use noxrun_asound::Fault::{Lacks, Refused};
    match noxrun_asound::load() {
        Ok(()) => None,
        Err(Refused(said)) => Some(ALSA.refused(said)),
        Err(Lacks(function)) => Some(ALSA.lacks(function)),
    }
}

/// The crate that calls libjack looks all of its functions up at the first call and panics when one
/// is missing; so this looks before it does.
#[cfg(target_os = "linux")]
fn jack_fault() -> Option<LibraryFault> {
    let library = match jack::jack_sys::library() {
        Ok(library) => library,
        Err(error) => return Some(JACK.refused(&error.to_string())),
    };
    crate::jack_functions::NEEDED.iter().find_map(|name| {
        // SAFETY: the address is only asked for; nothing is called through this type.
        let found = unsafe { library.get::<unsafe extern "C" fn()>(name.as_bytes()) };
        found.is_err().then(|| JACK.lacks(name))
    })
}

#[cfg(target_os = "linux")]
impl Library {
    /// For what the system's loader said. Only a file of this name that is not there means that the
    /// package is missing: a library that it needs may be what is not there, or the file is broken.
    fn refused(&self, said: &str) -> LibraryFault {
        let Self { file, packages } = self;
        if said.contains(file) && said.trim_end().ends_with("No such file or directory") {
            return LibraryFault {
                problem: format!("{file} is not installed"),
                remedy: format!("its package is {packages}"),
            };
        }
        LibraryFault {
            problem: format!("{file} cannot be loaded ({said})"),
            remedy: format!("install its package again: {packages}"),
        }
    }

    fn lacks(&self, function: &str) -> LibraryFault {
        let Self { file, packages } = self;
        LibraryFault {
            problem: format!("{file} is too old or incomplete: it lacks {function}"),
            remedy: format!("install its newest package: {packages}"),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_means_a_missing_package_and_nothing_else_does() {
        for said in [
            "libasound.so.2: cannot open shared object file: No such file or directory",
            "Error loading shared library libasound.so.2: No such file or directory",
        ] {
            let told = ALSA.refused(said).to_string();
            assert!(
                told.starts_with("libasound.so.2 is not installed"),
                "{told}"
            );
        }
        for said in [
            "/lib/libasound.so.2: invalid ELF header",
            "libatopology.so.2: cannot open shared object file: No such file or directory",
            "Error loading shared library libx.so: No such file or directory (needed by libasound.so.2)",
        ] {
            let told = ALSA.refused(said).to_string();
            assert!(
                told.starts_with("libasound.so.2 cannot be loaded"),
                "{told}"
            );
            assert!(told.contains(said), "{told}");
        }
    }

    #[test]
    fn every_message_names_the_packages() {
        for library in [ALSA, JACK] {
            for fault in [library.refused("?"), library.lacks("f")] {
                let told = fault.to_string();
                assert!(
                    told.contains(library.packages) && told.contains(library.file),
                    "{told}"
                );
            }
        }
    }

    #[test]
    fn a_backend_that_has_no_library_to_load_is_never_missing() {
        assert_eq!(fault(Backend::Virtual), None);
    }
}
