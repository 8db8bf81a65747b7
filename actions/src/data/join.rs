//! `data.join`: put two lists together by a common field.

use crate::items::{Items, as_object, describe, field, identity};
use crate::limits::MAX_ITEMS;
use crate::spellings::also;
use async_trait::async_trait;
use indexmap::{IndexMap, IndexSet};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// `data.join`.
pub struct Join;

/// Which items stay that have no partner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = |schema: &mut schemars::Schema| also(schema, &["outer"]))]
pub enum Kind {
    /// None.
    #[default]
    Inner,
    /// Those of the left list.
    Left,
    /// Those of the right list.
    Right,
    /// Those of both lists.
    #[serde(alias = "outer")]
    Full,
}

/// The fields that must be equal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum On {
    /// A field that both have.
    Field(String),
    /// Several fields that both have.
    Fields(Vec<String>),
    /// Fields of different names: by the left one's name, the right one's.
    Pairs(IndexMap<String, String>),
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The first list; its order is kept.
    #[schemars(extend("x-role" = role::ITEMS))]
    left: Items,
    /// The second list.
    #[schemars(extend("x-role" = role::OTHER_ITEMS))]
    right: Items,
    /// The field that must be equal, such as `id`; a list of fields; or, where the names differ, an object from the
    /// left field's name to the right one's, such as `{ customer_id: id }`.
    #[schemars(extend("x-role" = role::BY))]
    on: On,
    /// Which items stay that have no partner: `inner` none, `left`, `right`, or `full` both.
    #[serde(default)]
    kind: Kind,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The pairs, each one object with the fields of both. A field that both have and that is not joined on keeps
    /// the left value; the right one is called `right_…`. Where there is no partner its fields are null.
    items: Vec<Value>,
}

#[async_trait]
impl Action for Join {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.join", "Join lists", "Puts the items of two lists together where a field is the same.", Effect::None)
            .utterances(&[
                "join orders with customers on customer id",
                "match the two files by email",
                "combine both lists by id",
                "look up each product's price in the price list",
                "merge the tables on sku",
                "add the department name from departments.csv to each employee",
            ])
            .keywords(&["join", "merge", "combine", "match", "lookup", "both", "together", "enrich"])
            .example(json!({ "items": [{ "id": 1, "name": "Ann", "total": 120 }] }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let left = objects(params.left.list("left")?, "left")?;
        let right = objects(params.right.list("right")?, "right")?;
        Ok(Output { items: join(&left, &right, &params.on.pairs(), params.kind)? }.into())
    }
}

impl On {
    fn pairs(&self) -> Vec<(String, String)> {
        match self {
            Self::Field(name) => vec![(name.clone(), name.clone())],
            Self::Fields(names) => names.iter().map(|name| (name.clone(), name.clone())).collect(),
            // { left: a, right: b } is how many people write it.
            Self::Pairs(pairs) => match (pairs.len(), pairs.get("left"), pairs.get("right")) {
                (2, Some(left), Some(right)) => vec![(left.clone(), right.clone())],
                _ => pairs.iter().map(|(left, right)| (left.clone(), right.clone())).collect(),
            },
        }
    }
}

fn objects(items: Vec<Value>, param: &str) -> Result<Vec<Value>, StepError> {
    match items.iter().find(|item| !item.is_object()) {
        Some(other) => {
            Err(StepError::new("not_objects", format!("\"{param}\" must be a list of objects, but one item is {}", describe(other))))
        }
        None => Ok(items),
    }
}

/// What must be equal; nothing equals null.
fn key(item: &Value, names: impl Iterator<Item = impl AsRef<str>>) -> Option<String> {
    let values: Vec<Value> = names.map(|name| field(item, name.as_ref()).clone()).collect();
    (!values.iter().any(Value::is_null)).then(|| identity(&Value::from(values)))
}

fn join(left: &[Value], right: &[Value], on: &[(String, String)], kind: Kind) -> Result<Vec<Value>, StepError> {
    let mut partners: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, item) in right.iter().enumerate() {
        if let Some(key) = key(item, on.iter().map(|(_, name)| name)) {
            partners.entry(key).or_default().push(index);
        }
    }
    let shape = Shape::new(left, right, on);
    let mut taken = vec![false; right.len()];
    let mut joined = Vec::new();
    for item in left {
        let found = key(item, on.iter().map(|(name, _)| name)).and_then(|key| partners.get(&key));
        match found {
            Some(found) => {
                for &index in found {
                    taken[index] = true;
                    joined.push(shape.pair(Some(item), Some(&right[index])));
                    within_limit(joined.len())?;
                }
            }
            None if matches!(kind, Kind::Left | Kind::Full) => joined.push(shape.pair(Some(item), None)),
            None => {}
        }
    }
    if matches!(kind, Kind::Right | Kind::Full) {
        joined.extend(right.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(item, _)| shape.pair(None, Some(item))));
    }
    within_limit(joined.len())?;
    Ok(joined)
}

fn within_limit(count: usize) -> Result<(), StepError> {
    if count <= MAX_ITEMS {
        return Ok(());
    }
    Err(StepError::new("output_too_large", format!("the join makes more than {MAX_ITEMS} items"))
        .help("join on a field whose values are different in each item"))
}

/// The fields of a joined item.
struct Shape<'a> {
    left: IndexSet<&'a str>,
    /// Right field name and the name it gets.
    right: Vec<(&'a str, String)>,
    on: &'a [(String, String)],
}

impl<'a> Shape<'a> {
    fn new(left: &'a [Value], right: &'a [Value], on: &'a [(String, String)]) -> Self {
        let names = |items: &'a [Value]| -> IndexSet<&'a str> {
            items.iter().filter_map(Value::as_object).flat_map(|object| object.keys().map(String::as_str)).collect()
        };
        let left = names(left);
        let renamed = |name: &'a str| {
            let shared = on.iter().any(|(ours, theirs)| theirs == name && ours == name);
            match left.contains(name) && !shared {
                true => (name, format!("right_{name}")),
                false => (name, name.to_owned()),
            }
        };
        let right = names(right).into_iter().map(renamed).collect();
        Self { left, right, on }
    }

    fn pair(&self, left: Option<&Value>, right: Option<&Value>) -> Value {
        let mut item =
            left.map_or_else(|| self.left.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<Map<_, _>>(), as_object);
        for (name, given) in &self.right {
            let value = right.and_then(|right| right.get(name)).cloned().unwrap_or(Value::Null);
            let joined_on = self.on.iter().any(|(ours, _)| ours == given);
            if !(joined_on && left.is_some()) {
                item.insert(given.clone(), value);
            }
        }
        if let (None, Some(right)) = (left, right) {
            for (ours, theirs) in self.on {
                item.insert(ours.clone(), field(right, theirs).clone());
            }
        }
        Value::Object(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(on: Value, kind: Kind) -> Value {
        let left = json!([{"id": 1, "name": "Ann", "city": "Ulm"}, {"id": 2, "name": "Bo", "city": "Rom"}]);
        let right = json!([{"id": 1, "by": 1, "name": "book"}, {"id": 3, "by": 9, "name": "pen"}]);
        let on: On = serde_json::from_value(on).unwrap();
        Value::from(join(left.as_array().unwrap(), right.as_array().unwrap(), &on.pairs(), kind).unwrap())
    }

    #[test]
    fn partners_become_one_object_and_clashing_fields_are_told_apart() {
        assert_eq!(joined(json!("id"), Kind::Inner), json!([{"id": 1, "name": "Ann", "city": "Ulm", "by": 1, "right_name": "book"}]));
        let by_pair = joined(json!({"id": "by"}), Kind::Inner);
        assert_eq!(by_pair, json!([{"id": 1, "name": "Ann", "city": "Ulm", "right_id": 1, "by": 1, "right_name": "book"}]));
        assert_eq!(by_pair, joined(json!({"left": "id", "right": "by"}), Kind::Inner));
    }

    #[test]
    fn items_without_a_partner_stay_as_asked_with_nulls() {
        let left = joined(json!("id"), Kind::Left);
        assert_eq!(left[1], json!({"id": 2, "name": "Bo", "city": "Rom", "by": null, "right_name": null}));
        let full = joined(json!("id"), Kind::Full);
        assert_eq!(full[2], json!({"id": 3, "name": null, "city": null, "by": 9, "right_name": "pen"}));
        assert_eq!(joined(json!("id"), Kind::Right).as_array().unwrap().len(), 2);
    }
}
