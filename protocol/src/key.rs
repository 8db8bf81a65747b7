//! The journal key of a step instance: its path through the groups, with item index and iteration.
//!
//! Text form: `fetch`, `post[3]`, `each[2]/send`, `poll@4`, `each[0]@2/inner`, and `on_failure/tell` for a step
//! of the failure block.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Which top-level list of steps a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum BlockName {
    /// The workflow's `steps`.
    #[default]
    Main,
    /// The workflow's `on_failure`.
    OnFailure,
}

/// One level of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeySegment {
    /// The step's id.
    pub step: String,
    /// The item's place under `for_each`, from 0.
    pub item: Option<u32>,
    /// The iteration under `repeat`, from 1.
    pub iteration: Option<u32>,
}

/// Where in a run something happened. The key of a step as a whole has neither item nor iteration in its last
/// segment; the key of one of its instances has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct InstanceKey {
    /// Main steps or failure steps.
    pub block: BlockName,
    /// The path, outermost first. Never empty for a step; empty for the block itself.
    pub path: Vec<KeySegment>,
}

impl InstanceKey {
    /// The key of a block as a whole.
    pub fn root(block: BlockName) -> Self {
        Self { block, path: Vec::new() }
    }

    /// The key of a step directly inside the instance that `self` names.
    #[must_use]
    pub fn child(&self, step: &str) -> Self {
        let mut path = self.path.clone();
        path.push(KeySegment { step: step.to_owned(), item: None, iteration: None });
        Self { block: self.block, path }
    }

    /// The same step's instance for an item.
    #[must_use]
    pub fn with_item(&self, item: u32) -> Self {
        let mut key = self.clone();
        if let Some(last) = key.path.last_mut() {
            last.item = Some(item);
        }
        key
    }

    /// The same instance in an iteration.
    #[must_use]
    pub fn with_iteration(&self, iteration: u32) -> Self {
        let mut key = self.clone();
        if let Some(last) = key.path.last_mut() {
            last.iteration = Some(iteration);
        }
        key
    }

    /// The key of the step as a whole: the last segment without item and iteration.
    #[must_use]
    pub fn step_key(&self) -> Self {
        let mut key = self.clone();
        if let Some(last) = key.path.last_mut() {
            last.item = None;
            last.iteration = None;
        }
        key
    }

    /// The key of the unit (the step, or one item of it) that an instance belongs to: the last segment without iteration.
    #[must_use]
    pub fn unit(&self) -> Self {
        let mut key = self.clone();
        if let Some(last) = key.path.last_mut() {
            last.iteration = None;
        }
        key
    }

    /// The instance that holds this step: the path without its last segment.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut key = self.clone();
        key.path.pop();
        key
    }

    /// The id of the step, without the groups around it.
    pub fn step_id(&self) -> &str {
        self.path.last().map_or("", |segment| segment.step.as_str())
    }

    /// The last segment.
    pub fn last(&self) -> Option<&KeySegment> {
        self.path.last()
    }

    /// Whether `self` lies inside the instance `other` (or is it).
    pub fn is_within(&self, other: &Self) -> bool {
        self.block == other.block && self.path.len() >= other.path.len() && self.path[..other.path.len()] == other.path[..]
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.block == BlockName::OnFailure {
            f.write_str("on_failure")?;
        }
        for (place, segment) in self.path.iter().enumerate() {
            if place > 0 || self.block == BlockName::OnFailure {
                f.write_str("/")?;
            }
            f.write_str(&segment.step)?;
            if let Some(item) = segment.item {
                write!(f, "[{item}]")?;
            }
            if let Some(iteration) = segment.iteration {
                write!(f, "@{iteration}")?;
            }
        }
        Ok(())
    }
}

/// A text that is no instance key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the key of a step instance")]
pub struct KeyError(String);

impl FromStr for InstanceKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refuse = || KeyError(text.to_owned());
        let mut key = Self::default();
        let mut rest = text;
        if text == "on_failure" {
            return Ok(Self::root(BlockName::OnFailure));
        }
        if let Some(inner) = text.strip_prefix("on_failure/") {
            key.block = BlockName::OnFailure;
            rest = inner;
        }
        if rest.is_empty() {
            return Ok(key);
        }
        for part in rest.split('/') {
            let (part, iteration) = match part.split_once('@') {
                Some((head, tail)) => (head, Some(tail.parse().map_err(|_| refuse())?)),
                None => (part, None),
            };
            let (step, item) = match part.split_once('[') {
                Some((head, tail)) => {
                    let digits = tail.strip_suffix(']').ok_or_else(refuse)?;
                    (head, Some(digits.parse().map_err(|_| refuse())?))
                }
                None => (part, None),
            };
            if step.is_empty() {
                return Err(refuse());
            }
            key.path.push(KeySegment { step: step.to_owned(), item, iteration });
        }
        Ok(key)
    }
}

impl Serialize for InstanceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InstanceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for InstanceKey {
    fn schema_name() -> Cow<'static, str> {
        "InstanceKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A step instance, such as post[3] or each[2]/send." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_comes_back_whole() {
        for text in ["a", "post[3]", "each[2]/send", "poll@4", "each[0]@2/inner", "on_failure/tell", "on_failure"] {
            assert_eq!(text.parse::<InstanceKey>().map(|k| k.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn refuses_broken_keys() {
        for text in ["a//b", "a[x]", "a[1", "a@"] {
            assert!(text.parse::<InstanceKey>().is_err(), "{text}");
        }
    }
}
