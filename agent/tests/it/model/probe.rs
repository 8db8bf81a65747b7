//! What the small questions of `sayflow doctor` show of an endpoint.

use super::oslo;
use sayflow_agent::model::{Allowance, CallContext, Fault, Keeping, ModelError, Probed, Role, Silent};
use sayflow_agent::testing::{ModelServer, Reply};
use tokio_util::sync::CancellationToken;

async fn probe(server: &ModelServer) -> Result<Probed, ModelError> {
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &CancellationToken::new(), progress: &Silent };
    server.client().probe(Role::Chat, &cx).await
}

/// An endpoint whose answers are good.
fn good(server: &ModelServer) {
    server.on("# Check: answering in pieces").always(Reply::text("one, two, three, four, five, six, seven"));
    server.on("# Check: answering with data").always(Reply::json(&oslo()));
    server.on("# Check: answering").always(Reply::text("ready").usage(10, 1));
}

#[tokio::test]
async fn a_good_endpoint_answers_streams_and_keeps_to_the_schema() {
    let server = ModelServer::start().await;
    good(&server);
    let probed = probe(&server).await.unwrap();
    assert_eq!((probed.model.as_str(), probed.streams, probed.schema), ("scripted", Ok(true), Ok(Keeping::Enforced)));
    assert_eq!(probed.usage.model_calls, 3);
}

#[tokio::test]
async fn what_an_endpoint_cannot_do_is_told() {
    let server = ModelServer::start().await;
    server.when("a schema", |seen| seen.body.get("response_format").is_some()).always(Reply::error(
        400,
        "no",
        "response_format is not supported",
    ));
    server.on("# Check: answering in pieces").always(Reply::text("one, two, three, four").whole());
    good(&server);
    let probed = probe(&server).await.unwrap();
    assert_eq!((probed.streams, probed.schema), (Ok(false), Ok(Keeping::Asked)));

    let server = ModelServer::start().await;
    server.on("# Check: answering in pieces").always(Reply::error(500, "busy", "busy"));
    server.on("# Check: answering with data").reply(Reply::text("cold")).reply(Reply::json(&oslo()));
    good(&server);
    let probed = probe(&server).await.unwrap();
    assert!(probed.streams.unwrap_err().contains("busy"));
    assert_eq!(probed.schema, Ok(Keeping::Corrected));
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_asked_once() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::error(401, "invalid_api_key", "no"));
    assert_eq!(probe(&server).await.unwrap_err().fault, Fault::Unauthorized);
    assert_eq!(server.requests().len(), 1);
}
