//! How runs hang together.

use crate::id::RunId;
use crate::key::InstanceKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run hangs together with other runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The run whose `flow.call` waits for this one, and the instance there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<(RunId, InstanceKey)>,
    /// The run that this one tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// The run whose idempotency keys it goes on using, so that a destination recognises what it has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_of: Option<RunId>,
    /// How many runs started one another to get here; 0 when a person or the outside started it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
}

impl Lineage {
    /// Whether it has to do with no other run.
    pub fn is_alone(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
