//! How many renders run at a time: chosen once a process.

use super::processors;
use std::sync::OnceLock;

/// The variable that says it.
const VARIABLE: &str = "NOXRUN_RENDERS";

/// How many renders run at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderLimit {
    /// At least 1.
    pub limit: usize,
    /// Why it is not what `NOXRUN_RENDERS` asks for.
    pub refusal: Option<String>,
}

/// The number that `NOXRUN_RENDERS` gives, else the number of processors. The first call of a
/// process reads both.
pub fn render_limit() -> RenderLimit {
    static LIMIT: OnceLock<RenderLimit> = OnceLock::new();
    let limit = LIMIT.get_or_init(|| {
        let asked = std::env::var_os(VARIABLE);
        choose(
            asked
                .map(|asked| asked.to_string_lossy().into_owned())
                .as_deref(),
            processors(),
        )
    });
    limit.clone()
}

/// An empty value counts as none, as is usual in a shell.
pub(super) fn choose(asked: Option<&str>, processors: usize) -> RenderLimit {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return RenderLimit {
            limit: processors,
            refusal: None,
        };
    };
    match asked.parse() {
        Ok(limit) if limit > 0 => RenderLimit {
            limit,
            refusal: None,
        },
        _ => RenderLimit {
            limit: processors,
            refusal: Some(format!(
                "{VARIABLE} is {asked:?}: only a whole number of 1 or more is allowed; \
                 as many renders run at a time as there are processors ({processors})"
            )),
        },
    }
}
