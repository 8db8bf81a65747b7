//! A JSON value with expressions in it, taken apart once.

use super::needs::{Needed, Needs};
use super::refusal::{Refusal, shorten};
use super::syntax::{self, Facts, Form};
use super::{EvalError, ExprError, ROOTS, Reference, json, path};
use crate::expr::Scope;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many `}}` are tried as the end of an expression, which may hold some in its texts and objects.
const MAX_ENDS: usize = 16;

/// A JSON value with expressions in it, compiled. A cheap handle.
#[derive(Debug, Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: Value,
    node: Node,
    scripts: Vec<Arc<Script>>,
    references: Vec<Reference>,
    needs: BTreeMap<&'static str, Needs>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Constant(Value),
    Path(Reference),
    /// The number of a script in the template's list.
    Script(usize),
    Text(Vec<Node>),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// An expression that needs the interpreter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// The expression as written.
    pub text: String,
    /// The roots that it refers to: the parameters of its function, in this order.
    pub roots: Vec<&'static str>,
    /// The source of its function.
    pub function: String,
    /// Whether it may change what it is given.
    pub mutates: bool,
}

/// Values that shadow the scope's for one item.
#[derive(Clone, Copy)]
pub(super) struct PerItem<'a> {
    pub item: &'a Value,
    pub index: usize,
}

impl Template {
    /// Compiles a value: every string in it (keys excepted) may hold expressions.
    ///
    /// # Errors
    /// All syntax errors, with their places.
    pub fn compile(value: &Value) -> Result<Self, Vec<ExprError>> {
        let mut compiler = Compiler::default();
        let node = compiler.value(value, "");
        if !compiler.errors.is_empty() {
            return Err(compiler.errors);
        }
        let mut needs = BTreeMap::new();
        for root in ROOTS {
            let found: Vec<&Reference> = compiler.script_references.iter().filter(|reference| reference.root == *root).collect();
            if !found.is_empty() {
                needs.insert(*root, Needs::of(found.into_iter()));
            }
        }
        let Compiler { scripts, references, .. } = compiler;
        Ok(Self { inner: Arc::new(Inner { source: value.clone(), node, scripts, references, needs }) })
    }

    /// The value, when it holds no expression.
    pub fn constant(&self) -> Option<&Value> {
        match &self.inner.node {
            Node::Constant(_) if self.inner.references.is_empty() && !holds_expression(&self.inner.source) => Some(&self.inner.source),
            _ => None,
        }
    }

    /// The value as written.
    pub fn source(&self) -> &Value {
        &self.inner.source
    }

    /// Everything that its expressions refer to.
    pub fn references(&self) -> &[Reference] {
        &self.inner.references
    }

    /// What it refers to, when it is one plain path and nothing else.
    pub(crate) fn as_path(&self) -> Option<&Reference> {
        match &self.inner.node {
            Node::Path(reference) => Some(reference),
            _ => None,
        }
    }

    /// Whether the value is one expression and nothing else, so that it keeps the expression's type.
    pub(crate) fn is_whole_expression(&self) -> bool {
        match &self.inner.node {
            Node::Path(_) | Node::Script(_) => true,
            Node::Constant(_) => self.inner.source.as_str().is_some_and(|text| text.contains("${{")),
            Node::Text(_) | Node::List(_) | Node::Object(_) => false,
        }
    }

    pub(super) fn scripts(&self) -> &[Arc<Script>] {
        &self.inner.scripts
    }

    /// Whether its scripts look at a root.
    pub(super) fn needs_of(&self, root: &str) -> Option<&Needs> {
        self.inner.needs.get(root)
    }

    /// The part of the scope that its scripts look at, as JSON text: an object by root.
    pub(super) fn scope_json(&self, scope: &Scope, without: &[&str]) -> Result<String, EvalError> {
        let view: BTreeMap<&str, Needed<'_>> = self
            .inner
            .needs
            .iter()
            .filter(|(root, _)| !without.contains(root))
            .filter_map(|(root, needs)| Some((*root, Needed(scope.values.get(*root)?, needs))))
            .collect();
        serde_json::to_string(&view).map_err(|why| EvalError {
            code: "expression_threw".to_owned(),
            message: format!("the values of the run cannot be handed over: {why}"),
        })
    }

    /// Puts the value together from the scope and the results of its scripts.
    pub(super) fn assemble(&self, scope: &Scope, per_item: Option<PerItem<'_>>, results: &mut [Value]) -> Value {
        assemble(&self.inner.node, scope, per_item, results)
    }
}

fn assemble(node: &Node, scope: &Scope, per_item: Option<PerItem<'_>>, results: &mut [Value]) -> Value {
    match node {
        Node::Constant(value) => value.clone(),
        Node::Path(reference) => look_up(reference, scope, per_item),
        Node::Script(number) => results.get_mut(*number).map(Value::take).unwrap_or_default(),
        Node::Text(parts) => Value::String(parts.iter().map(|part| json::as_text(&assemble(part, scope, per_item, results))).collect()),
        Node::List(items) => items.iter().map(|item| assemble(item, scope, per_item, results)).collect(),
        Node::Object(members) => {
            let members = members.iter().map(|(key, member)| (key.clone(), assemble(member, scope, per_item, results)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn look_up(reference: &Reference, scope: &Scope, per_item: Option<PerItem<'_>>) -> Value {
    match (reference.root.as_str(), per_item) {
        ("item", Some(per_item)) => path::follow(per_item.item, &reference.path),
        ("index", Some(per_item)) => path::follow(&Value::from(per_item.index), &reference.path),
        (root, _) => scope.values.get(root).map_or(Value::Null, |value| path::follow(value, &reference.path)),
    }
}

fn holds_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("${{"),
        Value::Array(items) => items.iter().any(holds_expression),
        Value::Object(members) => members.values().any(holds_expression),
        _ => false,
    }
}

#[derive(Default)]
struct Compiler {
    scripts: Vec<Arc<Script>>,
    references: Vec<Reference>,
    script_references: Vec<Reference>,
    errors: Vec<ExprError>,
}

impl Compiler {
    fn value(&mut self, value: &Value, pointer: &str) -> Node {
        match value {
            Value::String(text) => self.text(text, pointer),
            Value::Array(items) => {
                let nodes: Vec<Node> = items.iter().enumerate().map(|(at, item)| self.value(item, &format!("{pointer}/{at}"))).collect();
                if nodes.iter().all(|node| matches!(node, Node::Constant(_))) && !holds_expression(value) {
                    return Node::Constant(value.clone());
                }
                Node::List(nodes)
            }
            Value::Object(members) => {
                let nodes: Vec<(String, Node)> =
                    members.iter().map(|(key, member)| (key.clone(), self.value(member, &format!("{pointer}/{}", escape(key))))).collect();
                if nodes.iter().all(|(_, node)| matches!(node, Node::Constant(_))) && !holds_expression(value) {
                    return Node::Constant(value.clone());
                }
                Node::Object(nodes)
            }
            other => Node::Constant(other.clone()),
        }
    }

    fn text(&mut self, text: &str, pointer: &str) -> Node {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${{") {
            if start > 0 {
                parts.push(Node::Constant(Value::String(rest[..start].to_owned())));
            }
            let Some((node, after)) = self.expression(&rest[start + 3..], pointer) else { return Node::Constant(Value::Null) };
            parts.push(node);
            rest = after;
        }
        match (parts.len(), rest) {
            (0, _) => Node::Constant(Value::String(text.to_owned())),
            (1, "") if text.starts_with("${{") => parts.remove(0),
            // A block scalar ends with a line break that nobody means to be part of the value.
            (1, "\n") if text.starts_with("${{") => parts.remove(0),
            _ => {
                if !rest.is_empty() {
                    parts.push(Node::Constant(Value::String(rest.to_owned())));
                }
                Node::Text(parts)
            }
        }
    }

    /// Reads the expression at the start of a text, behind its `${{`; gives what follows its `}}`.
    fn expression<'t>(&mut self, text: &'t str, pointer: &str) -> Option<(Node, &'t str)> {
        let ends: Vec<usize> =
            text.match_indices('}').filter(|(at, _)| text[*at..].starts_with("}}")).map(|(at, _)| at).take(MAX_ENDS).collect();
        let Some(&first) = ends.first() else {
            let message = format!("`${{{{ {}` is never closed", shorten(text));
            self.refuse(
                pointer,
                vec![Refusal::new("E0401", message, "end the expression with }}; in YAML, put text with \" #\" in quotes")],
            );
            return None;
        };
        let mut refusals = None;
        for end in &ends {
            match syntax::read(&text[..*end]) {
                Ok(facts) => return Some((self.accept(text[..*end].trim(), facts), &text[end + 2..])),
                // Another end may make sense of a text that does not parse, but not of one that parses and is refused.
                Err(why) if why.iter().any(|refusal| refusal.code != "E0403" && refusal.code != "E0402") => {
                    self.refuse(pointer, why);
                    return Some((Node::Constant(Value::Null), &text[end + 2..]));
                }
                Err(why) => {
                    refusals.get_or_insert(why);
                }
            }
        }
        self.refuse(pointer, refusals.unwrap_or_default());
        Some((Node::Constant(Value::Null), &text[first + 2..]))
    }

    fn accept(&mut self, text: &str, facts: Facts) -> Node {
        for reference in &facts.references {
            if !self.references.contains(reference) {
                self.references.push(reference.clone());
            }
        }
        match facts.form {
            Form::Literal(value) => Node::Constant(value),
            Form::Path(reference) => Node::Path(reference),
            Form::Script => {
                let roots: Vec<&'static str> =
                    ROOTS.iter().copied().filter(|root| facts.references.iter().any(|reference| reference.root == *root)).collect();
                // The line break keeps a comment at the expression's end from swallowing the bracket.
                let function = format!("(function ({}) {{ return (\n{text}\n); }})", roots.join(", "));
                self.script_references.extend(facts.references);
                self.scripts.push(Arc::new(Script { text: text.to_owned(), roots, function, mutates: facts.mutates }));
                Node::Script(self.scripts.len() - 1)
            }
        }
    }

    fn refuse(&mut self, pointer: &str, refusals: Vec<Refusal>) {
        let errors =
            refusals.into_iter().map(|Refusal { code, message, help }| ExprError { code, pointer: pointer.to_owned(), message, help });
        self.errors.extend(errors);
    }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(value: Value) -> Value {
        let template = Template::compile(&value).expect("accepted");
        assert!(template.scripts().is_empty(), "needs no interpreter");
        let mut scope = Scope::default();
        scope.values.insert("inputs".into(), Arc::new(json!({ "n": 3, "o": { "a": [1, 2.0] }, "t": "x" })));
        template.assemble(&scope, None, &mut [])
    }

    #[test]
    fn a_whole_value_keeps_its_type_and_text_is_formatted() {
        assert_eq!(render(json!("${{ inputs.n }}")), json!(3));
        assert_eq!(
            render(json!("n=${{ inputs.n }}, o=${{ inputs.o }}, none=${{ inputs.none }}.")),
            json!("n=3, o={\"a\":[1,2.0]}, none=.")
        );
        assert_eq!(render(json!({ "k": ["${{ inputs.t }}", "plain"] })), json!({ "k": ["x", "plain"] }));
        assert_eq!(render(json!("${{ inputs.o.a }}\n")), json!([1, 2.0]));
    }

    #[test]
    fn braces_inside_an_expression_do_not_end_it() {
        for (text, scripts) in [("${{ ({a:{b:1}}).a }}", 1), ("${{ '}}' + inputs.t }} and ${{ [{a:{}}] }}", 2)] {
            assert_eq!(Template::compile(&json!(text)).expect("accepted").scripts().len(), scripts, "{text}");
        }
    }

    #[test]
    fn every_broken_expression_is_reported_with_its_place() {
        let errors = Template::compile(&json!({ "a/b": ["ok", "${{ 1 + }}"], "c": "${{ x", "d": "${{ }}" })).expect_err("broken");
        let found: Vec<(&str, &str)> = errors.iter().map(|error| (error.code, error.pointer.as_str())).collect();
        assert_eq!(found, [("E0403", "/a~1b/1"), ("E0401", "/c"), ("E0402", "/d")]);
    }

    #[test]
    fn only_a_value_without_expressions_is_constant() {
        assert_eq!(Template::compile(&json!({ "a": 1 })).expect("accepted").constant(), Some(&json!({ "a": 1 })));
        assert!(Template::compile(&json!("${{ 1 }}")).expect("accepted").constant().is_none());
    }
}
