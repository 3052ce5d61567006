//! Which instruction set the loops run on.

use napi_derive::napi;
use noxrun_session::cpu;

#[napi(object)]
pub struct NativeCpu {
    /// 'baseline' or 'v3'.
    pub level: String,
    /// Why it is not what NOXRUN_CPU asks for.
    pub refusal: Option<String>,
}

/// The instruction set in force. The first call, or the first engine, reads NOXRUN_CPU.
#[napi]
pub fn cpu_level() -> NativeCpu {
    let cpu = cpu();
    NativeCpu {
        level: cpu.level.to_string(),
        refusal: cpu.refusal,
    }
}
