//! What can happen next, and how the outside fares: both follow from the seed alone.

use crate::model::turns::digest;
use crate::support::{Deed, Ending, World};
use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::time::Duration;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Pass(Duration),
    Start,
    Answer,
    Pause,
    Resume,
    Cancel,
    Retry,
    /// At a durable write from now: whether before it, and how many writes on.
    DieAtWrite {
        before: bool,
        on: u64,
    },
    Die,
    Fill,
    Empty,
    /// Set the clock, in seconds.
    SetClock(i64),
}

impl Move {
    pub fn any(random: &mut StdRng) -> Self {
        match random.random_range(0..100) {
            0..35 => {
                let times = [12, 12, 300, 3_000, 40_000, 600_000];
                Self::Pass(Duration::from_millis(times[random.random_range(0..times.len())]))
            }
            35..52 => Self::Start,
            52..66 => Self::Answer,
            66..70 => Self::Pause,
            70..74 => Self::Resume,
            74..78 => Self::Cancel,
            78..80 => Self::Retry,
            80..88 => Self::DieAtWrite { before: random.random(), on: random.random_range(1..6) },
            88..91 => Self::Die,
            91..94 => Self::Fill,
            94..97 => Self::Empty,
            _ => Self::SetClock(random.random_range(-3000..3000)),
        }
    }
}

/// An outside that follows from the seed. Whoever tries often enough succeeds.
pub fn world(seed: u64) -> World {
    World::new(Arc::new(move |key, number| {
        // The run's id is made anew each time; the rest of the key is the same.
        let step = key.split_once(':').map_or(key, |(_, step)| step);
        let dice = digest(&format!("{seed} {step} {number}"));
        let pause = |dice: u64| match dice % 10 {
            0..7 => Duration::ZERO,
            7..9 => Duration::from_millis(dice / 10 % 5000),
            _ => Duration::from_secs(dice / 10 % 120),
        };
        let ending = match dice / 7 % 100 {
            _ if number > 4 => Ending::Well,
            0..70 => Ending::Well,
            70..82 => Ending::Busy,
            82..88 => Ending::Refused,
            88..94 => Ending::LostAnswer,
            _ => Ending::LostRequest,
        };
        Deed { going: pause(dice / 1000), coming: pause(dice / 100_000), ending }
    }))
}
