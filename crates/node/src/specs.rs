//! What parameters and effects there are.

use napi_derive::napi;
use noxrun_session::{ArgKind, EFFECTS, EffectSpec, OPERATIONS, PARAMS, ParamSpec, TEMPO};

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
    PARAMS.iter().map(|spec| param(spec)).collect()
}

#[napi]
pub fn effect_specs() -> Vec<NativeEffectSpec> {
    EFFECTS.iter().map(effect).collect()
}

#[napi(object)]
pub struct NativeArgSpec {
    pub name: String,
    pub doc: String,
    /// How it crosses; see `ArgKind` of the session.
    pub kind: String,
}

#[napi(object)]
pub struct NativeOperationSpec {
    pub name: String,
    pub doc: String,
    pub args: Vec<NativeArgSpec>,
}

fn kind(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::Number => "number",
        ArgKind::Flag => "flag",
        ArgKind::OptionalNumber => "optionalNumber",
        ArgKind::OptionalRange => "optionalRange",
        ArgKind::Time => "time",
        ArgKind::Param => "param",
        ArgKind::Numbers => "numbers",
        ArgKind::Points => "points",
    }
}

/// The table of operations, from which `src/generated` is written.
#[napi]
pub fn operation_specs() -> Vec<NativeOperationSpec> {
    let specs = OPERATIONS.iter().map(|operation| {
        let args = operation.args.iter().map(|arg| NativeArgSpec {
            name: arg.name.to_string(),
            doc: arg.doc.trim().to_string(),
            kind: kind(arg.kind).to_string(),
        });
        NativeOperationSpec {
            name: operation.name.to_string(),
            doc: operation.doc.trim().to_string(),
            args: args.collect(),
        }
    });
    specs.collect()
}

#[napi]
pub fn tempo_spec() -> NativeParamSpec {
    param(&TEMPO)
}
