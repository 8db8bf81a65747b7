//! A turn that is followed while it goes on.

use crate::{Client, ClientError};
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use sayflow_protocol::api::{TurnMessage, TurnView};

/// The messages of a turn, in order; the last one is the turn or the problem.
pub struct TurnStream {
    client: Client,
    messages: Messages,
}

enum Messages {
    Streamed(BoxStream<'static, Result<Event, EventStreamError<reqwest::Error>>>),
    /// A server that does not stream turns answers with the outcome alone.
    Outcome(Option<Box<TurnView>>),
    Over,
}

impl TurnStream {
    pub(crate) async fn of(client: &Client, answer: Response) -> Result<Self, ClientError> {
        let is_stream = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let messages = if is_stream {
            Messages::Streamed(answer.bytes_stream().eventsource().boxed())
        } else {
            Messages::Outcome(Some(Box::new(client.read(answer).await?)))
        };
        Ok(Self { client: client.clone(), messages })
    }

    /// The next message; `None` after the last. It may be dropped and called again without losing a message.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is no message. Nothing comes after an error; the turn goes on by itself,
    /// and its outcome is in the thread.
    pub async fn next(&mut self) -> Option<Result<TurnMessage, ClientError>> {
        let next = match &mut self.messages {
            Messages::Over => return None,
            Messages::Outcome(view) => view.take().map(|view| Ok(TurnMessage::Turn(*view))),
            Messages::Streamed(stream) => Some(match stream.next().await {
                Some(Ok(event)) => {
                    serde_json::from_str(&event.data).map_err(|why| self.client.unexpected(format!("a message of a turn: {why}")))
                }
                Some(Err(why)) => Err(self.client.broken(&why.to_string())),
                None => Err(self.client.broken("the connection was closed")),
            }),
        };
        if !matches!(next, Some(Ok(TurnMessage::Begun { .. } | TurnMessage::Progress(_)))) {
            self.messages = Messages::Over;
        }
        next
    }
}
