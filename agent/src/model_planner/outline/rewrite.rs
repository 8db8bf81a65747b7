//! Names in expressions: those of an outline become those of a document, and the other way round.

use super::names::{Meaning, Names, Shape};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, BindingIdentifier, ComputedMemberExpression, Expression, FormalParameters, IdentifierReference,
    ObjectProperty, StaticMemberExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};
use regex::Regex;
use std::sync::LazyLock;

/// What lists can do and objects cannot.
const OF_LISTS: &[&str] = &[
    "map",
    "filter",
    "find",
    "findLast",
    "some",
    "every",
    "reduce",
    "join",
    "slice",
    "length",
    "flatMap",
    "concat",
    "includes",
    "indexOf",
    "at",
    "sort",
    "reverse",
    "toSorted",
    "toReversed",
];

/// Names that could not be resolved.
#[derive(Debug, Default)]
pub struct Unresolved {
    /// They mean nothing.
    pub unknown: Vec<String>,
    /// They are items of loops that cannot be seen.
    pub hidden: Vec<String>,
}

/// The source of an expression with the names that documents use.
pub fn rewrite(code: &str, expression: &Expression<'_>, names: &Names<'_>) -> (String, Unresolved) {
    let mut rewriter = Rewriter { names, params: Vec::new(), changes: Vec::new(), unresolved: Unresolved::default() };
    rewriter.visit_expression(expression);
    let text = replaced(code, expression.span(), rewriter.changes);
    (text, rewriter.unresolved)
}

/// A stretch of code with some parts replaced.
fn replaced(code: &str, span: Span, mut changes: Vec<(Span, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut out = String::new();
    let mut from = span.start as usize;
    let end = span.end as usize;
    for (place, text) in changes {
        if (place.start as usize) < from {
            continue;
        }
        out.push_str(code.get(from..place.start as usize).unwrap_or_default());
        out.push_str(&text);
        from = place.end as usize;
    }
    out.push_str(code.get(from..end).unwrap_or_default());
    out
}

/// Finds names and what to write in their place.
struct Rewriter<'c, 'n> {
    names: &'c Names<'n>,
    /// Parameters of the arrow functions around, innermost last.
    params: Vec<String>,
    changes: Vec<(Span, String)>,
    unresolved: Unresolved,
}

impl Rewriter<'_, '_> {
    fn is_param(&self, name: &str) -> bool {
        self.params.iter().any(|param| param == name)
    }

    /// What a name is written as; `None` when it stays. `member` is what is taken of it.
    fn meant(&mut self, name: &str, member: Option<&str>) -> Option<String> {
        if self.is_param(name) {
            return None;
        }
        match self.names.meaning(name) {
            Meaning::Same => None,
            Meaning::Other(other) => Some(other.to_owned()),
            Meaning::Step(shape) => Some(of_step(name, shape, member)),
            Meaning::Hidden => {
                self.unresolved.hidden.push(name.to_owned());
                None
            }
            Meaning::Unknown => {
                if !["later", "None", "True", "False"].contains(&name) {
                    self.unresolved.unknown.push(name.to_owned());
                }
                None
            }
        }
    }
}

/// The output of a step, or what of the step was meant in its place.
fn of_step(id: &str, shape: &Shape, member: Option<&str>) -> String {
    let step = step_path(id);
    match member {
        Some("output" | "error") if !shape.may_have(member.unwrap_or_default()) || *shape == Shape::Unknown => step,
        Some("status") if !shape.may_have("status") => step,
        Some(of_lists) if OF_LISTS.contains(&of_lists) && !shape.may_have(of_lists) => match shape.list() {
            Some(list) => format!("{step}.output.{list}"),
            None => format!("{step}.output"),
        },
        _ => format!("{step}.output"),
    }
}

/// `steps.fetch`, or `steps["my-step"]`.
pub fn step_path(id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') { format!("steps.{id}") } else { format!("steps[\"{id}\"]") }
}

impl<'a> Visit<'a> for Rewriter<'_, '_> {
    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        let depth = self.params.len();
        self.params.extend(bound_names(&arrow.params));
        walk::walk_arrow_function_expression(self, arrow);
        self.params.truncate(depth);
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        if let Some(text) = self.meant(identifier.name.as_str(), None) {
            self.changes.push((identifier.span, text));
        }
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        if let (true, Expression::Identifier(identifier)) = (property.shorthand, &property.value) {
            if let Some(text) = self.meant(identifier.name.as_str(), None) {
                self.changes.push((property.span, format!("{}: {text}", identifier.name.as_str())));
            }
            return;
        }
        walk::walk_object_property(self, property);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        let taken = member.property.name.as_str();
        match &member.object {
            Expression::Identifier(identifier) => {
                if let Some(text) = self.meant(identifier.name.as_str(), Some(taken)) {
                    self.changes.push((identifier.span, text));
                }
            }
            // `steps.fetch.body` for `steps.fetch.output.body`.
            Expression::StaticMemberExpression(inner) if !["output", "error", "status"].contains(&taken) => {
                let id = inner.property.name.as_str();
                let of_steps = matches!(&inner.object, Expression::Identifier(root) if root.name == "steps") && !self.is_param("steps");
                if of_steps && self.names.steps.contains_key(id) {
                    self.changes.push((inner.span, format!("{}.output", step_path(id))));
                } else {
                    walk::walk_static_member_expression(self, member);
                }
            }
            _ => walk::walk_static_member_expression(self, member),
        }
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        if let (Expression::Identifier(identifier), Expression::NumericLiteral(_)) = (&member.object, &member.expression) {
            // `orders[0]` of an object that holds the list.
            if let Some(text) = self.meant(identifier.name.as_str(), Some("at")) {
                self.changes.push((identifier.span, text));
            }
            return;
        }
        walk::walk_computed_member_expression(self, member);
    }
}

/// The names that an arrow function's parameters bind.
fn bound_names(params: &FormalParameters<'_>) -> Vec<String> {
    struct Bound(Vec<String>);
    impl<'a> Visit<'a> for Bound {
        fn visit_binding_identifier(&mut self, identifier: &BindingIdentifier<'a>) {
            self.0.push(identifier.name.to_string());
        }
    }
    let mut bound = Bound(Vec::new());
    bound.visit_formal_parameters(params);
    bound.0
}

/// An expression of a document as an outline has it: `steps.fetch.output.body` is `fetch.body`.
pub fn shortened(code: &str, is_step: impl Fn(&str) -> bool) -> String {
    struct Shortener<F> {
        is_step: F,
        bound: Vec<String>,
        changes: Vec<(Span, String)>,
    }
    impl<'a, F: Fn(&str) -> bool> Visit<'a> for Shortener<F> {
        fn visit_binding_identifier(&mut self, identifier: &BindingIdentifier<'a>) {
            self.bound.push(identifier.name.to_string());
        }

        fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
            if let Expression::StaticMemberExpression(inner) = &member.object
                && let Expression::Identifier(root) = &inner.object
                && root.name == "steps"
                && member.property.name == "output"
                && (self.is_step)(inner.property.name.as_str())
            {
                self.changes.push((member.span, inner.property.name.to_string()));
                return;
            }
            walk::walk_static_member_expression(self, member);
        }
    }
    let allocator = Allocator::default();
    let Ok(expression) = Parser::new(&allocator, code, SourceType::mjs()).parse_expression() else { return code.to_owned() };
    let mut shortener = Shortener { is_step, bound: Vec::new(), changes: Vec::new() };
    shortener.visit_expression(&expression);
    let bound = shortener.bound;
    shortener.changes.retain(|(_, name)| !bound.contains(name));
    replaced(code, Span::new(0, code.len() as u32), shortener.changes)
}

/// Words about a document in the names of outlines: `steps.large.output has no field` is `large has no field`.
pub fn outline_names(words: &str) -> String {
    static OUTPUT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bsteps\.([a-z][a-z0-9_]*)\.output\b").ok());
    OUTPUT.as_ref().map_or_else(|| words.to_owned(), |output| output.replace_all(words, "$1").into_owned())
}

/// The parameter and the body of `x => …`, when an expression is such a function of one name.
pub fn arrow_of_one(code: &str) -> Option<(String, String)> {
    let allocator = Allocator::default();
    let expression = Parser::new(&allocator, code, SourceType::mjs()).parse_expression().ok()?;
    let Expression::ArrowFunctionExpression(arrow) = &expression else { return None };
    let names = bound_names(&arrow.params);
    let [name] = names.as_slice() else { return None };
    let body = code.get(arrow.body.span().start as usize..arrow.body.span().end as usize)?;
    (!body.trim_start().starts_with('{') && arrow.params.items.len() == 1).then(|| (name.clone(), body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_documents_are_shown_short() {
        let step = |id: &str| id != "item";
        assert_eq!(shortened("steps.a.output.items.map(x => x.n + steps.b.output)", step), "a.items.map(x => x.n + b)");
        assert_eq!(shortened("steps.x.output.map(x => x.n)", step), "steps.x.output.map(x => x.n)");
        assert_eq!(shortened("steps.a.error ?? steps[\"b-c\"].output", step), "steps.a.error ?? steps[\"b-c\"].output");
    }

    #[test]
    fn functions_of_one_name_are_seen() {
        assert_eq!(arrow_of_one("order => order.total > 3"), Some(("order".to_owned(), "order.total > 3".to_owned())));
        assert_eq!(arrow_of_one("(a, b) => a - b"), None);
        assert_eq!(arrow_of_one("item.total > 3"), None);
    }
}
