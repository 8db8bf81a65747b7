//! Something outside that may be away: whether to try it now, and whether that was said already.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy)]
struct Away {
    pause: Duration,
    next: Instant,
}

/// Whether it is away, since when it was tried in vain.
#[derive(Debug)]
pub(super) struct Outage {
    first_pause: Duration,
    away: Mutex<Option<Away>>,
}

impl Outage {
    /// It is there. After a failure it is tried again after the pause, then after twice as long, up to five minutes.
    pub(super) fn new(first_pause: Duration) -> Self {
        Self { first_pause, away: Mutex::new(None) }
    }

    /// Whether it is worth a try now.
    pub(super) fn may_try(&self, now: Instant) -> bool {
        self.away().is_none_or(|away| now >= away.next)
    }

    /// It failed. Says whether that is news.
    pub(super) fn failed(&self, now: Instant) -> bool {
        let mut away = self.away();
        let pause = away.map_or(self.first_pause, |away| (away.pause * 2).min(LONGEST));
        let news = away.is_none();
        *away = Some(Away { pause, next: now + pause });
        news
    }

    /// It worked. Says whether it had been away.
    pub(super) fn worked(&self) -> bool {
        self.away().take().is_some()
    }

    fn away(&self) -> MutexGuard<'_, Option<Away>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_news_once_and_tries_become_rare() {
        let (outage, begin) = (Outage::new(Duration::from_secs(5)), Instant::now());
        assert!(outage.may_try(begin) && !outage.worked());
        assert!(outage.failed(begin));
        assert!(!outage.may_try(begin + Duration::from_secs(4)));
        assert!(outage.may_try(begin + Duration::from_secs(5)));
        assert!(!outage.failed(begin));
        assert!(!outage.may_try(begin + Duration::from_secs(9)));
        (0..20).for_each(|_| assert!(!outage.failed(begin)));
        assert!(outage.may_try(begin + LONGEST));
        assert!(outage.worked() && outage.may_try(begin) && outage.failed(begin));
    }
}
