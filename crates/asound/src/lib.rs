//! Stands for libasound, which may be missing: a program that links it does not start there.
//!
//! Every function of libasound that is called anywhere is defined here, as a jump through a table.
//! [`load`] opens `libasound.so.2` and fills the table with the addresses that `dlsym` gives, which
//! are those of each function's default version; a reference without a version that the linker
//! leaves open would get the oldest ones, whose `hw_params` functions have other signatures. Until
//! then, and where the library is missing, every function returns `-ENOSYS`.
//!
//! Nothing may be called before [`load`] has said that the library is there. A function that is
//! missing in the table is an error of linking.
#![deny(missing_docs)]

#[cfg(target_os = "linux")]
mod any_arguments;
#[cfg(target_os = "linux")]
mod functions;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
pub use any_arguments::ignore_error;

/// Loads libasound, once for the process. Not for an audio callback.
///
/// # Errors
/// [`Fault`], the same one at every call, when it is not there with every function that is used.
#[cfg(target_os = "linux")]
pub fn load() -> Result<(), &'static Fault> {
    table::load()
}

/// The library's file, as the system's loader looks for it.
pub const FILE: &str = "libasound.so.2";

/// Why the library cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The system's loader refuses it, in these words; they tell whether there is one at all.
    Refused(String),
    /// It lacks this function.
    Lacks(&'static str),
}
