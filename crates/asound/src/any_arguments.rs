//! Functions that may be called with any arguments.
//!
//! C calls an error handler with a format and whatever belongs to it, and the jumps of `table.rs`
//! lead callers of every signature to one function while the library is missing. Stable Rust
//! cannot define a function of either kind, and a Rust function of another signature must not
//! stand for one. So they are written in assembly, where a calling convention is all that there is
//! to keep: every argument is left where it is, and the caller removes what it put on the stack.

use std::ffi::{c_char, c_int, c_long};

#[cfg(target_arch = "x86_64")]
macro_rules! define {
    ($name:literal, $($body:literal),* $(, $key:ident = const $value:expr)*) => {
        std::arch::global_asm!(
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            $($body,)*
            "ret",
            concat!(".size ", $name, ", . - ", $name),
            $($key = const $value,)*
        );
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! define {
    ($name:literal, $($body:literal),* $(, $key:ident = const $value:expr)*) => {
        std::arch::global_asm!(
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            ".p2align 2",
            concat!($name, ":"),
            $($body,)*
            "ret",
            concat!(".size ", $name, ", . - ", $name),
            $($key = const $value,)*
        );
    };
}

#[cfg(target_arch = "arm")]
macro_rules! define {
    ($name:literal, $($body:literal),* $(, $key:ident = const $value:expr)*) => {
        std::arch::global_asm!(
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",%function"),
            ".p2align 2",
            ".arm",
            concat!($name, ":"),
            $($body,)*
            "bx lr",
            concat!(".size ", $name, ", . - ", $name),
            $($key = const $value,)*
        );
    };
}

define!("noxrun_asound_ignore",);

#[cfg(target_arch = "x86_64")]
define!("noxrun_asound_missing", "mov rax, {error}", error = const -libc::ENOSYS);

#[cfg(target_arch = "aarch64")]
define!("noxrun_asound_missing", "mov x0, #{error}", error = const -libc::ENOSYS);

#[cfg(target_arch = "arm")]
define!("noxrun_asound_missing", "mvn r0, #{error}", error = const libc::ENOSYS - 1);

// SAFETY: both are defined above. The first returns nothing and the second an integer, as the C
// calling conventions of Linux ask, and neither touches an argument, the stack or a register that
// belongs to the caller.
unsafe extern "C" {
    /// An error handler for `snd_lib_error_set_handler` that says nothing.
    #[link_name = "noxrun_asound_ignore"]
    pub fn ignore_error(
        file: *const c_char,
        line: c_int,
        function: *const c_char,
        error: c_int,
        format: *const c_char,
        ...
    );

    /// What stands for every function while the library is not loaded: returns `-ENOSYS`.
    #[link_name = "noxrun_asound_missing"]
    pub(crate) fn missing() -> c_long;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null;

    #[test]
    fn the_silent_handler_takes_any_arguments() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0_f64];
        let [a, b, c, d, e, f, g, h, i] = numbers;
        // SAFETY: the handler reads none of its arguments.
        unsafe {
            ignore_error(null(), 1, null(), 2, null());
            ignore_error(null(), 1, null(), 2, null(), 3_i32, 4_i64, numbers.as_ptr());
            ignore_error(null(), 1, null(), 2, null(), a, b, c, d, e, f, g, h, i);
        }
        assert_eq!(
            numbers.iter().sum::<f64>(),
            45.0,
            "what was passed is whole"
        );
    }

    #[test]
    fn a_missing_function_says_so() {
        // SAFETY: it takes nothing.
        assert_eq!(unsafe { missing() }, c_long::from(-libc::ENOSYS));
    }
}
