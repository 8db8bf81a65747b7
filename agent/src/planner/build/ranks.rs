//! Steps that keep items by their place: the first of each group, all but the last.

use super::super::js;
use super::super::modifiers::{Group, Limit};
use super::{Builder, Focus, Shape};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::Value;

impl Builder<'_> {
    /// Keeps so many items of each group, in the order in hand.
    pub(super) fn top_of_each(&mut self, groups: &[Group], limit: Limit) -> Option<()> {
        if limit.count == 1 && !limit.last {
            return self.first_of_each(groups);
        }
        let focus = self.focus.clone()?;
        let list = focus.list();
        let same: Vec<String> = groups
            .iter()
            .map(|group| {
                let (other, own) = (key(group, "other"), key(group, "item"));
                format!("{other} === {own}")
            })
            .collect();
        let others = if limit.last { format!("{list}.slice(index + 1)") } else { format!("{list}.slice(0, index)") };
        self.keep(&format!("{others}.filter(other => {}).length < {}", same.join(" && "), limit.count))
    }

    fn first_of_each(&mut self, groups: &[Group]) -> Option<()> {
        let focus = self.focus.clone()?;
        let spec = self.tools.unique()?;
        let by: Vec<Value> = groups.iter().map(|group| group.by.clone()).collect();
        let by = if by.len() == 1 { by.into_iter().next()? } else { Value::Array(by) };
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::BY)?.to_owned(), by),
        ]);
        let id = self.add("first_of_each", spec, with);
        self.hold(Focus {
            expr: format!("steps.{id}.output.items"),
            shape: Shape::List,
            count: Some(format!("steps.{id}.output.count")),
            ..focus
        });
        Some(())
    }

    /// Leaves out so many items at the end.
    pub(super) fn without_last(&mut self, count: usize) -> Option<()> {
        let length = self.focus.as_ref()?.length();
        self.keep(&format!("index < {length} - {count}"))
    }

    /// Keeps the items for which an expression over `item` and `index` holds.
    pub(super) fn keep(&mut self, expression: &str) -> Option<()> {
        self.filter(&super::super::conditions::Cond::Is(expression.to_owned()))
    }
}

/// What an item is grouped by, as an expression.
fn key(group: &Group, base: &str) -> String {
    let by = group.by.as_str().unwrap_or_default();
    match by.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) {
        Some(expression) => expression.trim().replace("item.", &format!("{base}.")).replace("item[", &format!("{base}[")),
        None => js::member(base, by),
    }
}
