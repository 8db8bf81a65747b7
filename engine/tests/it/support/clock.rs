//! A clock that goes on only when the test says so, and that can be set.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sayflow_engine::ports::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Follows the runtime's own time, which stands still but for [`tokio::time::advance`].
pub struct FakeClock {
    origin: Timestamp,
    born: tokio::time::Instant,
    /// How far it was set ahead (or back), in microseconds.
    set: AtomicI64,
}

impl FakeClock {
    /// One that shows this time now. Made inside of the runtime whose time it follows.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self { origin, born: tokio::time::Instant::now(), set: AtomicI64::new(0) }
    }

    /// Sets it ahead or back, as an administrator does.
    pub fn set(&self, by: SignedDuration) {
        self.set.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.born.elapsed().as_micros()).unwrap();
        Timestamp::from_microsecond(self.origin.as_microsecond() + passed + self.set.load(Ordering::SeqCst)).unwrap()
    }

    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.as_microsecond() - self.now().as_microsecond();
            if left <= 0 {
                return;
            }
            // It may be set while we sleep.
            tokio::time::sleep(Duration::from_micros(left.unsigned_abs()).min(Duration::from_secs(60))).await;
        }
    }
}
