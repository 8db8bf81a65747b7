//! Answers that are used, however they are wrapped.

use super::{Heard, ask, data, oslo, with_tools, words};
use sayflow_agent::model::{Allowance, CallContext, ToolCall};
use sayflow_agent::testing::{ModelServer, Reply};
use serde_json::json;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn words_come_in_pieces_and_are_counted() {
    let server = ModelServer::start().await;
    server.on("# Talk").reply(Reply::text("Good day to you too.").usage(40, 6));
    let heard = Heard::default();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &heard };
    let answer = server.client().chat(words(), &cx).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.model.as_str()), ("Good day to you too.", "scripted"));
    assert_eq!((answer.usage.model_calls, answer.usage.input_tokens, answer.usage.output_tokens), (1, 40, 6));
    assert!(!answer.usage.estimated);
    assert!(heard.pieces().len() > 1, "{:?}", heard.pieces());
    assert_eq!(heard.pieces().concat(), answer.text);

    let [request] = &server.requests()[..] else { panic!() };
    assert_eq!((request.wants_stream(), request.user(), request.header("authorization")), (true, "Good day", None));
    assert!(request.body.get("purpose").is_none() && !request.body.to_string().contains("test"), "{}", request.body);
}

#[tokio::test]
async fn data_is_asked_for_by_its_schema_and_not_shown_as_it_comes() {
    let server = ModelServer::start().await;
    server.on("# Weather").reply(Reply::json(&oslo()));
    let heard = Heard::default();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &heard };
    let answer = server.client().chat(data(), &cx).await.unwrap();
    assert_eq!(answer.json, Some(oslo()));
    assert!(heard.pieces().is_empty());
    let request = &server.requests()[0];
    assert_eq!(request.schema(), Some(&super::schema()));
    assert_eq!(request.body.pointer("/response_format/json_schema/strict"), Some(&json!(true)));
}

#[tokio::test]
async fn data_is_found_in_fences_sentences_and_behind_thoughts() {
    let wrapped = [
        format!("```json\n{}\n```", oslo()),
        format!("Sure, here is the weather:\n\n{}\n\nAnything else?", oslo()),
        format!("<think>Oslo is cold [citation needed] {{}}</think>{}", oslo()),
        format!("{} {}", json!({ "city": "Oslo" }), oslo()),
    ];
    for text in wrapped {
        let server = ModelServer::start().await;
        server.any().reply(Reply::text(&text));
        assert_eq!(ask(&server.client(), data()).await.unwrap().json, Some(oslo()), "{text}");
    }
}

#[tokio::test]
async fn one_document_is_understood_where_a_stream_was_asked_for_and_remembered() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::json(&oslo()).whole().usage(7, 5)).reply(Reply::json(&oslo()));
    let client = server.client();
    let answer = ask(&client, data()).await.unwrap();
    assert_eq!((answer.json, answer.usage.input_tokens), (Some(oslo()), 7));
    ask(&client, data()).await.unwrap();
    let streams: Vec<bool> = server.requests().iter().map(|seen| seen.wants_stream()).collect();
    assert_eq!(streams, [true, false]);
}

#[tokio::test]
async fn a_document_is_understood_under_any_media_type() {
    let body = json!({ "choices": [{ "message": { "content": "Good day" } }] }).to_string();
    for media_type in ["application/json", "text/plain", "application/octet-stream"] {
        let server = ModelServer::start().await;
        server.any().reply(Reply::raw(media_type, body.clone()));
        assert_eq!(ask(&server.client(), words()).await.unwrap().text, "Good day", "{media_type}");
    }
    let events = "data: {\"choices\":[{\"delta\":{\"content\":\"Good day\"}}]}\n\ndata: [DONE]\n\n";
    let server = ModelServer::start().await;
    server.any().reply(Reply::raw("text/plain", events));
    assert_eq!(ask(&server.client(), words()).await.unwrap().text, "Good day");
}

#[tokio::test]
async fn pieces_may_be_sparse_commented_and_without_an_end_mark() {
    let events = [
        ": waiting for a free slot\r\n\r\n",
        "event: message\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"Good\"}}]}\r\n\r\n",
        "data: {\"choices\":[],\"usage\":null}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\" day\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
    ];
    let server = ModelServer::start().await;
    server.any().reply(Reply::raw("text/event-stream", events.concat()));
    let answer = ask(&server.client(), words()).await.unwrap();
    assert_eq!(answer.text, "Good day");
    assert!(answer.usage.estimated && answer.usage.input_tokens > 5 && answer.usage.output_tokens > 0, "{:?}", answer.usage);
}

#[tokio::test]
async fn calls_of_tools_are_put_together() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::call("run", json!({ "name": "rust-news" })).and_call("list", json!({})).pieces(3));
    let answer = ask(&server.client(), with_tools()).await.unwrap();
    let called = |name: &str, arguments| ToolCall { name: name.to_owned(), arguments };
    assert_eq!(answer.calls, [called("run", json!({ "name": "rust-news" })), called("list", json!({}))]);
    assert_eq!(server.requests()[0].tools(), ["run", "list"]);
}

#[tokio::test]
async fn a_call_that_is_written_as_text_is_a_call_and_nobody_sees_it() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("<tool_call>\n{\"name\": \"run\", \"arguments\": {\"name\": \"news\"}}\n</tool_call>"));
    let heard = Heard::default();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &heard };
    let answer = server.client().chat(with_tools(), &cx).await.unwrap();
    assert_eq!(answer.calls, [ToolCall { name: "run".into(), arguments: json!({ "name": "news" }) }]);
    assert!(answer.text.is_empty() && heard.pieces().is_empty());
}

#[tokio::test]
async fn thoughts_are_neither_shown_nor_part_of_the_answer() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("<think>They greet me.</think>\n\nGood day.").reasoning("A greeting."));
    let heard = Heard::default();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &heard };
    assert_eq!(server.client().chat(words(), &cx).await.unwrap().text, "Good day.");
    assert_eq!(heard.pieces().concat(), "Good day.");
}
