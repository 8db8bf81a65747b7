//! Why operations cannot be carried out.

/// Why operations cannot be carried out: none of them was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("change {operation}, {place}: {message}; {help}")]
pub struct EditError {
    /// The operation's number, from 1; the last one where the outcome of all is at fault.
    pub operation: usize,
    /// Where in the document, such as `step "each/send"` or `/triggers/0`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

/// Why one operation cannot be carried out, before its number is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub place: String,
    pub message: String,
    pub help: String,
}

impl Refused {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), help: help.into() }
    }

    pub(super) fn numbered(self, operation: usize) -> EditError {
        EditError { operation, place: self.place, message: self.message, help: self.help }
    }
}
