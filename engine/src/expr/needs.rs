//! What of a scope an expression can see, so that no more than that is handed to the interpreter.

use super::Reference;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The parts of a value that are referred to. Only objects are cut down: the rest has members that are not data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    whole: bool,
    members: BTreeMap<String, Needs>,
}

impl Needs {
    /// The needs of references to one root.
    pub(super) fn of<'a>(references: impl Iterator<Item = &'a Reference>) -> Self {
        let mut needs = Self::default();
        for reference in references {
            let mut at = &mut needs;
            for name in &reference.path {
                at = at.members.entry(name.clone()).or_default();
            }
            at.whole = true;
        }
        needs
    }
}

/// A value, cut down to what is needed.
pub(super) struct Needed<'a>(pub &'a Value, pub &'a Needs);

impl Serialize for Needed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, needs) = self;
        match value {
            Value::Object(members) if !needs.whole => {
                let mut map = serializer.serialize_map(None)?;
                for (name, inner) in &needs.members {
                    if let Some(value) = members.get(name) {
                        map.serialize_entry(name, &Needed(value, inner))?;
                    }
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cut(value: &Value, paths: &[&[&str]]) -> Value {
        let references: Vec<Reference> =
            paths.iter().map(|path| Reference { root: "steps".into(), path: path.iter().map(|&name| name.to_owned()).collect() }).collect();
        serde_json::to_value(Needed(value, &Needs::of(references.iter()))).expect("plain JSON")
    }

    #[test]
    fn only_what_is_referred_to_goes_over() {
        let steps = json!({ "a": { "output": { "big": [1, 2], "small": 3 }, "status": "succeeded" }, "b": { "output": 1 } });
        assert_eq!(cut(&steps, &[&["a", "output", "small"]]), json!({ "a": { "output": { "small": 3 } } }));
        assert_eq!(cut(&steps, &[&["a", "output", "big", "length"]]), json!({ "a": { "output": { "big": [1, 2] } } }));
        assert_eq!(cut(&steps, &[&["b"], &["a", "status", "length"]]), json!({ "a": { "status": "succeeded" }, "b": { "output": 1 } }));
    }
}
