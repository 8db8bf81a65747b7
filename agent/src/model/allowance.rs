//! What a turn may still spend. Shared by the calls that are made side by side: each reserves before it is made and
//! settles afterwards, so that together they cannot spend more than there is.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Tokens, money and time that are left.
#[derive(Debug)]
pub struct Allowance {
    left: Mutex<Left>,
    until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    tokens: u64,
    usd: f64,
}

/// What keeps a call from being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// Not enough tokens are left.
    Tokens,
    /// Not enough money is left.
    Money,
    /// The time is over.
    Time,
}

impl Allowance {
    /// So much, until then.
    pub fn new(tokens: u64, usd: f64, until: Option<Instant>) -> Self {
        Self { left: Mutex::new(Left { tokens, usd }), until }
    }

    /// No limits.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, f64::INFINITY, None)
    }

    /// Until when.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Takes away what a call may cost at most.
    ///
    /// # Errors
    /// When there is not so much left; nothing is taken then.
    pub fn reserve(&self, tokens: u64, usd: f64) -> Result<(), Shortage> {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Err(Shortage::Time);
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.tokens < tokens {
            return Err(Shortage::Tokens);
        }
        if left.usd < usd {
            return Err(Shortage::Money);
        }
        left.tokens -= tokens;
        left.usd -= usd;
        Ok(())
    }

    /// Gives back what was reserved and takes what the call did cost.
    pub fn settle(&self, reserved: (u64, f64), spent: (u64, f64)) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.tokens = left.tokens.saturating_add(reserved.0).saturating_sub(spent.0);
        left.usd = (left.usd + reserved.1 - spent.1).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_side_by_side_cannot_spend_more_than_there_is() {
        let allowance = Allowance::new(100, 1.0, None);
        assert_eq!(allowance.reserve(60, 0.1), Ok(()));
        assert_eq!(allowance.reserve(60, 0.1), Err(Shortage::Tokens));
        allowance.settle((60, 0.1), (10, 0.1));
        assert_eq!(allowance.reserve(60, 0.1), Ok(()));
        assert_eq!(allowance.reserve(1, 0.9), Err(Shortage::Money));
    }

    #[test]
    fn nothing_is_spent_when_the_time_is_over() {
        let over = Allowance::new(u64::MAX, f64::INFINITY, Some(Instant::now()));
        assert_eq!(over.reserve(1, 0.0), Err(Shortage::Time));
    }
}
