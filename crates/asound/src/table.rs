//! The table of addresses, the jumps through it, and what fills it.

use crate::any_arguments::missing;
use crate::functions::functions;
use crate::{FILE, Fault};
use std::ffi::{CStr, CString, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

macro_rules! table {
    ($($name:ident)*) => {
        const NAMES: &[&CStr] = &[$({
            const BYTES: &[u8] = concat!(stringify!($name), "\0").as_bytes();
            match CStr::from_bytes_with_nul(BYTES) {
                Ok(name) => name,
                Err(_) => panic!("a name ends in its only zero byte"),
            }
        }),*];

        $(jump!($name);)*

        /// One word a function, which its jump reads.
        mod slots {
            use super::{AtomicPtr, c_void, missing};
            $(
                #[allow(non_upper_case_globals, reason = "the function's own name")]
                #[unsafe(export_name = concat!("noxrun_asound_", stringify!($name)))]
                #[used]
                pub(super) static $name: AtomicPtr<c_void> = AtomicPtr::new(missing as *mut c_void);
            )*
        }

        /// In the order of the names.
        static SLOTS: &[&AtomicPtr<c_void>] = &[$(&slots::$name),*];
    };
}

// A jump keeps every register that holds an argument, so functions of any signature pass through
// it. Hidden: nobody else's calls may end up here.
#[cfg(target_arch = "x86_64")]
macro_rules! jump {
    ($name:ident) => {
        std::arch::global_asm!(
            concat!(".globl ", stringify!($name)),
            concat!(".hidden ", stringify!($name)),
            concat!(".type ", stringify!($name), ",@function"),
            concat!(".hidden noxrun_asound_", stringify!($name)),
            concat!(stringify!($name), ":"),
            concat!(
                "jmp qword ptr [rip + noxrun_asound_",
                stringify!($name),
                "]"
            ),
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
        );
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! jump {
    ($name:ident) => {
        std::arch::global_asm!(
            concat!(".globl ", stringify!($name)),
            concat!(".hidden ", stringify!($name)),
            concat!(".type ", stringify!($name), ",@function"),
            concat!(".hidden noxrun_asound_", stringify!($name)),
            ".p2align 2",
            concat!(stringify!($name), ":"),
            // x16 is the register that the linker's own jumps use between functions.
            concat!("adrp x16, noxrun_asound_", stringify!($name)),
            concat!(
                "ldr x16, [x16, :lo12:noxrun_asound_",
                stringify!($name),
                "]"
            ),
            "br x16",
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
        );
    };
}

#[cfg(target_arch = "arm")]
macro_rules! jump {
    ($name:ident) => {
        std::arch::global_asm!(
            concat!(".globl ", stringify!($name)),
            concat!(".hidden ", stringify!($name)),
            concat!(".type ", stringify!($name), ",%function"),
            concat!(".hidden noxrun_asound_", stringify!($name)),
            ".p2align 2",
            ".arm",
            concat!(stringify!($name), ":"),
            // r12 is the register that the linker's own jumps use between functions.
            "ldr r12, 2f",
            "1: add r12, pc, r12",
            "ldr pc, [r12]",
            concat!("2: .word noxrun_asound_", stringify!($name), " - (1b + 8)"),
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
        );
    };
}

functions!(table);

/// Fills the table, once; when anything is missing the table stays as it was.
pub(crate) fn load() -> Result<(), &'static Fault> {
    static LOADED: OnceLock<Result<(), Fault>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let file = CString::new(FILE).map_err(|error| Fault::Refused(error.to_string()))?;
        // SAFETY: a library that the system trusts, by its own name; its initialisation needs
        // nothing of us. It stays loaded for the life of the process.
        let library = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW) };
        if library.is_null() {
            return Err(Fault::Refused(last_words()));
        }
        let mut found = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            // SAFETY: the library is open, the name ends in a zero byte.
            let address = unsafe { libc::dlsym(library, name.as_ptr()) };
            if address.is_null() {
                return Err(Fault::Lacks(name.to_str().unwrap_or("a function")));
            }
            found.push(address);
        }
        for (slot, address) in SLOTS.iter().zip(found) {
            slot.store(address, Ordering::Release);
        }
        Ok(())
    });
    loaded.as_ref().copied()
}

/// What the system's loader says about its last failure on this thread.
fn last_words() -> String {
    // SAFETY: no preconditions; the text is of this thread and valid until the next call.
    let said = unsafe { libc::dlerror() };
    if said.is_null() {
        return "no reason given".into();
    }
    // SAFETY: not null, so a text that ends in a zero byte.
    let said = unsafe { CStr::from_ptr(said) };
    said.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::c_int;

    // SAFETY: the signatures are those of ALSA's headers.
    unsafe extern "C" {
        fn snd_config_update_free_global() -> c_int;
        fn snd_pcm_info_malloc(info: *mut *mut c_void) -> c_int;
        fn snd_pcm_info_free(info: *mut c_void);
    }

    #[test]
    fn every_function_answers_before_and_after_loading() {
        let was_loaded = SLOTS[0].load(Ordering::Acquire) != missing as *mut c_void;
        if !was_loaded {
            // SAFETY: it takes nothing, and only `missing` is behind it.
            let answer = unsafe { snd_config_update_free_global() };
            assert_eq!(answer, -libc::ENOSYS);
        }
        if let Err(fault) = load() {
            // Set by who has put it there.
            assert!(std::env::var_os("NOXRUN_TEST_ASOUND").is_none());
            println!("libasound cannot be used: only that was tested ({fault:?})");
            return;
        }
        let mut info = std::ptr::null_mut();
        // SAFETY: the library is loaded; it is given room for a pointer, and that back to free.
        unsafe {
            assert_eq!(snd_pcm_info_malloc(&raw mut info), 0);
            assert!(!info.is_null());
            snd_pcm_info_free(info);
            assert_eq!(snd_config_update_free_global(), 0);
        }
    }

    #[test]
    fn names_and_slots_belong_together() {
        assert_eq!(NAMES.len(), SLOTS.len());
        assert!(NAMES.is_sorted());
    }
}
