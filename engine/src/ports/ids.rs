//! New identifiers and randomness.

use rand::RngExt;

/// Makes identifiers and random fractions.
pub trait Ids: Send + Sync {
    /// A new identifier; later ones sort behind earlier ones.
    fn new_id(&self) -> String;

    /// A number from 0 up to but not including 1, for jitter.
    fn fraction(&self) -> f64;
}

/// UUIDv7 and the thread's random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn new_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    fn fraction(&self) -> f64 {
        rand::rng().random()
    }
}
