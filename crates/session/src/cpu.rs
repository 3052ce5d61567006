//! The instruction set that inner loops run on: chosen once a process.

use noxrun_kernels::Level;
use std::sync::OnceLock;

static CHOICE: OnceLock<Result<Level, String>> = OnceLock::new();

/// The instruction set in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpu {
    /// `baseline` or `v3`.
    pub level: &'static str,
    /// Why it is not what `NOXRUN_CPU` asks for.
    pub refusal: Option<String>,
}

/// Chooses the level that `NOXRUN_CPU` names, when nobody did before, and says what is in force. A
/// level that cannot be had is no reason to be silent: all give the same bits.
pub fn cpu() -> Cpu {
    let choice = CHOICE.get_or_init(|| noxrun_kernels::init().map_err(|error| error.to_string()));
    Cpu {
        level: noxrun_kernels::level().name(),
        refusal: choice.as_ref().err().cloned(),
    }
}
