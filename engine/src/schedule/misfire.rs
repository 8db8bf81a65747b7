//! What happens to fire times that passed while nothing ran.

use std::str::FromStr;

/// A misfire policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misfire {
    /// They are left out.
    Skip,
    /// One run makes up for all of them, with the latest of their times. The default.
    #[default]
    RunOnce,
    /// Each is made up for, at most this many of the latest; not more than [`Misfire::MOST`].
    RunAll(u32),
}

/// A text that is no misfire policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no misfire policy")]
pub struct MisfireError(String);

impl Misfire {
    /// The most times that `run_all` may make up for.
    pub const MOST: u32 = 999;
}

impl FromStr for Misfire {
    type Err = MisfireError;

    fn from_str(text: &str) -> Result<Self, MisfireError> {
        match text {
            "skip" => Ok(Self::Skip),
            "run_once" => Ok(Self::RunOnce),
            _ => text
                .strip_prefix("run_all:")
                .and_then(|count| count.trim().parse().ok())
                .filter(|count| (1..=Self::MOST).contains(count))
                .map(Self::RunAll)
                .ok_or_else(|| MisfireError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_policies() {
        assert_eq!("skip".parse(), Ok(Misfire::Skip));
        assert_eq!("run_once".parse(), Ok(Misfire::RunOnce));
        assert_eq!("run_all:3".parse(), Ok(Misfire::RunAll(3)));
        for text in ["run_all", "run_all:0", "run_all:1000", "run_all:x", "Skip", ""] {
            assert!(text.parse::<Misfire>().is_err(), "{text}");
        }
    }
}
