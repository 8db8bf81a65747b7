//! `graphql.query`: ask a GraphQL server.

use crate::http::{Auth, Call, account_for, add_key, call, parse_body, without_query};
use crate::items::{describe, excerpt, plain_text};
use async_trait::async_trait;
use bytes::Bytes;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, KeyUse, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::iter::Peekable;
use std::str::Chars;

/// `graphql.query`.
pub struct Query;

/// What the document does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// It only asks.
    #[default]
    Query,
    /// It changes something.
    Mutation,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The server's GraphQL address.
    #[schemars(extend("x-role" = role::URL))]
    url: String,
    /// The GraphQL document.
    #[schemars(extend("x-role" = role::SCRIPT))]
    query: String,
    /// The document's variables by name.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    variables: Map<String, Value>,
    /// Whether the document is a `query`, which only reads, or a `mutation`. A mutation has to say so.
    #[serde(default)]
    operation: Operation,
    /// Header lines by name.
    #[serde(default)]
    #[schemars(extend("x-role" = role::HEADERS))]
    headers: IndexMap<String, Value>,
    /// How the step's credential is put in; its type says if left out.
    #[serde(default)]
    auth: Option<Auth>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The member `data` of the answer.
    data: Value,
}

#[async_trait]
impl Action for Query {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("graphql.query", "GraphQL query", "Asks a GraphQL server, or sends it a mutation.", Effect::Write)
            .reads_when("operation", &["query"])
            .utterances(&[
                "query the GraphQL API at https://api.example/graphql",
                "ask the GraphQL endpoint for the open orders",
                "run a GraphQL query",
                "send a GraphQL mutation",
            ])
            .keywords(&["graphql", "query", "mutation", "endpoint", "api"])
            .destination("url", DestinationKind::Host)
            .key_use(KeyUse::WhenStepSetsIt { headers: "headers" })
            .optional_credential("http-*")
            .example(json!({ "data": { "orders": [{ "id": 1 }] } }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        check_operation(&params.query, params.operation)?;
        let auth = account_for(params.auth, &params.url, cx)?;
        let body = Bytes::from(json!({ "query": params.query, "variables": params.variables }).to_string());
        let mut request = Call { method: "POST".to_owned(), body: Some(body), ..Call::get(&params.url) }.auth(auth);
        request = request
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json, application/json;q=0.9");
        for (name, value) in &params.headers {
            request = request.header(name, &plain_text(value));
        }
        if params.operation == Operation::Mutation {
            add_key(&mut request.headers, cx);
        }
        let answer = call(request, cx).await.map_err(|why| match params.operation {
            // The method says that it may have changed something; the document says that it has not.
            Operation::Query => StepError { outcome_unknown: false, ..why },
            Operation::Mutation => why,
        })?;
        let (body, _) = parse_body(&answer, &params.url)?;
        Ok(Output { data: data_of(&body, &params.url)? }.into())
    }
}

/// A mutation that is declared as a query would write without having been approved as a write.
fn check_operation(document: &str, declared: Operation) -> Result<(), StepError> {
    if declared == Operation::Query && has_mutation(document) {
        return Err(
            StepError::new("invalid_parameters", "graphql.query: the document has a mutation in it").help("set operation: mutation")
        );
    }
    Ok(())
}

/// Whether `mutation` or `subscription` begins an operation: outside of braces, strings and comments.
fn has_mutation(document: &str) -> bool {
    let mut depth = 0_usize;
    let mut word = String::new();
    let mut rest = document.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '#' => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' => skip_string(&mut rest),
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            c if c.is_alphanumeric() || c == '_' => {
                word.push(c);
                if rest.peek().is_none_or(|next| !(next.is_alphanumeric() || *next == '_')) {
                    if depth == 0 && matches!(word.as_str(), "mutation" | "subscription") {
                        return true;
                    }
                    word.clear();
                }
            }
            _ => {}
        }
    }
    false
}

/// Passes over a string whose first quote is taken: `"…"`, or `"""…"""`, in which single quotes may stand.
fn skip_string(rest: &mut Peekable<Chars<'_>>) {
    if rest.next_if_eq(&'"').is_some() {
        if rest.next_if_eq(&'"').is_some() {
            let mut quotes = 0;
            while quotes < 3 {
                match rest.next() {
                    Some('"') => quotes += 1,
                    Some('\\') => {
                        // \""" stands for the quotes themselves.
                        quotes = 0;
                        while rest.next_if_eq(&'"').is_some() {}
                    }
                    Some(_) => quotes = 0,
                    None => return,
                }
            }
        }
        return;
    }
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                rest.next();
            }
            '"' => return,
            _ => {}
        }
    }
}

fn data_of(body: &Value, url: &str) -> Result<Value, StepError> {
    let place = without_query(url);
    if let Some(errors) = body.get("errors").and_then(Value::as_array).filter(|errors| !errors.is_empty()) {
        let texts: Vec<String> =
            errors.iter().take(3).map(|error| excerpt(error["message"].as_str().unwrap_or("an error without a message"))).collect();
        return Err(StepError::new("graphql_error", format!("{place}: {}", texts.join("; "))).help("mend the document or its variables"));
    }
    body.get("data").cloned().ok_or_else(|| {
        StepError::new("not_graphql", format!("{place}: the answer has no \"data\"; it is {}", describe(body)))
            .help("check that the address is the GraphQL one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_is_seen_wherever_it_stands() {
        for document in [
            "mutation { a }",
            "query A { a } mutation B($x: Int) { b }",
            "# note\nmutation{a}",
            "subscription { s }",
            "query A { a(t: \"\"\" \" \"\"\") } mutation B { b }",
            "{ a(t: \"\") } mutation { b }",
        ] {
            assert!(has_mutation(document), "{document}");
            assert!(check_operation(document, Operation::Query).is_err());
            assert!(check_operation(document, Operation::Mutation).is_ok());
        }
        for document in ["{ mutation }", "query { a(text: \"} mutation {\") }", "query mutations { a }", "{ a } # mutation"] {
            assert!(!has_mutation(document), "{document}");
        }
    }

    #[test]
    fn errors_of_the_answer_fail_the_step() {
        let why = data_of(&json!({ "data": null, "errors": [{ "message": "no field x" }] }), "https://x.example/graphql?k=1").unwrap_err();
        assert_eq!((why.code.as_str(), why.message.as_str()), ("graphql_error", "https://x.example/graphql: no field x"));
        assert_eq!(data_of(&json!({ "ok": 1 }), "https://x.example").unwrap_err().code, "not_graphql");
    }
}
