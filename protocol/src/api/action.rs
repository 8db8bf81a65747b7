//! `GET /actions`: the catalogue.

use crate::action::ActionInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All actions, by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionList {
    /// The actions.
    pub actions: Vec<ActionInfo>,
}
