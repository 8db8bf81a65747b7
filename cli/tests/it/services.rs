//! Workflow files against outside services: what arrives there, and what a run says when it does not.

use crate::support::binary::{Binary, Ended};
use crate::support::database;
use crate::support::fake_http::{self, Replies, Reply, Routes};
use crate::support::fake_slack::{self, FakeSlack, Trouble};
use crate::support::fake_smtp::{self, FakeSmtp};
use crate::support::fake_telegram::{self, FakeTelegram};
use crate::support::sandbox::Sandbox;
use serde_json::json;

const TO_SLACK: &str = "
name: tell
steps:
  - id: tell
    uses: slack.send_message
    with: { channel: '#ops', text: 'three < four' }
";

fn routes<const N: usize>(routes: [(&str, Replies); N]) -> Routes {
    routes.into_iter().map(|(path, replies)| (path.to_owned(), replies)).collect()
}

fn answers(reply: Reply) -> Replies {
    Replies::One(reply)
}

async fn run(binary: &Binary<'_>, sandbox: &Sandbox, workflow: &str) -> Ended {
    sandbox.write("it.yaml", workflow);
    binary.run(&["run", "it.yaml", "--yes", "--output", "json"]).await
}

async fn with_slack<'a>(sandbox: &'a Sandbox, slack: &FakeSlack, token: &str) -> Binary<'a> {
    let binary = Binary::new(sandbox).env("SAYFLOW_EGRESS_ALLOW", slack.address());
    binary.set_credential("slack", &[("token", token), ("base_url", &slack.base_url())]).await;
    binary
}

#[tokio::test]
async fn a_slack_message_arrives_and_the_token_shows_nowhere() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(Vec::new()).await);
    let binary = with_slack(&sandbox, &slack, fake_slack::TOKEN).await;
    let ended = run(&binary, &sandbox, TO_SLACK).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let messages = slack.messages();
    assert_eq!((messages.len(), messages[0].channel.as_str(), messages[0].text.as_str()), (1, "#ops", "three < four"));
    let id = ended.json()["run"]["id"].as_str().expect("a run has an id").to_owned();
    let logs = binary.run(&["runs", "logs", &id, "--output", "json"]).await;
    for text in [&ended.stdout, &ended.stderr, &logs.stdout, &logs.stderr] {
        assert!(!text.contains(fake_slack::TOKEN), "{text}");
    }
}

#[tokio::test]
async fn a_rate_limited_message_is_sent_again_and_arrives_once() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(vec![Trouble::RateLimit(0)]).await);
    let binary = with_slack(&sandbox, &slack, fake_slack::TOKEN).await;
    let workflow = TO_SLACK.replace("    with:", "    retry: { max_attempts: 3, backoff: 10ms }\n    with:");
    let ended = run(&binary, &sandbox, &workflow).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!((slack.messages().len(), slack.requests().len()), (1, 2));
}

#[tokio::test]
async fn an_error_word_of_slack_fails_the_step_and_is_named() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(Vec::new()).await);
    let binary = with_slack(&sandbox, &slack, "xoxb-somebody-else").await;
    let ended = run(&binary, &sandbox, TO_SLACK).await;
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.json()["run"]["error"].to_string().contains("invalid_auth"), "{}", ended.stdout);
    assert!(slack.messages().is_empty());
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_not_repeated_but_asked_about() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(vec![Trouble::Broken {}]).await);
    let binary = with_slack(&sandbox, &slack, fake_slack::TOKEN).await;
    let workflow = TO_SLACK.replace("    with:", "    retry: { max_attempts: 3, backoff: 10ms }\n    with:");
    let ended = run(&binary, &sandbox, &workflow).await;
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(slack.requests().len(), 1, "a 500 leaves the outcome unknown");
}

#[tokio::test]
async fn a_telegram_message_arrives() {
    let (sandbox, telegram) = (Sandbox::new(), FakeTelegram::start().await);
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", telegram.address());
    binary.set_credential("telegram", &[("token", fake_telegram::TOKEN), ("base_url", &telegram.base_url())]).await;
    let workflow = "name: it\nsteps:\n  - id: tell\n    uses: telegram.send_message\n    with: { chat_id: '-100', text: done }\n";
    let ended = run(&binary, &sandbox, workflow).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let messages = telegram.messages();
    assert_eq!((messages.len(), messages[0].chat.as_str(), messages[0].text.as_str()), (1, "-100", "done"));
    assert!(!ended.stdout.contains(fake_telegram::TOKEN), "the token is a part of the URL and must not show");
}

#[tokio::test]
async fn a_mail_arrives_with_its_attachment_for_all_recipients() {
    let (sandbox, smtp) = (Sandbox::new(), FakeSmtp::start().await);
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", smtp.address());
    let port = smtp.port().to_string();
    let (user, password) = (fake_smtp::USERNAME, fake_smtp::PASSWORD);
    let fields = [("host", "127.0.0.1"), ("port", &port), ("from", user), ("username", user), ("password", password), ("tls", "none")];
    binary.set_credential("smtp", &fields).await;
    sandbox.write("report.csv", "a,b\n1,2\n");
    let workflow = "
name: it
steps:
  - id: mail
    uses: email.send
    with: { to: [a@x.example, b@x.example], cc: c@x.example, subject: Größe, text: See below, attachments: [report.csv] }
";
    let ended = run(&binary, &sandbox, workflow).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].from.as_str(), mails[0].subject.as_str()), (user, "Größe"));
    assert_eq!(mails[0].recipients, ["a@x.example", "b@x.example", "c@x.example"]);
    assert_eq!((mails[0].to.len(), mails[0].cc.len()), (2, 1));
    let (name, content) = &mails[0].attachments[0];
    // Lines of text end with CRLF on their way through mail.
    assert_eq!((name.as_str(), content.replace("\r\n", "\n").as_str()), ("report.csv", "a,b\n1,2\n"));
}

#[tokio::test]
async fn a_read_that_fails_is_tried_again_and_a_row_lands_in_the_database() {
    let busy = Reply { status: Some(503), text: Some("busy".to_owned()), ..Reply::default() };
    let ready = Reply { json: Some(json!([{"sensor": "a", "value": 1.5}, {"sensor": "b'; --", "value": 2}])), ..Reply::default() };
    let http = fake_http::start(|_| routes([("/readings", Replies::Several(vec![busy, ready]))])).await;
    let sandbox = Sandbox::new();
    let database = sandbox.workspace().join("lab.db");
    database::create(&database, "CREATE TABLE readings (sensor TEXT, value REAL)").await;
    let workflow = "
name: it
steps:
  - id: get
    uses: http.request
    retry: { max_attempts: 3, backoff: 10ms }
    with: { url: 'http://ADDRESS/readings' }
  - id: keep
    uses: sql.execute
    for_each: ${{ steps.get.output.body }}
    with: { database: lab.db, sql: 'INSERT INTO readings VALUES ($1, $2)', params: ['${{ item.sensor }}', '${{ item.value }}'] }
";
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", http.address());
    let ended = run(&binary, &sandbox, &workflow.replace("ADDRESS", &http.address())).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let rows = database::rows(&database, "SELECT sensor, value FROM readings ORDER BY value").await;
    assert_eq!(rows, [vec![json!("a"), json!(1.5)], vec![json!("b'; --"), json!(2.0)]]);
    assert_eq!(http.requests().len(), 2);
}

#[tokio::test]
async fn a_loopback_address_that_nobody_allowed_is_not_spoken_to() {
    let http = fake_http::start(|_| routes([("/secret", answers(Reply::default()))])).await;
    let sandbox = Sandbox::new();
    let workflow =
        format!("name: it\nsteps:\n  - id: get\n    uses: http.request\n    with: {{ url: 'http://{}/secret' }}\n", http.address());
    let ended = run(&Binary::new(&sandbox), &sandbox, &workflow).await;
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.json()["run"]["error"].to_string().contains("SAYFLOW_EGRESS_ALLOW"), "the way out is named: {}", ended.stdout);
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn a_write_to_a_service_without_a_yes_waits_for_approval() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(Vec::new()).await);
    let binary = with_slack(&sandbox, &slack, fake_slack::TOKEN).await;
    sandbox.write("it.yaml", TO_SLACK);
    let ended = binary.run(&["run", "it.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    assert!(slack.requests().is_empty());
}

#[tokio::test]
async fn a_dry_run_reads_and_does_not_write() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(Vec::new()).await);
    let binary = with_slack(&sandbox, &slack, fake_slack::TOKEN).await;
    sandbox.write("orders.csv", "id\n1\n2\n");
    let workflow = "
name: it
steps:
  - id: orders
    uses: file.read
    with: { path: orders.csv }
  - id: copy
    uses: file.write
    with: { path: copy.json, content: '${{ steps.orders.output.content }}' }
  - id: tell
    uses: slack.send_message
    with: { channel: '#ops', text: '${{ steps.orders.output.content.length }} orders' }
";
    sandbox.write("it.yaml", workflow);
    let ended = binary.run(&["run", "it.yaml", "--dry-run", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(slack.requests().is_empty() && sandbox.read("copy.json").is_none());
    assert!(ended.stdout.contains("2 orders"), "what would have been sent is shown: {}", ended.stdout);
}

#[tokio::test]
async fn messages_through_hooks_arrive_and_their_addresses_show_nowhere() {
    const TOKEN: &str = "hook-token-that-nobody-may-see";
    let sent = Reply { json: Some(json!({ "id": "9", "channel_id": "5" })), ..Reply::default() };
    let limited =
        Reply { status: Some(429), json: Some(json!({ "message": "You are being rate limited.", "retry_after": 0 })), ..Reply::default() };
    let taken = Reply { status: Some(202), ..Reply::default() };
    let (discord_path, teams_path) = (format!("/api/webhooks/1/{TOKEN}"), format!("/workflows/{TOKEN}/invoke"));
    let http = fake_http::start(|_| {
        routes([(discord_path.as_str(), Replies::Several(vec![limited, sent])), (teams_path.as_str(), answers(taken))])
    })
    .await;
    let sandbox = Sandbox::new();
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", http.address());
    binary.set_credential("discord", &[("url", &format!("http://{}{discord_path}", http.address()))]).await;
    let url = format!("url=http://{}{teams_path}?sig={TOKEN}", http.address());
    let set = binary.run(&["credentials", "set", "office-news", "--type", "teams", "--field", &url]).await;
    assert_eq!(set.code, 0, "{}{}", set.stdout, set.stderr);
    let workflow = "
name: it
steps:
  - { id: guild, uses: discord.send_message, with: { text: three < four }, retry: { max_attempts: 3, backoff: 10ms } }
  - { id: office, uses: teams.send_message, credential: office-news, with: { text: 'sent as ${{ steps.guild.output.message_id }}' } }
";
    sandbox.write("it.yaml", workflow);
    let asked = binary.run(&["run", "it.yaml", "--output", "json"]).await;
    assert!(asked.stdout.contains("\"destination\": \"office-news\"") && !asked.stdout.contains(TOKEN), "{}", asked.stdout);
    let ended = run(&binary, &sandbox, workflow).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let requests = http.requests();
    assert_eq!(requests.len(), 3, "a rate-limited message is sent again");
    assert!(requests[1].query == "wait=true" && requests[1].body.contains("three < four"));
    assert!(requests[2].query == format!("sig={TOKEN}") && requests[2].body.contains("sent as 9"));
    let id = ended.json()["run"]["id"].as_str().expect("a run has an id").to_owned();
    let logs = binary.run(&["runs", "logs", &id, "--output", "json"]).await;
    let accounts = binary.run(&["credentials", "list", "--output", "json"]).await;
    assert!(accounts.stdout.contains(&http.address()), "the host is shown: {}", accounts.stdout);
    for text in [&ended.stdout, &ended.stderr, &logs.stdout, &logs.stderr, &accounts.stdout] {
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_issue_and_the_object_and_makes_neither() {
    let open = Reply { json: Some(json!([{ "number": 3, "title": "Late", "state": "open" }])), ..Reply::default() };
    let http = fake_http::start(|_| routes([("/repos/acme/shop/issues", answers(open))])).await;
    let sandbox = Sandbox::new();
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", http.address());
    let address = format!("http://{}", http.address());
    binary.set_credential("github", &[("token", "ghp_secret-token"), ("base_url", &address)]).await;
    binary.set_credential("s3", &[("endpoint", &address), ("access_key", "AKIA"), ("secret_key", "secret-key")]).await;
    let workflow = "
name: it
steps:
  - { id: issues, uses: github.list_issues, with: { repo: acme/shop } }
  - { id: keep, uses: s3.put_object, with: { bucket: reports, key: issues.json, content: '${{ steps.issues.output.issues }}' } }
  - { id: tell, uses: github.create_issue, with: { repo: acme/shop, title: '${{ steps.issues.output.count }} late' } }
";
    sandbox.write("it.yaml", workflow);
    let ended = binary.run(&["run", "it.yaml", "--dry-run", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let requests = http.requests();
    assert!(requests.len() == 1 && requests[0].method == "GET", "{requests:?}");
    assert!(ended.stdout.contains("1 late") && ended.stdout.contains("issues.json"), "{}", ended.stdout);
    let asked = binary.run(&["run", "it.yaml", "--output", "json"]).await;
    assert_eq!(asked.code, 3, "{}{}", asked.stdout, asked.stderr);
    for place in ["reports/issues.json", "acme/shop"] {
        assert!(asked.stdout.contains(place), "{place}: {}", asked.stdout);
    }
}
