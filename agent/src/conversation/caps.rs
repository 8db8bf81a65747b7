//! Limits of one turn. They stop the next call, never a result that is already there.

use sayflow_protocol::api::Usage;

/// How much one turn may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Caps {
    /// Calls of the planner, repairs included.
    pub rounds: u32,
    /// Repairs.
    pub repairs: u32,
    /// Questions asked at once.
    pub questions: usize,
    /// Tokens, sent and received.
    pub tokens: u64,
    /// US dollars.
    pub cost_usd: f64,
    /// Milliseconds of planning.
    pub planning_ms: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self { rounds: 8, repairs: 3, questions: 3, tokens: 200_000, cost_usd: 1.0, planning_ms: 180_000 }
    }
}

impl Caps {
    /// The limit that forbids another call of the planner, in words.
    pub(super) fn reached(&self, rounds: u32, usage: &Usage) -> Option<String> {
        if rounds >= self.rounds {
            Some(format!("{} planning rounds", self.rounds))
        } else if usage.input_tokens + usage.output_tokens >= self.tokens {
            Some(format!("{} tokens", self.tokens))
        } else if usage.cost_usd >= self.cost_usd {
            Some(format!("{:.2} US dollars", self.cost_usd))
        } else if usage.planning_ms >= self.planning_ms {
            Some(format!("{} seconds of planning", self.planning_ms / 1000))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_named_when_it_is_reached() {
        let caps = Caps { rounds: 2, tokens: 10, cost_usd: 0.5, planning_ms: 3000, ..Caps::default() };
        let none = Usage::default();
        assert_eq!(caps.reached(1, &none), None);
        assert_eq!(caps.reached(2, &none).as_deref(), Some("2 planning rounds"));
        assert_eq!(caps.reached(0, &Usage { input_tokens: 6, output_tokens: 4, ..none }).as_deref(), Some("10 tokens"));
        assert_eq!(caps.reached(0, &Usage { cost_usd: 0.5, ..none }).as_deref(), Some("0.50 US dollars"));
        assert_eq!(caps.reached(0, &Usage { planning_ms: 3000, ..none }).as_deref(), Some("3 seconds of planning"));
    }
}
