//! Conditions on items, from words to an expression: `over 100 and open`, `whose name starts with A`,
//! `older than 30 days`, `not from Germany`, `without an email`.

mod bounds;
mod compare;
mod read;
mod state;
mod time;
mod value;

pub use read::read;
pub use value::plain_value;

use super::fields::Fields;

/// What conditions are about.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The fields.
    pub fields: &'a Fields,
    /// The expression that stands for the item or record.
    pub base: &'a str,
    /// Stems of nouns that name the items themselves.
    pub nouns: &'a [String],
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    /// An expression.
    Is(String),
    /// Its opposite.
    Not(Box<Cond>),
    /// All of them.
    All(Vec<Cond>),
    /// Any of them.
    Any(Vec<Cond>),
}

impl Cond {
    /// The expression.
    pub fn to_js(&self) -> String {
        match self {
            Self::Is(expression) => expression.clone(),
            Self::Not(inner) => match inner.as_ref() {
                Self::Not(twice) => twice.to_js(),
                other => format!("!({})", other.to_js()),
            },
            Self::All(parts) => join(parts, " && "),
            Self::Any(parts) => join(parts, " || "),
        }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            one => Self::All(vec![one, other]),
        }
    }
}

fn join(parts: &[Cond], with: &str) -> String {
    match parts {
        [] => "true".to_owned(),
        [one] => one.to_js(),
        many => many
            .iter()
            .map(|part| match part {
                Cond::All(_) | Cond::Any(_) => format!("({})", part.to_js()),
                other if with == " && " && other.to_js().contains(" || ") && !other.to_js().starts_with('(') => {
                    format!("({})", other.to_js())
                }
                other => other.to_js(),
            })
            .collect::<Vec<_>>()
            .join(with),
    }
}

/// What was found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The condition.
    pub cond: Cond,
    /// Amounts or dates whose field could not be told: the words.
    pub unclear: Vec<String>,
    /// What was assumed.
    pub notes: Vec<String>,
}
