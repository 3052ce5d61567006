//! How things of an engine are named: places in its tables, each with a generation.

/// A place in one of the engine's tables, with the generation that tells a reused place from the
/// thing that was meant. A stale key is a counted no-op.
macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name {
            /// Place in the table.
            pub index: u32,
            /// Incremented by the controlling side each time it uses the place again.
            pub generation: u32,
        }
    };
}

key!(
    /// A voice's key.
    VoiceKey
);
key!(
    /// A track's key. [`MASTER`] exists from the start.
    TrackKey
);
key!(
    /// The key of a connection between two tracks: an output or a send.
    EdgeKey
);
key!(
    /// An effect's key.
    EffectKey
);
key!(
    /// The key of a tap on a track's sound.
    TapKey
);
key!(
    /// The key of an input of a track.
    InputKey
);

/// The track that every other one ends in. It exists from the start.
pub const MASTER: TrackKey = TrackKey {
    index: 0,
    generation: 0,
};
