//! How the attempts of a step instance fare, and what an action hands back: the world that a random workflow runs in.

use super::spec::{Act, Node, Work};
use proptest::prelude::*;
use sayflow_protocol::InstanceKey;
use sayflow_protocol::event::UnknownDecision;
use serde_json::{Value, json};

/// How one attempt fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Well,
    /// A failure that may pass.
    Fails,
    /// A failure that would repeat itself.
    FailsForGood,
    /// The parameters cannot be filled in.
    Unprepared,
    /// A write whose answer is lost, and what a person says to it. Any other action just fails.
    Lost(UnknownDecision),
}

impl Turn {
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            6 => Just(Self::Well),
            3 => Just(Self::Fails),
            1 => Just(Self::FailsForGood),
            1 => Just(Self::Unprepared),
            1 => Just(Self::Lost(UnknownDecision::Retry)),
            1 => Just(Self::Lost(UnknownDecision::Skip)),
            1 => Just(Self::Lost(UnknownDecision::Fail)),
        ]
    }
}

/// How attempt number `number` (from 1) of an instance fares; well once the line of its turns is used up.
pub fn turn(node: &Node, key: &InstanceKey, number: u32) -> Turn {
    let Work::Act { what, turns, .. } = &node.work else { panic!("a group has no attempts") };
    let line = &turns[usize::try_from(digest(&key.to_string()) % turns.len() as u64).unwrap()];
    match line.get(number as usize - 1).copied().unwrap_or(Turn::Well) {
        Turn::Lost(_) if *what != Act::Write => Turn::Fails,
        turn => turn,
    }
}

/// What an instance hands back when it saw this.
pub fn output(key: &InstanceKey, saw: &Value) -> Value {
    let mark = digest(&format!("{key} {saw}"));
    let list: Vec<Value> = (0..mark % 4).map(|n| json!({ "n": n, "flag": n % 2 == 1 })).collect();
    json!({ "mark": mark, "flag": !mark.is_multiple_of(3), "list": list })
}

/// FNV-1a: the same on every machine.
pub fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 12
}
