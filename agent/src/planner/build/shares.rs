//! Steps for parts of a whole: percentages of a list and of its groups, and items above the average.

use super::super::conditions::Cond;
use super::super::fields::{FieldRef, Fields};
use super::super::js;
use super::super::modifiers::{Ask, Group};
use super::{Builder, Focus, Shape};
use crate::language::{CompareOp, Measure};
use indexmap::IndexMap;
use sayflow_engine::action::role;

impl Builder<'_> {
    /// How much of `whole` is in hand, as a percentage with one digit.
    pub(super) fn share_of(&mut self, whole: &Focus) -> Option<()> {
        let part = self.focus.clone()?;
        let (part_length, whole_length) = (part.length(), whole.length());
        let expression = format!("({whole_length} === 0 ? 0 : Math.round({part_length} / {whole_length} * 1000) / 10)");
        let mut number = Focus::new(expression, Shape::Number);
        "Percentage".clone_into(&mut number.label);
        number.nouns = ["percentag", "percent", "share", "number", "result"].map(str::to_owned).to_vec();
        number.parts = vec![("percentage".to_owned(), "Percentage".to_owned())];
        self.hold(number);
        Some(())
    }

    /// What percentage of the list, or of a sum over it, each group makes.
    pub(super) fn shares(&mut self, groups: &[Group], measures: &[Ask]) -> Option<()> {
        let ask = measures.iter().find(|ask| ask.op == Measure::Sum).cloned();
        let ask = ask.unwrap_or(Ask { op: Measure::Count, field: None, name: "count".to_owned() });
        self.aggregate(groups, std::slice::from_ref(&ask))?;
        let focus = self.focus.clone()?;
        let spec = self.tools.project()?;
        let own = js::member("item", &ask.name);
        let all = format!("{}.reduce((sum, other) => sum + {}, 0)", focus.expr, js::member("other", &ask.name));
        let to = format!("({{ ...item, percentage: Math.round({own} / {all} * 1000) / 10 }})");
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::PROJECTION)?.to_owned(), js::whole(&to)),
        ]);
        let id = self.add("shares", spec, with);
        let mut fields = focus.fields.clone();
        fields.list.extend(Fields::of(&serde_json::json!([{ "percentage": 1 }])).list);
        self.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, fields, ..focus });
        Some(())
    }

    /// Keeps the groups whose measure passes a comparison.
    pub(super) fn having(&mut self, ask: &Ask, op: CompareOp, number: f64) -> Option<()> {
        let sign = match op {
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            _ => "===",
        };
        self.filter(&Cond::Is(format!("{} {sign} {}", js::member("item", &ask.name), js::number(number))))
    }

    /// Keeps the items whose field is over or under its average or median.
    pub(super) fn against_average(&mut self, field: &FieldRef, op: CompareOp, measure: Measure) -> Option<()> {
        let list = self.focus.clone()?;
        let ask = Ask { op: measure, field: Some(field.clone()), name: "middle".to_owned() };
        self.aggregate(&[], std::slice::from_ref(&ask))?;
        let middle = self.focus.clone()?.expr;
        self.focus = Some(list);
        let sign = match op {
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Le => "<=",
            _ => "<",
        };
        self.filter(&Cond::Is(format!("Number({}) {sign} {middle}", field.of("item"))))
    }
}
