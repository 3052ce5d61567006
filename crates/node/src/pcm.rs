//! PCM on its way to JavaScript.

use napi::bindgen_prelude::{Float32ArraySlice, ToNapiValue, TypeName};
use napi::{Env, Result, ValueType, sys};

/// Samples that become a `Float32Array` in memory of JavaScript's own, by a copy.
///
/// One around our memory, without a copy, would belong to nobody: from Node 22 on it cannot be
/// transferred to a worker, and Electron forbids it.
pub struct Pcm(pub Vec<f32>);

impl TypeName for Pcm {
    fn type_name() -> &'static str {
        "Float32Array"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Pcm {
    // SAFETY: unsafe as the trait has it: the caller vouches that `env` is valid on this thread.
    unsafe fn to_napi_value(env: sys::napi_env, pcm: Self) -> Result<sys::napi_value> {
        let array = Float32ArraySlice::copy_from(&Env::from_raw(env), &pcm.0)?;
        // SAFETY: the caller vouches for `env`, which the array was made in just now.
        unsafe { ToNapiValue::to_napi_value(env, array) }
    }
}
