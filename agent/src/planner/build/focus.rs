//! The value in hand: what "it" and "them" mean.

use super::super::fields::Fields;
use super::super::js;
use serde_json::Value;

/// What kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A list.
    List,
    /// An answer of a service: a list, a list in an object, an object or text.
    Body,
    /// An object.
    Record,
    /// One number.
    Number,
    /// Several numbers by name.
    Totals,
    /// Text.
    Text,
}

/// A value in hand.
#[derive(Debug, Clone)]
pub struct Focus {
    /// The expression that yields it.
    pub expr: String,
    /// What it is.
    pub shape: Shape,
    /// What is known of its fields, or those of its items.
    pub fields: Fields,
    /// Stems of nouns that name it or its items.
    pub nouns: Vec<String>,
    /// A title in words: `Open orders`, `Total amount`.
    pub label: String,
    /// The expression of its length, where there is a plain one.
    pub count: Option<String>,
    /// Where it came from: the file's path or the address.
    pub origin: String,
    /// The numbers of `Totals`: name and label.
    pub parts: Vec<(String, String)>,
    /// Names of fields that matter most, for messages.
    pub shown: Vec<String>,
    /// Whether it is what a run was started with.
    pub given: bool,
}

impl Focus {
    /// A value of a shape.
    pub fn new(expr: impl Into<String>, shape: Shape) -> Self {
        Self {
            expr: expr.into(),
            shape,
            fields: Fields::default(),
            nouns: Vec::new(),
            label: String::new(),
            count: None,
            origin: String::new(),
            parts: Vec::new(),
            shown: Vec::new(),
            given: false,
        }
    }

    /// Whether list operations apply.
    pub fn is_list(&self) -> bool {
        matches!(self.shape, Shape::List | Shape::Body)
    }

    /// The list as an expression, for places that take no envelope.
    pub fn list(&self) -> String {
        match self.shape {
            Shape::List => self.expr.clone(),
            Shape::Text => format!("{}.split('\\n').filter(line => line.trim() !== '')", self.expr),
            Shape::Body => js::list_in(&self.expr),
            _ => format!("[{}]", self.expr),
        }
    }

    /// The list as the parameter of an action that opens envelopes itself.
    pub fn items(&self) -> Value {
        match self.shape {
            Shape::List | Shape::Body => js::whole(&self.expr),
            _ => js::whole(&self.list()),
        }
    }

    /// How many there are, as an expression.
    pub fn length(&self) -> String {
        self.count.clone().unwrap_or_else(|| format!("{}.length", self.list()))
    }
}
