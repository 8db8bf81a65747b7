//! Steps that work on the list in hand.

use super::super::chunk::Chunk;
use super::super::conditions::{self, Cond, Scope};
use super::super::fields::{Field, FieldKind, FieldRef, Fields, normal};
use super::super::js;
use super::super::modifiers::{Ask, Group, Limit, Modifiers};
use super::{Builder, Focus, Shape, keys};
use crate::language::{Direction, Measure};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::{Map, Value, json};

impl Builder<'_> {
    /// Applies all that a clause asks of the list, in the order that makes sense. `invert` turns the condition round.
    pub fn transform(&mut self, asked: &Modifiers, invert: bool) -> Option<()> {
        let whole = self.focus.clone();
        if let Some(found) = &asked.filter {
            let mut cond = found.cond.clone();
            // Nothing but what was unclear reads as "always".
            let (mut answered, mut open) = (cond.to_js() != "true", false);
            for unclear in &found.unclear {
                let fields = self
                    .focus
                    .as_ref()
                    .map(|focus| {
                        focus
                            .fields
                            .list
                            .iter()
                            .filter(|field| field.kind != FieldKind::Text)
                            .map(|field| field.name.clone())
                            .collect::<Vec<_>>()
                    })
                    .unwrap_or_default();
                let choices: Vec<&str> = fields.iter().map(String::as_str).collect();
                let answer = self.ask(
                    &format!("condition.field.{}", normal(unclear).replace(' ', "_")),
                    &format!("Which field is \"{unclear}\" about?"),
                    &choices,
                );
                if let Some(settled) = answer.and_then(|field| self.condition_on(&field, unclear)) {
                    cond = if answered { cond.and(settled) } else { settled };
                    answered = true;
                } else {
                    open = true;
                }
            }
            let cond = if invert { Cond::Not(Box::new(cond)) } else { cond };
            self.notes.extend(found.notes.clone());
            if !open {
                self.filter(&cond)?;
            }
        }
        if let Some((field, op, measure)) = &asked.against {
            self.against_average(field, *op, *measure)?;
        }
        if asked.share && asked.groups.is_empty() {
            return self.share_of(&whole?);
        }
        if let Some(by) = &asked.unique {
            self.unique(by)?;
        }
        let mut sort = asked.sort.clone();
        let counts_only = asked.measures.len() == 1
            && asked.measures[0].op == Measure::Count
            && asked.groups.is_empty()
            && self.pending_groups.is_empty();
        let groups: Vec<Group> = if asked.groups.is_empty() { std::mem::take(&mut self.pending_groups) } else { asked.groups.clone() };
        if asked.share {
            self.shares(&groups, &asked.measures)?;
            return self.order(&sort);
        }
        if asked.drop_last > 0 {
            self.without_last(asked.drop_last)?;
        }
        if let Some(limit) = asked.limit.filter(|_| asked.per_group && asked.measures.is_empty() && !groups.is_empty()) {
            self.order(&sort)?;
            self.top_of_each(&groups, limit)?;
            return if asked.fields.is_empty() { Some(()) } else { self.project(&asked.fields, asked.without) };
        }
        let early = asked.limit.is_some() && groups.is_empty();
        if early || (asked.measures.is_empty() && groups.is_empty()) {
            self.order(&sort)?;
            self.cut(asked.skip, asked.limit)?;
            sort.clear();
        }
        if asked.measures.is_empty() && !groups.is_empty() {
            self.pending_groups = groups;
        } else if !asked.measures.is_empty() {
            let named: Vec<(FieldRef, Direction)> =
                sort.iter().map(|(field, direction)| (renamed(field, &asked.measures, &groups), *direction)).collect();
            if counts_only && self.focus.as_ref().is_some_and(|focus| focus.count.is_some()) {
                self.count();
            } else {
                self.aggregate(&groups, &asked.measures)?;
            }
            if let Some((op, number)) = asked.having {
                self.having(&asked.measures[0], op, number)?;
            }
            self.order(&named)?;
            self.cut(asked.skip, if early { None } else { asked.limit })?;
            return Some(());
        }
        if !asked.fields.is_empty() && self.focus.as_ref().is_some_and(Focus::is_list) {
            self.project(&asked.fields, asked.without)?;
        }
        Some(())
    }

    /// The condition that was unclear, about the field that an answer names.
    fn condition_on(&self, field: &str, unclear: &str) -> Option<Cond> {
        let focus = self.focus.as_ref()?;
        let mut chunk = Chunk::new(&crate::language::tokenize(&format!("{field} {unclear}")));
        let scope = Scope { fields: &focus.fields, base: "item", nouns: &[] };
        conditions::read(&mut chunk, &scope).filter(|found| found.unclear.is_empty()).map(|found| found.cond)
    }

    /// Keeps the items for which a condition holds.
    pub fn filter(&mut self, cond: &Cond) -> Option<()> {
        let focus = self.focus.clone()?;
        let spec = self.tools.filter()?;
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::CONDITION)?.to_owned(), js::whole(&cond.to_js())),
        ]);
        let id = self.add("matching", spec, with);
        self.hold(Focus {
            expr: format!("steps.{id}.output.items"),
            shape: Shape::List,
            count: Some(format!("steps.{id}.output.count")),
            given: false,
            ..focus
        });
        Some(())
    }

    fn unique(&mut self, by: &[FieldRef]) -> Option<()> {
        let focus = self.focus.clone()?;
        let spec = self.tools.unique()?;
        let mut with = IndexMap::from([(spec.param_with_role(role::ITEMS)?.to_owned(), focus.items())]);
        match by {
            [] => {}
            [one] => {
                with.insert(spec.param_with_role(role::BY)?.to_owned(), one.as_lambda());
            }
            many => {
                with.insert(spec.param_with_role(role::BY)?.to_owned(), many.iter().map(FieldRef::as_lambda).collect());
            }
        }
        let id = self.add("unique", spec, with);
        self.hold(Focus {
            expr: format!("steps.{id}.output.items"),
            shape: Shape::List,
            count: Some(format!("steps.{id}.output.count")),
            ..focus
        });
        Some(())
    }

    fn order(&mut self, keys: &[(FieldRef, Direction)]) -> Option<()> {
        if keys.is_empty() {
            return Some(());
        }
        let spec = self.tools.sort()?;
        let same = keys.iter().all(|(_, direction)| *direction == keys[0].1);
        // Keys of different directions are sorted one after the other, the least important first.
        let rounds: Vec<Vec<&(FieldRef, Direction)>> =
            if same { vec![keys.iter().collect()] } else { keys.iter().rev().map(|key| vec![key]).collect() };
        for round in rounds {
            let focus = self.focus.clone()?;
            let by = match round.as_slice() {
                [(field, _)] => field.as_lambda(),
                many => many.iter().map(|(field, _)| field.as_lambda()).collect(),
            };
            let mut with = IndexMap::from([(spec.param_with_role(role::ITEMS)?.to_owned(), focus.items())]);
            if !round.iter().all(|(field, _)| matches!(field, FieldRef::Whole)) {
                with.insert(spec.param_with_role(role::BY)?.to_owned(), by);
            }
            with.insert(spec.param_with_role(role::ORDER)?.to_owned(), json!(if round[0].1 == Direction::Desc { "desc" } else { "asc" }));
            let id = self.add("sorted", spec, with);
            let mut shown = focus.shown.clone();
            shown.extend(round.iter().map(|(field, _)| field.name()));
            self.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, shown, ..focus });
        }
        Some(())
    }

    fn cut(&mut self, skip: usize, limit: Option<Limit>) -> Option<()> {
        if limit.is_none() && skip == 0 {
            return Some(());
        }
        let focus = self.focus.clone()?;
        let spec = self.tools.limit()?;
        let limit = limit.unwrap_or(Limit { count: 10_000, last: false });
        let mut with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::COUNT)?.to_owned(), json!(limit.count)),
        ]);
        if skip > 0 && spec.param("offset").is_some() {
            with.insert("offset".to_owned(), json!(skip));
        }
        if limit.last && spec.param("from").is_some() {
            with.insert("from".to_owned(), json!("end"));
        }
        let id = self.add("top", spec, with);
        self.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, ..focus });
        Some(())
    }

    /// The number of items in hand.
    pub fn count(&mut self) {
        let Some(focus) = self.focus.clone() else { return };
        let label = if focus.label.is_empty() { "Count".to_owned() } else { format!("Number of {}", focus.label) };
        let mut number = Focus::new(focus.length(), Shape::Number);
        number.label = label;
        number.nouns = ["count", "number", "total", "answer", "result", "tally"].map(str::to_owned).to_vec();
        number.parts = vec![("count".to_owned(), number.label.clone())];
        self.hold(number);
    }

    pub(super) fn aggregate(&mut self, groups: &[Group], measures: &[Ask]) -> Option<()> {
        let focus = self.focus.clone()?;
        let spec = self.tools.aggregate()?;
        let mut with = IndexMap::from([(spec.param_with_role(role::ITEMS)?.to_owned(), focus.items())]);
        if let Some(by) = group_by(groups) {
            with.insert(spec.param_with_role(role::BY)?.to_owned(), by);
        }
        let mut asked = Map::new();
        for ask in measures {
            asked.insert(ask.name.clone(), measure(ask));
        }
        with.insert(spec.param_with_role(role::MEASURES)?.to_owned(), Value::Object(asked));
        let id = self.add(if groups.is_empty() { "totals" } else { "by_group" }, spec, with);
        let labels: Vec<(String, String)> = measures.iter().map(|ask| (ask.name.clone(), label_of(ask, &focus))).collect();
        if groups.is_empty() {
            let mut result = match labels.as_slice() {
                [(name, label)] => {
                    let mut number = Focus::new(js::member(&format!("steps.{id}.output.totals"), name), Shape::Number);
                    number.label.clone_from(label);
                    number
                }
                _ => Focus::new(format!("steps.{id}.output.totals"), Shape::Totals),
            };
            result.fields = Fields::of(&Value::Object(labels.iter().map(|(name, _)| (name.clone(), json!(1))).collect()));
            result.nouns = labels
                .iter()
                .flat_map(|(name, _)| name.split('_').map(crate::language::stem).collect::<Vec<_>>())
                .chain(["count", "number", "total", "sum", "result", "averag"].map(str::to_owned))
                .collect();
            result.parts = labels;
            self.hold(result);
            return Some(());
        }
        let mut row: Map<String, Value> = groups.iter().map(|group| (group.name.clone(), json!("x"))).collect();
        row.extend(measures.iter().map(|ask| (ask.name.clone(), json!(1))));
        let mut list = Focus::new(format!("steps.{id}.output.items"), Shape::List);
        list.fields = Fields::of(&json!([row]));
        list.nouns =
            groups.iter().map(|group| crate::language::stem(&normal(&group.name))).chain(["group", "result"].map(str::to_owned)).collect();
        list.label = focus.label;
        self.hold(list);
        Some(())
    }

    /// Gives each item in hand a field more, worked out by an expression over `item`.
    pub fn add_field(&mut self, name: &str, expression: &str) -> Option<()> {
        let focus = self.focus.clone()?;
        let spec = self.tools.project()?;
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::PROJECTION)?.to_owned(), js::whole(&format!("({{ ...item, {}: {expression} }})", js::text(name)))),
        ]);
        let id = self.add("columns", spec, with);
        let mut fields = focus.fields.clone();
        fields.list.retain(|field| field.name != name);
        if fields.known {
            fields.list.extend(Fields::of(&json!([{ name: 1 }])).list);
        }
        self.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, fields, ..focus });
        Some(())
    }

    /// Takes a helping field away again.
    pub fn drop_field(&mut self, name: &str) -> Option<()> {
        self.focus.as_ref().filter(|focus| focus.is_list())?;
        self.project(&[FieldRef::Named(vec![name.to_owned()])], true)
    }

    fn project(&mut self, wanted: &[FieldRef], without: bool) -> Option<()> {
        let focus = self.focus.clone()?;
        if focus.fields.known && focus.fields.list.is_empty() {
            return Some(());
        }
        let spec = self.tools.project()?;
        let to = if without {
            let names = wanted.iter().map(|field| js::text(&field.name())).collect::<Vec<_>>().join(", ");
            js::whole(&format!("Object.fromEntries(Object.entries(item).filter(pair => ![{names}].includes(pair[0])))"))
        } else {
            Value::Object(wanted.iter().map(|field| (field.name(), js::whole(&field.of("item")))).collect())
        };
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
            (spec.param_with_role(role::PROJECTION)?.to_owned(), to),
        ]);
        let id = self.add("picked", spec, with);
        let list: Vec<Field> = if without {
            focus.fields.list.iter().filter(|field| !wanted.iter().any(|gone| gone.name() == field.name)).cloned().collect()
        } else {
            wanted
                .iter()
                .flat_map(|field| match field {
                    FieldRef::Known(field) => vec![field.clone()],
                    other => Fields::named(&[other.name()]).list,
                })
                .collect()
        };
        let fields = Fields { known: !list.is_empty(), list };
        let shown = wanted.iter().map(FieldRef::name).collect();
        self.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, fields, shown, ..focus });
        Some(())
    }

    /// Puts two lists together by a common field.
    pub fn join(&mut self, left: &Focus, right: &Focus, on: Option<Vec<String>>) -> Option<()> {
        let spec = self.tools.join()?;
        let on = match on.filter(|on| !on.is_empty()) {
            Some(on) => keys::on_value(left, right, &on),
            None => match keys::common_field(left, right) {
                Some(on) => on,
                None => Value::String(self.ask("data.join.on", "By which field do the two lists belong together?", &[])?),
            },
        };
        let with = IndexMap::from([
            (spec.param_with_role(role::ITEMS)?.to_owned(), left.items()),
            (spec.param_with_role(role::OTHER_ITEMS)?.to_owned(), right.items()),
            (spec.param_with_role(role::BY)?.to_owned(), on),
        ]);
        let id = self.add("joined", spec, with);
        let mut focus = Focus::new(format!("steps.{id}.output.items"), Shape::List);
        focus.fields = left.fields.clone();
        for field in &right.fields.list {
            if !focus.fields.list.iter().any(|known| known.name == field.name) {
                focus.fields.list.push(field.clone());
            }
        }
        focus.fields.known = left.fields.known && right.fields.known;
        focus.nouns = left.nouns.iter().chain(&right.nouns).cloned().collect();
        focus.label.clone_from(&left.label);
        self.hold(focus);
        Some(())
    }
}

fn group_by(groups: &[Group]) -> Option<Value> {
    let plain = |group: &Group| group.by.as_str() == Some(&group.name);
    match groups {
        [] => None,
        [one] if plain(one) => Some(one.by.clone()),
        many if many.iter().all(plain) => Some(many.iter().map(|group| group.by.clone()).collect()),
        many => Some(Value::Object(
            many.iter()
                .map(|group| {
                    let by = if plain(group) { js::whole(&js::member("item", &group.name)) } else { group.by.clone() };
                    (group.name.clone(), by)
                })
                .collect(),
        )),
    }
}

fn measure(ask: &Ask) -> Value {
    let op = match ask.op {
        Measure::Sum => "sum",
        Measure::Avg => "avg",
        Measure::Min => "min",
        Measure::Max => "max",
        Measure::Median => "median",
        Measure::Count => return json!({ "op": "count" }),
    };
    json!({ "op": op, "of": ask.field.as_ref().map_or(Value::Null, FieldRef::as_lambda) })
}

/// A measure in words.
fn label_of(ask: &Ask, focus: &Focus) -> String {
    let field = ask.field.as_ref().map(|field| normal(&field.name())).unwrap_or_default();
    let label = match ask.op {
        Measure::Sum if field.starts_with("total") => field,
        Measure::Sum => format!("total {field}"),
        Measure::Avg => format!("average {field}"),
        Measure::Min => format!("lowest {field}"),
        Measure::Max => format!("highest {field}"),
        Measure::Median => format!("median {field}"),
        Measure::Count if focus.label.is_empty() => "count".to_owned(),
        Measure::Count => format!("number of {}", focus.label),
    };
    super::super::fields::capitalise(label.trim())
}

/// An order by a field that was measured or grouped by is an order by its new name.
fn renamed(field: &FieldRef, measures: &[Ask], groups: &[Group]) -> FieldRef {
    let name = field.name();
    if groups.iter().any(|group| group.name == name) {
        return field.clone();
    }
    let measured = measures.iter().find(|ask| ask.field.as_ref().is_some_and(|of| of.name() == name)).or_else(|| measures.first());
    measured.map_or_else(|| field.clone(), |ask| FieldRef::Named(vec![ask.name.clone()]))
}
