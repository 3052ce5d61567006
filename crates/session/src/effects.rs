//! The kinds of effects that an engine has, and their making.

use crate::intent::EffectSetup;
use noxrun_engine::EffectBody;
use noxrun_engine::fx::{EffectKind, build_effect};

pub use noxrun_engine::fx::{EFFECTS, EffectSpec};

/// What makes an effect for a sample rate and a number of channels. Tests bring kinds of their own.
pub(crate) type MakeEffect = fn(&EffectSetup, u32, usize) -> EffectBody;

/// Makes an effect; its setup was checked. Allocates.
pub(crate) fn build(setup: &EffectSetup, rate: u32, channels: usize) -> EffectBody {
    let kind = EffectKind::ALL.get(usize::from(setup.kind)).copied();
    // Never but the first: `Intent::check` knows how many there are.
    let kind = kind.unwrap_or(EffectKind::ALL[0]);
    let variant = usize::from(setup.variant);
    build_effect(kind, variant, &setup.values, rate, channels)
}
