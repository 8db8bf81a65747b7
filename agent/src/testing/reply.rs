//! What the scripted model says, and how badly.

use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

/// One reply. Made by one of the first functions, and changed by the others.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content: Content,
    pub(super) form: Form,
    pub(super) ending: Ending,
    /// Words that a reasoning model says to itself first.
    pub(super) reasoning: Option<String>,
    /// Tokens in and out; none where the server does not say, the default counts four characters a token.
    pub(super) usage: Counted,
    pub(super) finish: Option<String>,
    /// Characters of one piece of a stream.
    pub(super) piece: usize,
    pub(super) gate: Option<Gate>,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    /// An answer in words.
    Text(String),
    /// Calls of tools: name and arguments as they are written.
    Calls(Vec<(String, String)>),
    /// The field `refusal`.
    Refusal(String),
    /// A body as it stands, with its media type.
    Raw(String, Vec<u8>),
    /// Words without an end.
    Endless,
    /// Nothing is answered, and the connection stays open.
    Silence,
    /// The connection is closed without an answer.
    HangUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Streamed if the request wants that.
    AsAsked,
    /// One document, whatever the request wants.
    Whole,
    /// Pieces, whatever the request wants.
    Streamed,
}

/// How a stream ends. Numbers are pieces that are sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Complete,
    /// The connection stays open and nothing more comes.
    Stalls(usize),
    /// The body ends as if it were whole, without the end of the answer.
    Ends(usize),
    /// The connection breaks.
    Breaks(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Honestly,
    As(u64, u64),
    NotAtAll,
}

impl Reply {
    fn of(content: Content) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            content,
            form: Form::AsAsked,
            ending: Ending::Complete,
            reasoning: None,
            usage: Counted::Honestly,
            finish: None,
            piece: 12,
            gate: None,
        }
    }

    /// An answer in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Content::Text(text.into()))
    }

    /// An answer that is a JSON document.
    pub fn json(value: &Value) -> Self {
        Self::text(value.to_string())
    }

    /// A call of a tool.
    pub fn call(name: &str, arguments: Value) -> Self {
        Self::raw_call(name, arguments.to_string())
    }

    /// A call of a tool whose arguments are any text.
    pub fn raw_call(name: &str, arguments: impl Into<String>) -> Self {
        Self::of(Content::Calls(vec![(name.to_owned(), arguments.into())]))
    }

    /// A refusal.
    pub fn refusal(text: &str) -> Self {
        Self::of(Content::Refusal(text.to_owned()))
    }

    /// An answer without a word.
    pub fn empty() -> Self {
        Self::text("")
    }

    /// An error as OpenAI words it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } });
        Self { status, ..Self::raw("application/json", body.to_string()) }
    }

    /// Any body.
    pub fn raw(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::of(Content::Raw(media_type.to_owned(), body.into()))
    }

    /// An answer of so many bytes.
    pub fn of_size(bytes: usize) -> Self {
        Self { piece: 8192, ..Self::text("large ".repeat(bytes / 6 + 1)) }
    }

    /// Words without an end.
    pub fn endless() -> Self {
        Self { piece: 64, ..Self::of(Content::Endless) }
    }

    /// No answer at all; the connection stays open.
    pub fn silence() -> Self {
        Self::of(Content::Silence)
    }

    /// The connection is closed without an answer.
    pub fn hang_up() -> Self {
        Self::of(Content::HangUp)
    }
}

impl Reply {
    /// One more call of a tool.
    #[must_use]
    pub fn and_call(mut self, name: &str, arguments: Value) -> Self {
        if let Content::Calls(calls) = &mut self.content {
            calls.push((name.to_owned(), arguments.to_string()));
        }
        self
    }

    /// With another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As one document although a stream was asked for.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { form: Form::Whole, ..self }
    }

    /// As a stream although one document was asked for.
    #[must_use]
    pub fn streamed(self) -> Self {
        Self { form: Form::Streamed, ..self }
    }

    /// In pieces of so many characters.
    #[must_use]
    pub fn pieces(self, characters: usize) -> Self {
        Self { piece: characters.max(1), ..self }
    }

    /// Says so many tokens in and out.
    #[must_use]
    pub fn usage(self, input: u64, output: u64) -> Self {
        Self { usage: Counted::As(input, output), ..self }
    }

    /// Does not say how many tokens it took.
    #[must_use]
    pub fn without_usage(self) -> Self {
        Self { usage: Counted::NotAtAll, ..self }
    }

    /// Ends for this reason, such as `length` or `content_filter`.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        Self { finish: Some(reason.to_owned()), ..self }
    }

    /// Thinks aloud first, in the field that reasoning models have for it.
    #[must_use]
    pub fn reasoning(self, text: &str) -> Self {
        Self { reasoning: Some(text.to_owned()), ..self }
    }

    /// Goes silent after so many pieces.
    #[must_use]
    pub fn stalls_after(self, pieces: usize) -> Self {
        Self { ending: Ending::Stalls(pieces), form: Form::Streamed, ..self }
    }

    /// Ends after so many pieces as if that were all.
    #[must_use]
    pub fn ends_after(self, pieces: usize) -> Self {
        Self { ending: Ending::Ends(pieces), form: Form::Streamed, ..self }
    }

    /// Loses the connection after so many pieces.
    #[must_use]
    pub fn breaks_after(self, pieces: usize) -> Self {
        Self { ending: Ending::Breaks(pieces), form: Form::Streamed, ..self }
    }

    /// Begins only when the gate is open.
    #[must_use]
    pub fn behind(self, gate: &Gate) -> Self {
        Self { gate: Some(gate.clone()), ..self }
    }
}

/// Keeps replies back until a test opens it. All clones are one gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Gate {
    /// A closed one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        // The sender lives as long as this gate does.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}
