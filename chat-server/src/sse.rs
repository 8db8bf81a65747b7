//! Numbered events as server-sent events. A client that comes back says with `Last-Event-ID` where it was.

use crate::limits::StreamPlace;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, BoxStream, StreamExt};
use sayflow_protocol::api::problem::kind;
use serde::Serialize;
use std::convert::Infallible;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};

/// What goes out.
pub(crate) type Events = Sse<axum::response::sse::KeepAliveStream<BoxStream<'static, Result<Event, Infallible>>>>;

/// The number behind which a client wants to go on; 0 for all.
pub(crate) fn last_seen(headers: &HeaderMap) -> Result<u64, Refusal> {
    let Some(header) = headers.get("last-event-id") else { return Ok(0) };
    header.to_str().ok().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, kind::INVALID_REQUEST, "Last-Event-ID is no event number")
            .help("send the id of the last event that arrived, or leave it out")
    })
}

/// Streams events with their numbers. After the last, a message of type `end` tells the client not to come back; when
/// the server is about to stop, it is left out, so that the client does.
pub(crate) fn stream<T: Serialize + Send + 'static>(
    events: mpsc::Receiver<T>,
    number: fn(&T) -> u64,
    place: StreamPlace,
    shared: &Shared,
) -> Events {
    // A run that is parked because the server drains ends its stream too, and that is no end.
    let (draining, stopping) = (shared.draining.clone(), shared.stopping.clone());
    let numbered = ReceiverStream::new(events).map(move |event| {
        let message = Event::default().id(number(&event).to_string());
        // An event that is no JSON would be a fault of ours; the client sees the gap and complains.
        message.json_data(&event).unwrap_or_default()
    });
    let end = stream::once(async move { (!draining.is_cancelled()).then(|| Event::default().event("end").data("end")) });
    let all = numbered.take_until(stopping.cancelled_owned()).chain(end.filter_map(std::future::ready));
    // The place is given back when the stream is dropped.
    let all = all.map(move |event| {
        let _held = &place;
        Ok(event)
    });
    Sse::new(all.boxed()).keep_alive(KeepAlive::default())
}

/// Whether a client wants an event stream in place of one answer.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(axum::http::header::ACCEPT).iter().filter_map(|header| header.to_str().ok());
    accepted.flat_map(|header| header.split(',')).any(|range| range.split(';').next().is_some_and(|kind| kind.trim() == EVENT_STREAM))
}

const EVENT_STREAM: &str = "text/event-stream";

/// Streams messages that have a type and no number: they are told once, and whoever missed them looks at the thread. The
/// last one ends the stream.
pub(crate) fn messages<T: Serialize + Send + 'static>(
    messages: mpsc::UnboundedReceiver<T>,
    kind: fn(&T) -> &'static str,
    place: StreamPlace,
    shared: &Shared,
) -> Events {
    let stopping = shared.stopping.clone();
    let typed = UnboundedReceiverStream::new(messages).map(move |message| {
        // The place is given back when the stream is dropped.
        let _held = &place;
        // A message that is no JSON would be a fault of ours; the client complains about an empty one.
        Ok(Event::default().event(kind(&message)).json_data(&message).unwrap_or_default())
    });
    Sse::new(typed.take_until(stopping.cancelled_owned()).boxed()).keep_alive(KeepAlive::default())
}
