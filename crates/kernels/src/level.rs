//! Which instruction set the loops run on, decided once.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// The environment variable that [`init`] reads.
pub const VARIABLE: &str = "NOXRUN_CPU";

/// An instruction set that the loops are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the architecture has: SSE2 on x86-64, NEON on aarch64.
    Baseline = 1,
    /// x86-64-v3 without its fused multiply-add: AVX2, BMI1, BMI2, LZCNT, POPCNT.
    V3 = 2,
}

impl Level {
    /// All of them, lowest first.
    pub const ALL: [Self; 2] = [Self::Baseline, Self::V3];

    /// Its name in [`VARIABLE`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::V3 => "v3",
        }
    }

    /// Whether this machine has it.
    #[must_use]
    pub fn is_supported(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::V3 => {
                // As many as dispatch.rs enables.
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::V3 => false,
        }
    }

    /// The highest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        let supported = Self::ALL
            .into_iter()
            .rev()
            .find(|level| level.is_supported());
        supported.unwrap_or(Self::Baseline)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A level that cannot be had. The loops run on another one, with the same bits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CpuError {
    /// [`VARIABLE`] holds no level's name.
    #[error(
        "{VARIABLE} is {asked:?}: only \"baseline\" and \"v3\" are allowed; running on {using}"
    )]
    Unknown {
        /// What it holds.
        asked: String,
        /// The level in use: the best of this machine.
        using: Level,
    },
    /// This machine does not have the level.
    #[error(
        "this machine cannot run at level \"{asked}\", only up to \"{using}\"; running on {using}"
    )]
    Unsupported {
        /// The level that was asked for.
        asked: Level,
        /// The level in use: the best of this machine, which is below it.
        using: Level,
    },
}

impl CpuError {
    /// The level in use instead.
    #[must_use]
    pub const fn using(&self) -> Level {
        match self {
            Self::Unknown { using, .. } | Self::Unsupported { using, .. } => *using,
        }
    }
}

const UNDECIDED: u8 = 0;

/// Holds `Level::V3` only where that is supported: only [`set`] and [`decide`] write.
static LEVEL: AtomicU8 = AtomicU8::new(UNDECIDED);

/// The level in use. Without [`init`] or [`force`] before, the best of this machine: the first call
/// then asks the processor, and never the environment.
#[inline]
#[must_use]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        UNDECIDED => decide(),
        level => known(level),
    }
}

const fn known(level: u8) -> Level {
    if level == Level::V3 as u8 {
        Level::V3
    } else {
        Level::Baseline
    }
}

#[cold]
fn decide() -> Level {
    let best = Level::best();
    // Whoever chose meanwhile has the last word.
    match LEVEL.compare_exchange(UNDECIDED, best as u8, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => best,
        Err(level) => known(level),
    }
}

/// Chooses the level: what [`VARIABLE`] names, the best of this machine where it is unset or empty.
/// For the start of a program or of an engine; never inside an audio callback, for it reads the
/// environment.
///
/// # Errors
/// [`CpuError::Unknown`] when the variable holds something else than a level's name,
/// [`CpuError::Unsupported`] when this machine does not have that level. The loops then run on the
/// best level of this machine, so a caller may report the error and go on.
pub fn init() -> Result<Level, CpuError> {
    let asked = std::env::var_os(VARIABLE);
    let asked = asked.as_deref().map(std::ffi::OsStr::to_string_lossy);
    let choice = choose(asked.as_deref().unwrap_or(""), Level::best());
    set(choice.as_ref().map_or_else(CpuError::using, |level| *level));
    choice
}

/// Runs on `level` from now on: for tests and benchmarks.
///
/// # Errors
/// [`CpuError::Unsupported`] when this machine does not have it; nothing was changed.
pub fn force(level: Level) -> Result<(), CpuError> {
    if level.is_supported() {
        set(level);
        Ok(())
    } else {
        Err(CpuError::Unsupported {
            asked: level,
            using: self::level(),
        })
    }
}

fn set(level: Level) {
    if level.is_supported() {
        LEVEL.store(level as u8, Ordering::Relaxed);
    }
}

fn choose(asked: &str, best: Level) -> Result<Level, CpuError> {
    if asked.is_empty() {
        return Ok(best);
    }
    let Some(level) = Level::ALL.into_iter().find(|level| level.name() == asked) else {
        return Err(CpuError::Unknown {
            asked: asked.to_owned(),
            using: best,
        });
    };
    if level <= best {
        Ok(level)
    } else {
        Err(CpuError::Unsupported {
            asked: level,
            using: best,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_level_is_taken_where_the_machine_has_it() {
        assert_eq!(choose("", Level::V3), Ok(Level::V3));
        assert_eq!(choose("", Level::Baseline), Ok(Level::Baseline));
        assert_eq!(choose("baseline", Level::V3), Ok(Level::Baseline));
        assert_eq!(choose("v3", Level::V3), Ok(Level::V3));
    }

    #[test]
    fn what_cannot_be_had_is_refused_and_the_best_below_stands() {
        let error = choose("v3", Level::Baseline).unwrap_err();
        assert_eq!(error.using(), Level::Baseline);
        assert_eq!(
            error.to_string(),
            "this machine cannot run at level \"v3\", only up to \"baseline\"; running on baseline"
        );
        let error = choose("avx9", Level::V3).unwrap_err();
        assert_eq!(error.using(), Level::V3);
        assert_eq!(
            error.to_string(),
            "NOXRUN_CPU is \"avx9\": only \"baseline\" and \"v3\" are allowed; running on v3"
        );
    }
}
