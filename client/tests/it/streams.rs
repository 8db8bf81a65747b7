//! Event streams that drop and come back.

use crate::scripted::{Scripted, answer, broken_stream};
use futures::FutureExt;
use sayflow_client::ClientError;
use sayflow_protocol::api::ThreadEvent;
use std::time::Duration;

fn message(seq: u64) -> String {
    let event = format!("{{\"seq\":{seq},\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"notice\",\"text\":\"n{seq}\"}}");
    format!("id: {seq}\ndata: {event}\n\n")
}

const END: &str = "event: end\ndata: end\n\n";

async fn numbers(server: &Scripted, after: u64) -> (Vec<u64>, Option<ClientError>) {
    let mut stream = server.client.thread_events("t", after);
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        let event: ThreadEvent = match event {
            Ok(event) => event,
            Err(why) => return (seen, Some(why)),
        };
        seen.push(event.seq);
    }
    assert!(stream.next().await.is_none());
    (seen, None)
}

#[tokio::test]
async fn a_dropped_stream_goes_on_behind_the_last_event() {
    let stream = "text/event-stream";
    let server = Scripted::new(vec![
        broken_stream(&(message(1) + &message(2))),
        // Half a message is no message.
        broken_stream(&(message(3) + "id: 4\ndata: {\"seq\"")),
        // A proxy ended it politely, without the server's own word.
        answer("200 OK", stream, &message(4)),
        answer("200 OK", stream, &(message(5) + END)),
    ])
    .await;
    assert_eq!(numbers(&server, 0).await, (vec![1, 2, 3, 4, 5], None));
    let asked = server.asked();
    for (request, last) in asked.iter().zip([0, 2, 3, 4]) {
        assert!(request.contains(&format!("last-event-id: {last}\r\n")), "{request}");
        assert!(request.contains("authorization: bearer t0ken\r\n"), "{request}");
    }
    assert_eq!(asked.len(), 4);
}

#[tokio::test]
async fn events_that_were_seen_are_not_handed_out_again() {
    let body = message(1) + &message(2) + ": a comment\n\n" + &message(2) + &message(3) + END;
    let server = Scripted::new(vec![answer("200 OK", "text/event-stream", &body)]).await;
    assert_eq!(numbers(&server, 1).await, (vec![2, 3], None));
}

#[tokio::test]
async fn a_refusal_ends_the_stream() {
    let problem = "{\"type\":\"not_found\",\"title\":\"There is no such thing\",\"status\":404}";
    let server = Scripted::new(vec![broken_stream(&message(1)), answer("404 Not Found", "application/problem+json", problem)]).await;
    let (seen, error) = numbers(&server, 0).await;
    assert_eq!(seen, [1]);
    assert!(error.unwrap().is_not_found());
}

#[tokio::test]
async fn what_is_no_event_is_reported_with_its_number() {
    let server = Scripted::new(vec![answer("200 OK", "text/event-stream", "id: 7\ndata: {\"seq\": \"many\"}\n\n")]).await;
    let (_, error) = numbers(&server, 0).await;
    assert!(error.unwrap().to_string().contains("event 7"));
}

#[tokio::test]
async fn a_caller_that_looks_in_only_now_and_then_still_gets_every_event() {
    let stream = "text/event-stream";
    let script = vec![broken_stream(&message(1)), broken_stream(""), broken_stream(""), answer("200 OK", stream, &(message(2) + END))];
    let server = Scripted::new(script).await;
    let mut events = server.client.thread_events("t", 0);
    let mut seen: Vec<u64> = Vec::new();
    let watching = async {
        loop {
            // Each look drops the future of the one before, as a `select!` with a ticking clock does.
            match events.next().now_or_never() {
                None => tokio::task::yield_now().await,
                Some(None) => return,
                Some(Some(event)) => {
                    let event: ThreadEvent = event.unwrap();
                    seen.push(event.seq);
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watching).await.expect("the stream comes to its end");
    assert_eq!(seen, [1, 2]);
    assert_eq!(server.asked().len(), 4);
}
