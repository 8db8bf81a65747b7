//! Event streams that survive a dropped connection: they ask again with the number of the last event that arrived.

use crate::{Client, ClientError};
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use reqwest::{Method, Response};
use sayflow_protocol::api::problem::kind;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::time::Duration;

/// The server's last message of a stream that has an end.
const END: &str = "end";

/// The first pause before asking again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// After so many attempts in a row without a single event, the server counts as gone (about 15 seconds).
const ATTEMPTS: u32 = 9;

type Bytes = BoxStream<'static, Result<Event, EventStreamError<reqwest::Error>>>;
type Opening = BoxFuture<'static, Result<Response, ClientError>>;

/// Numbered events, in order, each once.
pub struct EventStream<T> {
    client: Client,
    path: Vec<String>,
    last: u64,
    open: Option<Bytes>,
    /// Kept here, because whoever waits with others drops [`Self::next`] again and again: an attempt that began anew
    /// each time would never end.
    opening: Option<Opening>,
    failures: u32,
    over: bool,
    events: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> EventStream<T> {
    pub(crate) fn new(client: &Client, path: &[&str], after: u64) -> Self {
        Self {
            client: client.clone(),
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            last: after,
            open: None,
            opening: None,
            failures: 0,
            over: false,
            events: PhantomData,
        }
    }

    /// The number of the last event that was handed out.
    pub fn last_seen(&self) -> u64 {
        self.last
    }

    /// The next event; `None` after the last. It may be dropped and called again without losing an event.
    ///
    /// # Errors
    /// When the server refuses, stays away for long, or sends what is no event. Nothing comes after an error.
    pub async fn next(&mut self) -> Option<Result<T, ClientError>> {
        while !self.over {
            match self.step().await {
                Ok(Some(event)) => return Some(Ok(event)),
                Ok(None) => {}
                Err(why) => {
                    self.over = true;
                    return Some(Err(why));
                }
            }
        }
        None
    }

    /// The same as a [`futures::Stream`].
    pub fn into_stream(self) -> BoxStream<'static, Result<T, ClientError>>
    where
        T: Send + 'static,
    {
        futures::stream::unfold(self, |mut events| async move {
            let event = events.next().await?;
            Some((event, events))
        })
        .boxed()
    }

    /// One message, one reconnection or the end.
    async fn step(&mut self) -> Result<Option<T>, ClientError> {
        let Some(open) = &mut self.open else {
            return self.connect().await.map(|()| None);
        };
        match open.next().await {
            Some(Ok(message)) if message.event == END => {
                self.over = true;
                Ok(None)
            }
            Some(Ok(message)) => self.take(&message),
            // The connection broke, or the server went away without saying that it was the end.
            Some(Err(_)) | None => {
                self.open = None;
                Ok(None)
            }
        }
    }

    fn take(&mut self, message: &Event) -> Result<Option<T>, ClientError> {
        let Ok(number) = message.id.parse::<u64>() else { return Ok(None) };
        if number <= self.last {
            return Ok(None);
        }
        let event = serde_json::from_str(&message.data).map_err(|why| self.client.unexpected(format!("event {number}: {why}")))?;
        self.last = number;
        self.failures = 0;
        Ok(Some(event))
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        let opening = match &mut self.opening {
            Some(opening) => opening,
            None => {
                let attempt = self.attempt();
                self.opening.insert(attempt)
            }
        };
        let answer = opening.await;
        self.opening = None;
        match answer {
            Ok(answer) => {
                self.open = Some(answer.bytes_stream().eventsource().boxed());
                Ok(())
            }
            Err(why) if passes(&why) && self.failures < ATTEMPTS => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// One more attempt, after the pause that those before it have earned.
    fn attempt(&mut self) -> Opening {
        let pause = match self.failures {
            0 => Duration::ZERO,
            failures => FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST_PAUSE),
        };
        self.failures += 1;
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let request = self.client.request(Method::GET, &path).header("accept", "text/event-stream");
        let request = request.header("last-event-id", self.last.to_string());
        let client = self.client.clone();
        Box::pin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            client.answer(request).await
        })
    }
}

/// Whether it is worth asking again: nobody answers just now, or the server has no room or is about to stop.
fn passes(why: &ClientError) -> bool {
    match why {
        ClientError::Unreachable { .. } => true,
        ClientError::Problem(problem) => matches!(problem.kind.as_str(), kind::BUSY | kind::STOPPING),
        ClientError::Unexpected { .. } => false,
    }
}
