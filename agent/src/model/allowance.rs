//! What a turn may still spend. Shared by the calls that are made side by side: each reserves before it is made and
//! settles afterwards, so that together they cannot spend more than there is. A turn's money is also taken out of the
//! [`Account`]s of its thread and of the day, which other turns share.

use sayflow_protocol::api::Usage;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Tokens, money and time that are left.
#[derive(Debug)]
pub struct Allowance {
    left: Mutex<Left>,
    until: Option<Instant>,
    accounts: Vec<Arc<Account>>,
    log: Option<Arc<dyn SpendingLog>>,
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
    Money(Span),
    /// The time is over.
    Time,
}

/// What a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// One turn, or one step of a run.
    Turn,
    /// One conversation.
    Thread,
    /// All that is spent on one day.
    Day,
}

impl Span {
    /// The setting that limits it.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Turn => "models.budget.turn_usd",
            Self::Thread => "models.budget.thread_usd",
            Self::Day => "models.budget.day_usd",
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Turn => "this turn",
            Self::Thread => "this conversation",
            Self::Day => "today",
        })
    }
}

/// Money that several turns share.
#[derive(Debug)]
pub struct Account {
    span: Span,
    /// US dollars.
    left: Mutex<f64>,
}

impl Account {
    /// One with so many US dollars.
    pub fn new(span: Span, usd: f64) -> Self {
        Self { span, left: Mutex::new(usd) }
    }

    /// US dollars that are left and not reserved.
    pub fn left(&self) -> f64 {
        *locked(&self.left)
    }

    fn take(&self, usd: f64) -> bool {
        let mut left = locked(&self.left);
        // Nothing can be spent from an account that is overdrawn, and a model without a price costs nothing.
        let enough = *left >= usd;
        if enough {
            *left -= usd;
        }
        enough
    }

    fn give(&self, usd: f64) {
        *locked(&self.left) += usd;
    }
}

/// Writes down what was spent. Must not wait.
pub trait SpendingLog: Send + Sync + fmt::Debug {
    /// A model answered, or was asked in vain.
    fn spent(&self, model: &str, usage: &Usage);
}

impl Allowance {
    /// So much, until then.
    pub fn new(tokens: u64, usd: f64, until: Option<Instant>) -> Self {
        Self { left: Mutex::new(Left { tokens, usd }), until, accounts: Vec::new(), log: None }
    }

    /// No limits.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, f64::INFINITY, None)
    }

    /// Takes the money out of these accounts too.
    #[must_use]
    pub fn out_of(mut self, accounts: Vec<Arc<Account>>) -> Self {
        self.accounts = accounts;
        self
    }

    /// Writes down there what is spent.
    #[must_use]
    pub fn logged(mut self, log: Arc<dyn SpendingLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// Until when.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// The span with a limit in money, where there is one: a model needs a price then.
    pub fn limit_in_money(&self) -> Option<Span> {
        let own = locked(&self.left).usd.is_finite().then_some(Span::Turn);
        own.or_else(|| self.accounts.iter().find(|account| account.left().is_finite()).map(|account| account.span))
    }

    /// Takes away what a call may cost at most.
    ///
    /// # Errors
    /// When there is not so much left; nothing is taken then.
    pub fn reserve(&self, tokens: u64, usd: f64) -> Result<(), Shortage> {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Err(Shortage::Time);
        }
        let mut left = locked(&self.left);
        if left.tokens < tokens {
            return Err(Shortage::Tokens);
        }
        if left.usd < usd {
            return Err(Shortage::Money(Span::Turn));
        }
        for (place, account) in self.accounts.iter().enumerate() {
            if !account.take(usd) {
                self.accounts[..place].iter().for_each(|taken| taken.give(usd));
                return Err(Shortage::Money(account.span));
            }
        }
        left.tokens -= tokens;
        left.usd -= usd;
        Ok(())
    }

    /// Gives back what was reserved and takes what the call did cost.
    pub fn settle(&self, reserved: (u64, f64), spent: (u64, f64)) {
        let mut left = locked(&self.left);
        left.tokens = left.tokens.saturating_add(reserved.0).saturating_sub(spent.0);
        left.usd = (left.usd + reserved.1 - spent.1).max(0.0);
        self.accounts.iter().for_each(|account| account.give(reserved.1 - spent.1));
    }

    /// Writes down what a call did cost.
    pub(super) fn write_down(&self, model: &str, usage: &Usage) {
        if let Some(log) = &self.log {
            log.spent(model, usage);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(allowance.reserve(1, 0.9), Err(Shortage::Money(Span::Turn)));
    }

    #[test]
    fn nothing_is_spent_when_the_time_is_over() {
        let over = Allowance::new(u64::MAX, f64::INFINITY, Some(Instant::now()));
        assert_eq!(over.reserve(1, 0.0), Err(Shortage::Time));
    }

    #[test]
    fn turns_share_the_money_of_their_thread_and_of_the_day() {
        let thread = Arc::new(Account::new(Span::Thread, 2.0));
        let day = Arc::new(Account::new(Span::Day, 1.0));
        let turn = || Allowance::new(u64::MAX, f64::INFINITY, None).out_of(vec![Arc::clone(&thread), Arc::clone(&day)]);
        let (first, second) = (turn(), turn());
        assert_eq!(first.limit_in_money(), Some(Span::Thread));
        first.reserve(1, 0.75).unwrap();
        assert_eq!(second.reserve(1, 0.75), Err(Shortage::Money(Span::Day)));
        // What was refused is not kept back in the account that had enough.
        assert!((thread.left() - 1.25).abs() < 1e-9);
        first.settle((1, 0.75), (1, 0.25));
        assert_eq!(second.reserve(1, 0.75), Ok(()));
        assert!((day.left()).abs() < 1e-9 && (thread.left() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_overdrawn_account_gives_nothing() {
        let day = Arc::new(Account::new(Span::Day, -0.5));
        let turn = Allowance::unlimited().out_of(vec![day]);
        assert_eq!(turn.reserve(1, 0.0), Err(Shortage::Money(Span::Day)));
    }
}
