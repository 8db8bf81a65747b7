//! How much one step may hold. Beyond a limit a step fails with an error that says so; nothing is cut off silently.

use std::time::Duration;

/// The most bytes that are read from an answer or a file: 16 MiB.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The most items that a step may make: 1,000,000.
pub const MAX_ITEMS: usize = 1_000_000;

/// The longest wait for a whole HTTP answer, where the step has no `timeout` of its own.
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(60);
