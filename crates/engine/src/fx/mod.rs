//! The effects: their names, their parameters, and how one is made.
//!
//! Each is a file with its parameters ([`EffectSpec`]), its state, its [`Processor`] and its tests. A
//! new one is such a file and an entry in the list below. `biquad.rs` is no effect but what filters are
//! made of.

mod biquad;
mod filter;
mod gain;

use crate::effect::{EffectBody, MAX_PARAMS, Processor};

/// One parameter of a kind of effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamSpec {
    /// What it is called.
    pub name: &'static str,
    /// What it counts: "Hz", "dB", "s", or "" for a plain number.
    pub unit: &'static str,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// The value that it has when none is given.
    pub default: f64,
}

impl ParamSpec {
    /// The nearest value in range; the default for what is no number.
    #[must_use]
    pub fn clamp(&self, value: f64) -> f64 {
        if value.is_nan() {
            self.default
        } else {
            value.clamp(self.min, self.max)
        }
    }
}

/// One kind of effect.
#[derive(Debug, Clone, Copy)]
pub struct EffectSpec {
    /// What it is called.
    pub kind: &'static str,
    /// What is chosen when it is made, for good (a filter's type); empty where there is nothing to
    /// choose. The first is the default.
    pub variants: &'static [&'static str],
    /// Its parameters. A parameter's index is its place here.
    pub params: &'static [ParamSpec],
    /// From variant, rate and channels.
    build: fn(usize, u32, usize) -> Box<dyn Processor>,
}

macro_rules! effects {
    ($($kind:ident = $module:ident),* $(,)?) => {
        /// The kinds of effects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EffectKind {
            $(#[doc = concat!("See `", stringify!($module), ".rs`.")] $kind),*
        }

        impl EffectKind {
            /// All of them, in the order of [`EFFECTS`].
            pub const ALL: [Self; [$(stringify!($kind)),*].len()] = [$(Self::$kind),*];
        }

        /// What the kinds of effects are, in the order of [`EffectKind::ALL`].
        pub static EFFECTS: [EffectSpec; EffectKind::ALL.len()] = [$($module::SPEC),*];
    };
}

effects! {
    Gain = gain,
    Filter = filter,
}

// Whoever writes an effect with more parameters than the engine shows learns it here.
const _: () = {
    let mut rest: &[EffectSpec] = &EFFECTS;
    while let Some((spec, others)) = rest.split_first() {
        assert!(spec.params.len() <= MAX_PARAMS);
        rest = others;
    }
};

impl EffectKind {
    /// Its name, variants and parameters.
    #[must_use]
    pub const fn spec(self) -> &'static EffectSpec {
        const { &EFFECTS }
            .split_at(self as usize)
            .1
            .first()
            .unwrap()
    }

    /// Its processor alone, for `channels` channels at `rate` Hz. A variant that does not exist is
    /// the first.
    #[must_use]
    pub fn processor(self, variant: usize, rate: u32, channels: usize) -> Box<dyn Processor> {
        (self.spec().build)(variant, rate, channels)
    }
}

/// Makes an effect whose parameters start on `values`: those out of range on the nearest in range,
/// those that are missing on their default. A variant that does not exist is the first. Allocates;
/// never for an audio callback.
#[must_use]
pub fn build_effect(
    kind: EffectKind,
    variant: usize,
    values: &[f64],
    rate: u32,
    channels: usize,
) -> EffectBody {
    let params = kind.spec().params.iter().enumerate();
    let values: Vec<f64> = params
        .map(|(index, param)| param.clamp(values.get(index).copied().unwrap_or(param.default)))
        .collect();
    EffectBody::new(kind.processor(variant, rate, channels), &values, channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_specs_stand_in_one_order() {
        let kinds = EffectKind::ALL.map(|kind| kind.spec().kind);
        assert_eq!(kinds, EFFECTS.map(|spec| spec.kind));
        assert_eq!(kinds, ["gain", "filter"]);
    }

    #[test]
    fn defaults_are_in_range() {
        for spec in &EFFECTS {
            for param in spec.params {
                assert_eq!(param.clamp(param.default), param.default, "{}", param.name);
                assert_eq!(param.clamp(f64::NAN), param.default, "{}", param.name);
            }
        }
    }

    #[test]
    fn values_start_in_range_and_missing_ones_on_their_default() {
        let values = [1e9, -3.0];
        let effect = build_effect(EffectKind::Filter, 0, &values, 48_000, 2);
        let shown = [0, 1, 2, 3].map(|param| effect.value(param));
        assert_eq!(shown, [Some(20_000.0), Some(0.05), Some(0.0), None]);
        assert_eq!(effect.latency(), 0);
    }
}
