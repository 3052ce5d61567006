//! Keys of the engine as one number each.

use noxrun_engine::{EdgeKey, EffectKey, TrackKey, VoiceKey};

/// Places of a table: more than 2^24 events and all voices.
const INDEX_BITS: u32 = 25;

/// A key as one number, which a JavaScript number holds exactly.
pub(crate) fn pack(index: u32, generation: u32) -> u64 {
    u64::from(generation) << INDEX_BITS | u64::from(index)
}

macro_rules! unpack {
    ($($name:ident -> $key:ident),+) => { $(
        pub(crate) fn $name(packed: u64) -> $key {
            $key {
                index: (packed & ((1 << INDEX_BITS) - 1)) as u32,
                generation: (packed >> INDEX_BITS) as u32,
            }
        }
    )+ };
}
unpack!(track_key -> TrackKey, voice_key -> VoiceKey, edge_key -> EdgeKey, effect_key -> EffectKey);

#[cfg(test)]
mod tests {
    use super::{pack, voice_key};
    use noxrun_engine::VoiceKey;

    #[test]
    fn a_packed_key_is_a_safe_integer_and_comes_back() {
        let key = VoiceKey {
            index: (1 << 25) - 1,
            generation: (1 << 28) - 1,
        };
        let packed = pack(key.index, key.generation);
        assert!(packed < 1 << 53);
        assert_eq!(voice_key(packed), key);
        assert_eq!(packed as f64 as u64, packed);
    }
}
