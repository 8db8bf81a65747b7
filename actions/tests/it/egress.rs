//! The egress client against hostile addresses, redirects and answers.

use crate::support::{Seen, World, account, raw, serve};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use sayflow_actions::egress::EgressPolicy;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpAuth, HttpRequest, HttpResponse, Redirects};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

fn request<'a>(method: &str, url: &str) -> HttpRequest<'a> {
    let (method, url) = (method.to_owned(), url.to_owned());
    let redirects = Redirects::SameHost;
    HttpRequest { method, url, headers: Vec::new(), body: None, auth: None, timeout: Duration::from_secs(20), max_bytes: 1000, redirects }
}

async fn send(world: &World, request: HttpRequest<'_>) -> Result<HttpResponse, StepError> {
    world.ports.http.send(request).await
}

async fn noting(seen: &Seen) -> SocketAddr {
    let seen = seen.clone();
    serve(Router::new().fallback(any(move |request: Request| async move {
        seen.note(request).await;
        "here"
    })))
    .await
}

async fn redirecting(status: u16, to: String) -> SocketAddr {
    let answer = move || async move { (StatusCode::from_u16(status).unwrap(), [("location", to)]).into_response() };
    serve(Router::new().fallback(any(answer))).await
}

#[tokio::test]
async fn inside_addresses_are_refused_in_every_spelling() {
    let world = World::allowing("");
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://017700000001/",
        "http://0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/",
        "http://10.0.0.1/",
        "http://192.168.0.1:8080/",
        "https://100.64.0.1/",
        "http://１２７.0.0.1/",
    ] {
        let why = send(&world, request("GET", url)).await.unwrap_err();
        assert_eq!(why.code, "egress_refused", "{url}: {}", why.message);
        assert!(why.help.unwrap().contains("SAYFLOW_EGRESS_ALLOW"), "{url}");
    }
}

#[tokio::test]
async fn what_is_listed_is_reached_on_its_port_only() {
    let seen = Seen::default();
    let at = noting(&seen).await;
    let world = World::allowing(&at.to_string());
    assert_eq!(send(&world, request("GET", &format!("http://{at}/"))).await.unwrap().body, "here");
    assert_eq!(send(&world, request("GET", &format!("http://localhost:{}/", at.port()))).await.unwrap().body, "here");
    let other = noting(&seen).await;
    assert_eq!(send(&world, request("GET", &format!("http://{other}/"))).await.unwrap_err().code, "egress_refused");
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn a_redirect_to_an_inside_address_is_refused() {
    for to in ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/", "//192.168.1.1/"] {
        let at = redirecting(302, to.to_owned()).await;
        let mut asked = request("GET", &format!("http://{at}/"));
        assert_eq!(send(&World::new(), asked.clone()).await.unwrap_err().code, "redirect_refused", "{to}");
        asked.redirects = Redirects::Anywhere;
        let why = send(&World::new(), asked).await.unwrap_err();
        assert_eq!(why.code, "egress_refused", "{to}: {}", why.message);
    }
    for to in ["file:///etc/passwd", "gopher://127.0.0.1/", "http://ann:pw@127.0.0.1/"] {
        let at = redirecting(302, to.to_owned()).await;
        assert_eq!(send(&World::new(), request("GET", &format!("http://{at}/"))).await.unwrap_err().code, "redirect_refused", "{to}");
    }
}

#[tokio::test]
async fn secrets_and_headers_stay_behind_when_the_host_changes() {
    let seen = Seen::default();
    let target = noting(&seen).await;
    let at = redirecting(302, format!("http://localhost:{}/there", target.port())).await;
    let mine = account("http-bearer", &["127.0.0.1", "localhost"], &[], &[("token", "s3cret")]);
    let mut asked = request("GET", &format!("http://{at}/"));
    asked.auth = Some(HttpAuth::Bearer(&mine, "token"));
    asked.redirects = Redirects::Anywhere;
    asked.headers =
        vec![("x-key".to_owned(), "k".to_owned()), ("cookie".to_owned(), "c=1".to_owned()), ("accept".to_owned(), "a/b".to_owned())];
    send(&World::new(), asked).await.unwrap();
    let headers = seen.last().2;
    assert!(["authorization", "x-key", "cookie"].iter().all(|name| !headers.contains_key(*name)), "{headers:?}");
    assert_eq!(headers["accept"], "a/b");
}

#[tokio::test]
async fn the_account_stays_on_its_own_host() {
    let seen = Seen::default();
    let noted = seen.clone();
    let here = any(move |request: Request| async move {
        noted.note(request).await;
        "here"
    });
    let at = serve(Router::new().route("/there", here).fallback(any(|| async { (StatusCode::FOUND, [("location", "/there")]) }))).await;
    let mine = account("http-bearer", &[&at.to_string()], &[], &[("token", "s3cret")]);
    let mut asked = request("GET", &format!("http://{at}/"));
    asked.auth = Some(HttpAuth::Bearer(&mine, "token"));
    send(&World::new(), asked).await.unwrap();
    assert_eq!(seen.last().2["authorization"], "Bearer s3cret");
}

#[tokio::test]
async fn a_write_is_not_carried_to_another_host() {
    let seen = Seen::default();
    let target = noting(&seen).await;
    let away = format!("http://localhost:{}/there", target.port());
    let mut asked = request("POST", &format!("http://{}/", redirecting(307, away.clone()).await));
    asked.body = Some("data".into());
    assert_eq!(send(&World::new(), asked.clone()).await.unwrap_err().code, "redirect_refused");
    assert_eq!(seen.count(), 0);
    asked.redirects = Redirects::Anywhere;
    assert_eq!(send(&World::new(), asked.clone()).await.unwrap_err().code, "redirect_refused", "whatever else may be read");
    assert_eq!(seen.count(), 0);
    asked.url = format!("http://{}/", redirecting(303, away).await);
    send(&World::new(), asked).await.unwrap();
    let (method, _, _, body) = seen.last();
    assert_eq!((method.as_str(), body.as_str()), ("GET", ""), "after a 303 the answer is only looked at");
}

#[tokio::test]
async fn a_read_goes_to_another_host_only_where_that_was_approved() {
    let seen = Seen::default();
    let target = noting(&seen).await;
    let place = format!("localhost:{}", target.port());
    let at = redirecting(302, format!("http://{place}/there?sig=1")).await;
    let mut asked = request("GET", &format!("http://{at}/?key=1"));
    let why = send(&World::new(), asked.clone()).await.unwrap_err();
    assert_eq!((why.code.as_str(), seen.count()), ("redirect_refused", 0));
    assert!(why.message.contains(&format!("http://{place}/there")), "{}", why.message);
    assert!(why.help.as_ref().unwrap().contains("put the new address into the step"));
    assert!(!format!("{why:?}").contains("key=1") && !format!("{why:?}").contains("sig=1"));
    asked.redirects = Redirects::To([place].into());
    assert_eq!(send(&World::new(), asked).await.unwrap().body, "here");
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn a_write_that_is_answered_with_another_host_has_that_answer() {
    let seen = Seen::default();
    let target = noting(&seen).await;
    let at = redirecting(303, format!("http://localhost:{}/there", target.port())).await;
    let answer = send(&World::new(), request("POST", &format!("http://{at}/"))).await.unwrap();
    assert_eq!((answer.status, answer.header("location").is_some(), seen.count()), (303, true, 0));
}

#[tokio::test]
async fn a_write_whose_answer_cannot_be_looked_at_may_have_happened() {
    let at = serve(
        Router::new()
            .route("/", any(|| async { (StatusCode::SEE_OTHER, [("location", "/again")]) }))
            .fallback(any(|| async { (StatusCode::FOUND, [("location", "/again")]) })),
    )
    .await;
    let why = send(&World::new(), request("POST", &format!("http://{at}/"))).await.unwrap_err();
    assert_eq!((why.code.as_str(), why.outcome_unknown), ("too_many_redirects", true));
}

/// Answers with the request's path and headers, in its own headers and its body.
async fn echoing() -> SocketAddr {
    serve(Router::new().fallback(any(|request: Request| async move {
        let sent = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (authorization, key) = (sent("authorization"), sent("x-key"));
        let body = json!({ "path": request.uri().path(), "authorization": authorization, "key": key, "accept": sent("accept") });
        ([("x-echo", authorization), ("x-key", key)], axum::Json(body))
    })))
    .await
}

#[tokio::test]
async fn a_host_that_repeats_what_it_was_sent_repeats_no_secret() {
    let at = echoing().await;
    let bearer = account("http-bearer", &["127.0.0.1"], &[], &[("token", "s3cret/42")]);
    let basic = account("http-basic", &["127.0.0.1"], &[("username", "ann")], &[("password", "s3cret-pw")]);
    let header = account("http-header", &["127.0.0.1"], &[("header", "x-key")], &[("value", "s3cret-key")]);
    let in_url = account("telegram", &["127.0.0.1"], &[], &[("token", "12:s3cret")]);
    for (auth, path, member, shown) in [
        (HttpAuth::Bearer(&bearer, "token"), "/", "authorization", "Bearer [secret]"),
        (HttpAuth::Basic(&basic), "/", "authorization", "Basic [secret]"),
        (HttpAuth::Header(&header, "value"), "/", "key", "[secret]"),
        (HttpAuth::InUrl(&in_url, "token"), "/bot{token}/me", "path", "/bot[secret]/me"),
    ] {
        let mut asked = request("GET", &format!("http://{at}{path}"));
        asked.auth = Some(auth);
        asked.headers = vec![("accept".to_owned(), "a/b".to_owned())];
        let answer = send(&World::new(), asked).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((&body[member], &body["accept"]), (&json!(shown), &json!("a/b")));
        let all = format!("{answer:?}");
        assert!(!all.contains("s3cret") && !all.contains("YW5uOnMzY3JldC1wdw"), "{all}");
    }
}

#[tokio::test]
async fn an_error_that_quotes_the_answer_quotes_no_secret() {
    let at = serve(Router::new().fallback(any(|request: Request| async move {
        (StatusCode::FORBIDDEN, format!("not with {:?}", request.headers()["authorization"]))
    })))
    .await;
    let mine = account("http-bearer", &["127.0.0.1"], &[], &[("token", "s3cret-token")]);
    let with = json!({ "url": format!("http://{at}/") });
    let why = World::new().run_as(crate::support::Account::Named(&mine), "http.request", with).await.unwrap_err();
    assert!(why.message.contains("[secret]") && !format!("{why:?}").contains("s3cret"), "{why:?}");
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let at = redirecting(301, "/again".to_owned()).await;
    assert_eq!(send(&World::new(), request("GET", &format!("http://{at}/"))).await.unwrap_err().code, "too_many_redirects");
}

#[tokio::test]
async fn a_token_in_the_address_is_in_no_error() {
    let mine = account("telegram", &["127.0.0.1"], &[], &[("token", "12:s3cret")]);
    let seen = Seen::default();
    let at = noting(&seen).await;
    let world = World::new();
    let with_token = |at: String| {
        let mut asked = request("GET", &format!("http://{at}/bot{{token}}/me"));
        asked.auth = Some(HttpAuth::InUrl(&mine, "token"));
        asked
    };
    send(&world, with_token(at.to_string())).await.unwrap();
    assert_eq!(seen.last().1, "/bot12:s3cret/me");
    let broken = raw(b"nonsense\r\n\r\n".to_vec()).await;
    let circle = redirecting(302, "/bot12:s3cret/me".to_owned()).await;
    for asked in [
        with_token(broken.to_string()),
        with_token(circle.to_string()),
        with_token("127.0.0.1:1".to_owned()),
        with_token("localhost:1".to_owned()),
    ] {
        let why = send(&world, asked).await.unwrap_err();
        assert!(!format!("{why:?}").contains("s3cret"), "{why:?}");
    }
}

#[tokio::test]
async fn bodies_stop_at_the_limit_declared_or_not() {
    let world = World::new();
    let declared = serve(Router::new().fallback(any(|| async { vec![b'x'; 1001] }))).await;
    assert_eq!(send(&world, request("GET", &format!("http://{declared}/"))).await.unwrap_err().code, "response_too_large");
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.extend(vec![b'x'; 100_000]);
    let streamed = raw(endless).await;
    assert_eq!(send(&world, request("GET", &format!("http://{streamed}/"))).await.unwrap_err().code, "response_too_large");
    let mut fits = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    fits.extend(vec![b'x'; 1000]);
    assert_eq!(send(&world, request("GET", &format!("http://{}/", raw(fits).await))).await.unwrap().body.len(), 1000);
}

/// A million characters "0", packed with gzip to about a thousandth of that.
const PACKED: &[u8] = include_bytes!("zeros.gz");

#[tokio::test]
async fn the_limit_counts_what_is_unpacked() {
    let at = serve(Router::new().fallback(any(|| async { ([("content-encoding", "gzip")], PACKED) }))).await;
    let world = World::new();
    let mut asked = request("GET", &format!("http://{at}/"));
    assert_eq!(send(&world, asked.clone()).await.unwrap_err().code, "response_too_large");
    asked.max_bytes = 1_000_000;
    assert_eq!(send(&world, asked).await.unwrap().body.len(), 1_000_000);
}

#[tokio::test]
async fn wrong_compression_is_an_error_of_its_own() {
    let at = serve(Router::new().fallback(any(|| async { ([("content-encoding", "gzip")], "not gzip at all") }))).await;
    assert_eq!(send(&World::new(), request("GET", &format!("http://{at}/"))).await.unwrap_err().code, "malformed_answer");
}

#[tokio::test]
async fn a_server_that_says_nothing_runs_into_the_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    for (method, unknown) in [("GET", false), ("POST", true)] {
        let mut asked = request(method, &format!("http://{at}/?key=1"));
        asked.timeout = Duration::from_millis(50);
        let why = send(&World::new(), asked).await.unwrap_err();
        assert_eq!((why.code.as_str(), why.outcome_unknown), ("timeout", unknown), "{method}");
        assert!(!why.message.contains("key=1"));
    }
}

#[tokio::test]
async fn a_server_without_tls_is_no_secure_one() {
    let at = raw(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()).await;
    let why = send(&World::new(), request("GET", &format!("https://{at}/"))).await.unwrap_err();
    assert_eq!(why.code, "tls_failed", "{}", why.message);
}

#[tokio::test]
async fn mail_passes_the_same_gate() {
    let policy = EgressPolicy::from_allow_list("localhost:25").unwrap();
    assert!(policy.addresses("localhost", 25).await.unwrap().iter().all(|at| at.ip().is_loopback()));
    assert_eq!(policy.addresses("localhost", 26).await.unwrap_err().code, "egress_refused");
    assert_eq!(policy.addresses("[::ffff:10.0.0.1]", 25).await.unwrap_err().code, "egress_refused");
}

#[tokio::test]
async fn an_action_shows_the_refusal_too() {
    let why = World::allowing("").fails("feed.read", json!({ "url": "http://localhost:1/feed" })).await;
    assert_eq!(why.code, "egress_refused");
}
