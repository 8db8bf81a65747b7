//! Answers that cannot be used: each ends as what it is, in words that help.

use super::{ask, data, oslo, with_tools, words};
use sayflow_agent::model::{ChatCall, Endpoint, Fault, ModelClient, ModelConfig, ModelError};
use sayflow_agent::testing::{ModelServer, Reply};
use serde_json::json;

/// The failure of a call that is answered in one way only.
async fn fails(call: ChatCall, reply: Reply) -> (ModelError, usize) {
    let server = ModelServer::start().await;
    server.any().always(reply);
    let why = ask(&server.client(), call).await.unwrap_err();
    assert!(why.help.is_some(), "{why:?}");
    (why, server.requests().len())
}

#[tokio::test]
async fn data_that_does_not_fit_is_asked_for_once_more_with_what_is_wrong() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::json(&json!({ "city": "Oslo", "degrees": "cold" })).usage(10, 5)).reply(Reply::json(&oslo()).usage(30, 5));
    let answer = ask(&server.client(), data()).await.unwrap();
    assert_eq!((answer.json, answer.usage.model_calls, answer.usage.input_tokens), (Some(oslo()), 2, 40));
    let again = &server.requests()[1];
    assert_eq!(again.messages()[2], ("assistant", "{\"city\":\"Oslo\",\"degrees\":\"cold\"}"));
    assert!(again.user().contains("/degrees: \"cold\" is not of type \"integer\"."), "{}", again.user());
}

#[tokio::test]
async fn data_that_never_fits_is_malformed_and_paid_for() {
    let (why, requests) = fails(data(), Reply::json(&json!({ "city": 1, "degrees": 2 })).usage(10, 5)).await;
    assert_eq!((why.fault, requests, why.usage.output_tokens), (Fault::Malformed, 2, 10));
    assert!(why.message.contains("/city"), "{why}");
}

#[tokio::test]
async fn text_in_the_place_of_data_is_malformed_and_quoted() {
    let (why, _) = fails(data(), Reply::text("{\"city\": \"Oslo\", \"degrees\": ")).await;
    assert_eq!(why.fault, Fault::Malformed);
    assert!(why.message.contains("is no JSON: {\"city\": \"Oslo\""), "{why}");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_gets_more_room_once() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("{\"city\": \"Os").finish("length")).reply(Reply::json(&oslo()));
    assert_eq!(ask(&server.client(), data()).await.unwrap().json, Some(oslo()));
    let limits: Vec<_> = server.requests().iter().map(|seen| seen.body["max_tokens"].clone()).collect();
    assert_eq!(limits, [500, 1000]);
    assert!(server.requests()[1].user().contains("cut off"));
}

#[tokio::test]
async fn tools_that_do_not_exist_and_arguments_that_do_not_fit_are_malformed() {
    for (reply, said) in [
        (Reply::call("explode", json!({})), "there is no tool \"explode\"; the tools are run, list"),
        (Reply::raw_call("run", "{name: news}"), "the arguments of \"run\" are no JSON"),
        (Reply::call("run", json!({ "title": "news" })), "the arguments of \"run\" do not fit"),
    ] {
        let (why, requests) = fails(with_tools(), reply).await;
        assert_eq!((why.fault, requests), (Fault::Malformed, 2));
        assert!(why.message.contains(said), "{why}");
    }
    let (why, _) = fails(words(), Reply::call("run", json!({}))).await;
    assert!(why.message.contains("there is no tool \"run\", and no other one"), "{why}");
}

#[tokio::test]
async fn a_wrong_call_is_mended_when_the_model_is_told() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::call("explode", json!({}))).reply(Reply::call("list", json!({})));
    assert_eq!(ask(&server.client(), with_tools()).await.unwrap().calls[0].name, "list");
    assert!(server.requests()[1].user().contains("the tools are run, list"));
}

#[tokio::test]
async fn a_refusal_is_not_argued_with() {
    let (why, requests) = fails(words(), Reply::refusal("I will not greet.")).await;
    assert_eq!((why.fault, requests), (Fault::Refused, 1));
    assert!(why.message.contains("I will not greet."), "{why}");
    let (why, requests) = fails(words(), Reply::empty().finish("content_filter")).await;
    assert_eq!((why.fault, requests), (Fault::Refused, 1));
    let (why, requests) = fails(words(), Reply::error(400, "content_filter", "The prompt was blocked")).await;
    assert_eq!((why.fault, requests), (Fault::Refused, 1));
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_once_more() {
    for reply in [Reply::empty(), Reply::empty().whole(), Reply::text("  \n"), Reply::empty().reasoning("hm")] {
        let (why, requests) = fails(words(), reply).await;
        assert_eq!((why.fault, requests), (Fault::Empty, 2));
    }
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_ends_early() {
    for reply in [Reply::of_size(10_000_000), Reply::of_size(10_000_000).whole(), Reply::endless()] {
        let server = ModelServer::start().await;
        server.any().reply(reply);
        let why = ask(&server.client(), words()).await.unwrap_err();
        assert_eq!(why.fault, Fault::TooLarge);
        assert!(why.usage.input_tokens > 0, "it was billed: {why:?}");
        server.until_hung_up(1).await;
    }
}

#[tokio::test]
async fn one_endless_line_ends_early_too() {
    let server = ModelServer::start().await;
    let line = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}", "x".repeat(5_000_000));
    server.any().reply(Reply::raw("text/event-stream", line));
    assert_eq!(ask(&server.client(), words()).await.unwrap_err().fault, Fault::TooLarge);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_tried_again_and_then_said_so() {
    let long = || Reply::text("a sentence of several pieces");
    for reply in [long().ends_after(1), long().breaks_after(1), Reply::hang_up()] {
        let (why, requests) = fails(words(), reply.clone()).await;
        assert!(matches!(why.fault, Fault::ServerError | Fault::Unreachable), "{why:?}");
        assert_eq!(requests, 4);

        let server = ModelServer::start().await;
        server.any().reply(reply).reply(long());
        assert_eq!(ask(&server.client(), words()).await.unwrap().text, "a sentence of several pieces");
    }
}

#[tokio::test]
async fn data_that_is_whole_needs_no_end_mark() {
    let server = ModelServer::start().await;
    let text = oslo().to_string();
    server.any().reply(Reply::raw("text/event-stream", format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))));
    assert_eq!(ask(&server.client(), data()).await.unwrap().json, Some(oslo()));
}

#[tokio::test]
async fn pieces_that_are_no_json_are_the_servers_failure() {
    for reply in [Reply::raw("text/event-stream", "data: {\"choices\": [oops\n\n"), Reply::raw("application/json", "{\"choices\": [oops")] {
        let (why, requests) = fails(words(), reply).await;
        assert_eq!((why.fault, requests), (Fault::ServerError, 4));
        assert!(why.message.contains("no JSON") && why.message.contains("oops"), "{why}");
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_of_a_stream_is_read() {
    let event = json!({ "error": { "code": 429, "message": "Rate limit reached for this model" } });
    let (why, requests) = fails(words(), Reply::raw("text/event-stream", format!("data: {event}\n\n"))).await;
    assert_eq!((why.fault, requests), (Fault::RateLimited, 4));
}

#[tokio::test]
async fn a_web_page_says_that_the_address_is_wrong() {
    let (why, requests) = fails(words(), Reply::raw("text/html", "<!doctype html><title>Welcome</title>")).await;
    assert_eq!((why.fault, requests), (Fault::Unreachable, 1));
    assert!(why.to_string().contains("it usually ends in /v1"), "{why}");
}

#[tokio::test]
async fn a_refused_key_and_a_missing_key_are_told_apart() {
    let (why, requests) = fails(words(), Reply::error(401, "invalid_api_key", "You didn't provide an API key")).await;
    assert_eq!((why.fault, requests), (Fault::Unauthorized, 1));
    assert!(why.to_string().contains("wants a key, and none is set"), "{why}");
}

#[tokio::test]
async fn an_unknown_model_is_answered_with_those_that_there_are() {
    let server = ModelServer::start().await;
    server.offers(&["small", "large"]);
    server.any().reply(Reply::error(404, "model_not_found", "The model `scripted` does not exist"));
    let why = ask(&server.client(), words()).await.unwrap_err();
    assert_eq!(why.fault, Fault::UnknownModel);
    assert!(why.to_string().ends_with("set models.model to one that it has: large, small"), "{why}");
}

#[tokio::test]
async fn the_only_model_is_taken_where_none_was_named_and_remembered() {
    let server = ModelServer::start().await;
    server.offers(&["tiny-llama"]);
    let known = |seen: &sayflow_agent::testing::Seen| seen.model() == "tiny-llama";
    let silent = "data: {\"choices\":[{\"delta\":{\"content\":\"Good day\"},\"finish_reason\":\"stop\"}]}\n\n";
    server.when("the only model", known).always(Reply::raw("text/event-stream", silent));
    server.any().always(Reply::error(404, "model_not_found", "no such model"));
    let config = ModelConfig::new(Endpoint::new(&server.base_url(), None).unwrap());
    let client = ModelClient::new(config).unwrap();
    assert_eq!(ask(&client, words()).await.unwrap().model, "tiny-llama");
    ask(&client, words()).await.unwrap();
    assert_eq!(server.requests().len(), 3, "the second call knows it");
    // One that was named is not replaced.
    let why = ask(&server.client(), words()).await.unwrap_err();
    assert!(why.to_string().contains("tiny-llama"), "{why}");
}

#[tokio::test]
async fn an_address_without_an_api_is_said_to_be_one() {
    let server = ModelServer::start().await;
    server.lists_with(Reply::raw("text/plain", "404 page not found").status(404));
    server.any().reply(Reply::raw("text/plain", "404 page not found").status(404));
    let why = ask(&server.client(), words()).await.unwrap_err();
    assert_eq!(why.fault, Fault::Unreachable);
    assert!(why.to_string().contains("no chat completions API at this address"), "{why}");
}

#[tokio::test]
async fn a_question_that_does_not_fit_is_not_asked_again() {
    let (why, requests) = fails(words(), Reply::error(400, "context_length_exceeded", "maximum context length is 8 tokens")).await;
    assert_eq!((why.fault, requests), (Fault::ContextTooLong, 1));
}

#[tokio::test]
async fn nobody_at_the_address_is_said_with_the_address() {
    let address = {
        let server = ModelServer::start().await;
        server.base_url()
    };
    let config = ModelConfig {
        retries: sayflow_agent::model::Retries { most: 0, ..Default::default() },
        ..ModelConfig::new(Endpoint::new(&address, None).unwrap())
    };
    let why = ask(&ModelClient::new(config).unwrap(), words()).await.unwrap_err();
    assert_eq!((why.fault, why.usage.model_calls), (Fault::Unreachable, 0));
    assert!(why.message.contains(&address), "{why}");
}
