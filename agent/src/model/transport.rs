//! Between async-openai and the wire: what comes back is bounded in size, always a stream of JSON events, and never
//! followed to another address. What went wrong is noted in full, as the library's own errors leave out what we need and
//! log what nobody should read.

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures::{Stream, StreamExt};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use std::error::Error as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The largest answer that is one document, in bytes.
const LARGEST_DOCUMENT: usize = 2 * 1024 * 1024;
/// The most that is read of a stream, in bytes; each word of an answer comes in some hundred of them.
const LARGEST_STREAM: usize = 16 * 1024 * 1024;
/// The most that is read of a refusal, in bytes.
const LARGEST_REFUSAL: usize = 64 * 1024;
/// The longest wait for the rest of a refusal.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(10);

/// What kept an answer from coming.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// No connection was made.
    NoConnection(String),
    /// The connection was lost after the request had been sent.
    Lost(String),
    /// Another status than 2xx.
    Refused(Refusal),
    /// There is more than anybody wants.
    TooLarge,
    /// This is no API: the media type and the beginning.
    NoApi(String),
    /// A piece of the stream that is no JSON.
    Garbled(String),
}

/// An answer with another status than 2xx.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// How long to wait, as its headers say.
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// Where it would lead.
    pub(super) location: Option<String>,
}

/// What is known of an answer besides its events.
#[derive(Debug, Default)]
pub(super) struct Notes {
    trouble: Mutex<Option<Trouble>>,
    done: AtomicBool,
    whole: AtomicBool,
}

impl Notes {
    fn note(&self, trouble: Trouble) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
    }

    /// What went wrong first.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the end of the stream was marked.
    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Whether the answer is one document.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }
}

/// What the library hears when the notes know more.
fn noted() -> OpenAIError {
    OpenAIError::InvalidArgument("see the notes".to_owned())
}

/// Sends a request and makes of the answer what async-openai reads: a stream of JSON events.
pub(super) async fn exchange(
    http: reqwest::Client,
    factory: HttpRequestFactory,
    notes: Arc<Notes>,
) -> Result<reqwest::Response, OpenAIError> {
    let request = factory.build().await?;
    let response = match http.execute(request).await {
        Ok(response) => response,
        Err(why) => {
            let words = innermost(&why);
            notes.note(if why.is_connect() { Trouble::NoConnection(words) } else { Trouble::Lost(words) });
            return Err(noted());
        }
    };
    if !response.status().is_success() {
        notes.note(Trouble::Refused(refusal(response).await));
        return Err(noted());
    }
    let media_type = header(response.headers(), CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    let status = response.status();
    let body: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>> = if media_type.starts_with("text/event-stream") {
        Box::pin(events(response.bytes_stream(), notes))
    } else {
        if media_type.contains("json") {
            notes.whole.store(true, Ordering::Release);
        }
        Box::pin(unlabelled(response, media_type, notes))
    };
    let mut answer = http::Response::new(reqwest::Body::wrap_stream(body));
    *answer.status_mut() = status;
    Ok(answer.into())
}

/// The events of a stream, each checked to be JSON, up to a size.
fn events<S>(pieces: S, notes: Arc<Notes>) -> impl Stream<Item = std::io::Result<Bytes>> + Send
where
    S: Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
{
    let limit = Arc::clone(&notes);
    let bounded = pieces.scan((0usize, 0usize), move |(whole, line), piece| {
        let piece = piece.map_err(|why| {
            limit.note(Trouble::Lost(innermost(&why)));
            std::io::Error::other("lost")
        });
        if let Ok(bytes) = &piece {
            *whole += bytes.len();
            *line = bytes.iter().rposition(|byte| *byte == b'\n').map_or(*line + bytes.len(), |end| bytes.len() - end - 1);
            if *whole > LARGEST_STREAM || *line > LARGEST_DOCUMENT {
                limit.note(Trouble::TooLarge);
                return futures::future::ready(None);
            }
        }
        futures::future::ready(Some(piece))
    });
    bounded.eventsource().scan(Step::Next, move |step, event| {
        if *step == Step::Over {
            return futures::future::ready(None);
        }
        let text = match event {
            Ok(event) => {
                let data = event.data.trim();
                if data == "[DONE]" {
                    notes.done.store(true, Ordering::Release);
                    *step = Step::Over;
                    "data: [DONE]\n\n".to_owned()
                } else if serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok() {
                    // Line breaks between the tokens of JSON are spaces, and inside of them there are none.
                    format!("data: {}\n\n", data.replace(['\n', '\r'], " "))
                } else {
                    notes.note(Trouble::Garbled(beginning(data)));
                    return futures::future::ready(None);
                }
            }
            Err(why) => {
                // What was lost is noted already; anything else is no text.
                notes.note(Trouble::Garbled(beginning(&why.to_string())));
                return futures::future::ready(None);
            }
        };
        futures::future::ready(Some(Ok(Bytes::from(text))))
    })
}

#[derive(PartialEq)]
enum Step {
    Next,
    Over,
}

/// An answer that is not called a stream: one document, or a stream all the same.
fn unlabelled(response: reqwest::Response, media_type: String, notes: Arc<Notes>) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    let body = async move {
        let mut pieces = response.bytes_stream().boxed();
        let mut read: Vec<u8> = Vec::new();
        let first = loop {
            match pieces.next().await {
                Some(Ok(piece)) => read.extend_from_slice(&piece),
                Some(Err(why)) => {
                    notes.note(Trouble::Lost(innermost(&why)));
                    return futures::stream::empty().boxed();
                }
                None => break None,
            }
            if let Some(byte) = read.iter().find(|byte| !byte.is_ascii_whitespace()) {
                break Some(*byte);
            }
        };
        match first {
            None => futures::stream::empty().boxed(),
            Some(b'{') => {
                notes.whole.store(true, Ordering::Release);
                futures::stream::iter(document(read, pieces, &notes).await).boxed()
            }
            Some(b'd' | b'e' | b'i' | b'r' | b':') if looks_like_events(&read) => {
                let rest = futures::stream::once(futures::future::ready(Ok(Bytes::from(read)))).chain(pieces);
                events(rest, notes).boxed()
            }
            Some(_) => {
                notes.note(Trouble::NoApi(format!("{media_type}: {}", beginning(&String::from_utf8_lossy(&read)))));
                futures::stream::empty().boxed()
            }
        }
    };
    futures::stream::once(body).flatten()
}

fn looks_like_events(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read);
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| text.trim_start().starts_with(field))
}

/// A whole document as the one event of a stream.
async fn document<S>(mut read: Vec<u8>, mut pieces: S, notes: &Notes) -> Vec<std::io::Result<Bytes>>
where
    S: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => read.extend_from_slice(&piece),
            Err(why) => {
                notes.note(Trouble::Lost(innermost(&why)));
                return Vec::new();
            }
        }
        if read.len() > LARGEST_DOCUMENT {
            notes.note(Trouble::TooLarge);
            return Vec::new();
        }
    }
    match serde_json::from_slice::<serde_json::Value>(&read) {
        Ok(document) => vec![Ok(Bytes::from(format!("data: {document}\n\ndata: [DONE]\n\n")))],
        Err(_) => {
            notes.note(Trouble::Garbled(beginning(&String::from_utf8_lossy(&read))));
            Vec::new()
        }
    }
}

async fn refusal(response: reqwest::Response) -> Refusal {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body: Vec<u8> = Vec::new();
    let mut pieces = response.bytes_stream();
    // What cannot be read in time is not needed.
    let _ = tokio::time::timeout(REFUSAL_PATIENCE, async {
        while let Some(Ok(piece)) = pieces.next().await {
            let room = LARGEST_REFUSAL.saturating_sub(body.len());
            body.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() >= room {
                break;
            }
        }
    })
    .await;
    let location = header(&headers, LOCATION.as_str()).map(str::to_owned);
    Refusal { status, headers, body: String::from_utf8_lossy(&body).into_owned(), location }
}

/// A header as text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// The innermost reason, which says the most and names no address.
fn innermost(why: &reqwest::Error) -> String {
    let Some(mut reason) = why.source() else {
        return why.to_string().split(" for url ").next().unwrap_or_default().to_owned();
    };
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}

/// The beginning of a text, on one line.
pub(super) fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
