//! Endpoints that want to be asked otherwise are asked so, and what they want is remembered.

use super::{ask, data, oslo, with_tools, words};
use sayflow_agent::model::ChatCall;
use sayflow_agent::testing::{ModelServer, Reply, Seen};

/// Asks twice an endpoint that refuses what `minds` tells; returns what it was asked.
async fn learns(call: ChatCall, minds: impl Fn(&Seen) -> bool + Send + 'static, words: &'static str, good: Reply) -> Vec<Seen> {
    let server = ModelServer::start().await;
    server.when("what it minds", minds).always(Reply::error(400, "unsupported", words));
    server.any().always(good);
    let client = server.client();
    for _ in 0..2 {
        ask(&client, call.clone()).await.unwrap();
    }
    server.requests()
}

fn kind(seen: &Seen) -> Option<&str> {
    seen.body["response_format"]["type"].as_str()
}

#[tokio::test]
async fn a_schema_gives_way_to_any_json_and_that_to_words() {
    let good = || Reply::json(&oslo());
    let asked = learns(data(), |seen| kind(seen) == Some("json_schema"), "response_format json_schema is not supported", good()).await;
    let kinds: Vec<_> = asked.iter().map(kind).collect();
    assert_eq!(kinds, [Some("json_schema"), Some("json_object"), Some("json_object")]);
    let asked = learns(data(), |seen| kind(seen).is_some(), "response_format is not supported", good()).await;
    let kinds: Vec<_> = asked.iter().map(kind).collect();
    assert_eq!(kinds, [Some("json_schema"), Some("json_object"), None, None]);
}

#[tokio::test]
async fn what_reasoning_models_refuse_is_left_out() {
    let minds = |seen: &Seen| seen.body.get("temperature").is_some();
    let asked = learns(words(), minds, "Unsupported value: 'temperature' does not support 0.2 with this model.", Reply::text("Yes")).await;
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].body["temperature"], 0.2);
    let minds = |seen: &Seen| seen.body.get("max_tokens").is_some();
    let said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let asked = learns(words(), minds, said, Reply::text("Yes")).await;
    assert_eq!((asked.len(), asked[2].body["max_completion_tokens"].as_u64()), (3, Some(500)));
}

#[tokio::test]
async fn a_model_without_tools_is_asked_in_words_alone() {
    let minds = |seen: &Seen| !seen.tools().is_empty();
    let good = Reply::text("{\"name\": \"list\", \"arguments\": {}}");
    let asked = learns(with_tools(), minds, "tiny does not support tools", good).await;
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_server_without_streams_is_asked_for_documents() {
    let asked = learns(words(), Seen::wants_stream, "streaming is not supported", Reply::text("Yes")).await;
    assert_eq!(asked.iter().map(Seen::wants_stream).collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn a_refusal_without_a_reason_leaves_out_all_that_can_be_left_out() {
    let minds = |seen: &Seen| seen.body.get("stream_options").is_some();
    let asked = learns(data(), minds, "Bad request", Reply::json(&oslo())).await;
    assert_eq!(asked.len(), 3);
    assert!(asked[1].body.get("temperature").is_none() && kind(&asked[1]).is_none());
}

#[tokio::test]
async fn a_refusal_that_stays_is_told_in_its_words() {
    let server = ModelServer::start().await;
    server.any().always(Reply::error(400, "invalid", "the messages are malformed"));
    let why = ask(&server.client(), data()).await.unwrap_err();
    assert!(why.message.contains("the messages are malformed"), "{why}");
    assert_eq!((server.requests().len(), why.usage.model_calls), (2, 0));
}
