//! What the names in an outline mean: steps by their ids, the item of a loop, and the names that every expression has.

use sayflow_engine::expr::{GLOBALS, ROOTS};
use std::collections::BTreeMap;

/// Words of JavaScript: a step may be called so, but its name does not stand for its output.
const WORDS: &[&str] = &[
    "new",
    "delete",
    "class",
    "const",
    "let",
    "var",
    "function",
    "return",
    "this",
    "typeof",
    "void",
    "import",
    "export",
    "default",
    "case",
    "switch",
    "while",
    "do",
    "break",
    "continue",
    "try",
    "catch",
    "finally",
    "throw",
    "with",
    "yield",
    "await",
    "async",
    "enum",
    "super",
    "extends",
    "static",
    "instanceof",
    "eval",
    "arguments",
    "package",
    "interface",
    "private",
    "public",
    "protected",
    "implements",
    "debugger",
];

/// Whether no step may have this id, because it means something else in expressions.
pub fn is_reserved(id: &str) -> bool {
    ROOTS.contains(&id)
        || GLOBALS.contains(&id)
        || ["later", "on_failure", "true", "false", "null", "if", "for", "else", "in"].contains(&id)
}

/// Whether a step's id can stand for its output in an expression.
pub fn stands_for_output(id: &str) -> bool {
    !is_reserved(id) && !WORDS.contains(&id) && !id.contains('-')
}

/// What is known of a step's output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Shape {
    /// Nothing.
    #[default]
    Unknown,
    /// A list, because the step runs once for each item.
    List,
    /// An object.
    Object {
        /// Its fields.
        fields: Vec<String>,
        /// The one field that is a list, when there is exactly one that is meant by it.
        list: Option<String>,
    },
}

impl Shape {
    /// Whether an output can have a field of that name.
    pub fn may_have(&self, field: &str) -> bool {
        match self {
            Self::Unknown => true,
            Self::List => false,
            Self::Object { fields, .. } => fields.is_empty() || fields.iter().any(|known| known == field),
        }
    }

    /// The field that holds the list which was meant by the object.
    pub fn list(&self) -> Option<&str> {
        match self {
            Self::Object { list, .. } => list.as_deref(),
            _ => None,
        }
    }
}

/// The steps that there are, by id.
pub type Known = BTreeMap<String, Shape>;

/// The names that can be seen where an expression stands.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The steps.
    pub steps: &'a Known,
    /// What the item of the loop around is called.
    pub item: Option<&'a str>,
    /// What items of loops further out are called; they cannot be seen.
    pub hidden: &'a [String],
    /// Whether the expression is evaluated for each item of a list, so that `item` is another one.
    pub per_item: bool,
    /// The step itself, where its output is `output`: in `repeat until`.
    pub own: Option<&'a str>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// It is written like this in a document.
    Same,
    /// Another name in a document.
    Other(&'static str),
    /// The output of a step.
    Step(&'a Shape),
    /// The item of a loop that cannot be seen from here.
    Hidden,
    /// Nothing.
    Unknown,
}

impl<'a> Names<'a> {
    /// Outside of loops.
    pub fn of(steps: &'a Known) -> Self {
        Self { steps, item: None, hidden: &[], per_item: false, own: None }
    }

    pub(super) fn meaning(&self, name: &str) -> Meaning<'a> {
        if self.item == Some(name) && name != "item" {
            return if self.per_item { Meaning::Hidden } else { Meaning::Other("item") };
        }
        if self.own == Some(name) {
            return Meaning::Other("output");
        }
        if let Some(shape) = self.steps.get(name) {
            return Meaning::Step(shape);
        }
        if self.hidden.iter().any(|hidden| hidden == name) && name != "item" {
            return Meaning::Hidden;
        }
        if ROOTS.contains(&name) || GLOBALS.contains(&name) { Meaning::Same } else { Meaning::Unknown }
    }
}
