//! Conversations through the API: what is said is numbered, kept, and can be followed and gone on with.

use crate::support::Place;
use sayflow_protocol::api::{ItemBody, PostTurn, TurnView};

fn say(place: &Place, text: &str) -> PostTurn {
    PostTurn { text: text.into(), answers: Default::default(), network_reads: false, workspace: place.workspace(), timezone: None }
}

#[tokio::test]
async fn a_conversation_is_kept_and_goes_on_after_the_server_ended() {
    let place = Place::new();
    let connection = place.connect().await;
    let turn: TurnView = connection.client.post_turn("new", &say(&place, "hello")).await.unwrap();
    assert_eq!(turn.planner, "offline");
    assert!(!turn.reply.is_empty());
    connection.close().await;

    let connection = place.connect().await;
    let client = &connection.client;
    let again = client.post_turn("last", &say(&place, "thanks")).await.unwrap();
    assert_eq!(again.thread, turn.thread);
    let thread = client.thread(turn.thread.as_str()).await.unwrap();
    assert_eq!(thread.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=thread.events.len() as u64).collect::<Vec<_>>());
    assert!(matches!(&thread.events[0].item.body, ItemBody::Message { role, text } if role == "user" && text == "hello"));
    assert!(client.post_turn("nothing", &say(&place, "hi")).await.unwrap_err().is_not_found());
    connection.close().await;
}

#[tokio::test]
async fn a_conversation_can_be_followed_while_it_goes_on() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let turn = client.post_turn("new", &say(&place, "hello")).await.unwrap();
    let mut events = client.thread_events(turn.thread.as_str(), 1);
    let reply = events.next().await.unwrap().unwrap();
    assert_eq!(reply.seq, 2);
    client.post_turn(turn.thread.as_str(), &say(&place, "thanks")).await.unwrap();
    for seq in 3..=4 {
        assert_eq!(events.next().await.unwrap().unwrap().seq, seq);
    }
    drop(events);
    connection.close().await;
}

#[tokio::test]
async fn there_is_no_last_conversation_before_the_first() {
    let place = Place::new();
    let connection = place.connect().await;
    let refused = connection.client.post_turn("last", &say(&place, "hello")).await.unwrap_err();
    assert!(refused.is_not_found() && refused.to_string().contains("sayflow ask"), "{refused}");
    connection.close().await;
}
