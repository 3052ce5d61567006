//! What parameters and effects there are.

use napi_derive::napi;
use noxrun_session::{EFFECTS, EffectSpec, PARAMS, ParamSpec};

#[napi(object)]
pub struct NativeParamSpec {
    pub name: String,
    pub unit: String,
    pub min: f64,
    pub max: f64,
    pub default: f64,
}

#[napi(object)]
pub struct NativeEffectSpec {
    pub kind: String,
    pub variants: Vec<String>,
    pub params: Vec<NativeParamSpec>,
}

fn param(spec: &ParamSpec) -> NativeParamSpec {
    NativeParamSpec {
        name: spec.name.to_string(),
        unit: spec.unit.to_string(),
        min: spec.min,
        max: spec.max,
        default: spec.default,
    }
}

fn effect(spec: &EffectSpec) -> NativeEffectSpec {
    NativeEffectSpec {
        kind: spec.kind.to_string(),
        variants: spec.variants.iter().map(ToString::to_string).collect(),
        params: spec.params.iter().map(param).collect(),
    }
}

#[napi]
pub fn param_specs() -> Vec<NativeParamSpec> {
    PARAMS.iter().map(param).collect()
}

#[napi]
pub fn effect_specs() -> Vec<NativeEffectSpec> {
    EFFECTS.iter().map(effect).collect()
}
