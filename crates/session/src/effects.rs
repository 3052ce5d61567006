//! The kinds of effects that an engine has, and their making.

use noxrun_engine::EffectBody;
use noxrun_engine::fx::{EffectKind, build_effect};

pub use noxrun_engine::fx::{EFFECTS, EffectSpec};

/// Makes an effect of a kind, a variant and values, for a rate and channels. Tests bring kinds of
/// their own.
pub(crate) type MakeEffect = fn(u8, u8, &[f64], u32, usize) -> EffectBody;

/// Makes an effect; its operation was checked. Allocates.
pub(crate) fn build(
    kind: u8,
    variant: u8,
    values: &[f64],
    rate: u32,
    channels: usize,
) -> EffectBody {
    let kind = EffectKind::ALL.get(usize::from(kind)).copied();
    // Never but the first: `Operation::check` knows how many there are.
    let kind = kind.unwrap_or(EffectKind::ALL[0]);
    build_effect(kind, usize::from(variant), values, rate, channels)
}
