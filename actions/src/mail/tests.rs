//! The mailer against a mail server on loopback.

use super::fake_server::{Ending, FakeServer, Tls};
use super::{Gate, SmtpMailer};
use crate::egress::EgressPolicy;
use async_trait::async_trait;
use sayflow_engine::action::{Retry, StepError};
use sayflow_engine::ports::{Attachment, Mail, OutgoingMail};
use sayflow_engine::vault::{Credential, Secret};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Every name is the fake server, but for `closed.test`.
struct OnlyTheFake(SocketAddr);

#[async_trait]
impl Gate for OnlyTheFake {
    async fn addresses(&self, host: &str, _: u16) -> Result<Vec<SocketAddr>, StepError> {
        match host {
            "closed.test" => Err(StepError::new("egress_refused", "closed.test is not allowed")),
            _ => Ok(vec![self.0]),
        }
    }
}

fn credential(host: &str, tls: &str, password: &str) -> Credential {
    let fields = [("host", host), ("port", "2525"), ("from", "Robot <robot@mail.test>"), ("username", "robot"), ("tls", tls)];
    Credential {
        name: "smtp".into(),
        kind: "smtp".into(),
        hosts: vec![format!("{host}:2525")],
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        secrets: [("password".to_owned(), Secret::new(password.to_owned()))].into_iter().collect(),
    }
}

fn good(tls: &str) -> Credential {
    credential("mail.test", tls, "hush-hush")
}

fn mail(to: &[&str]) -> OutgoingMail {
    OutgoingMail {
        to: to.iter().map(|&address| address.to_owned()).collect(),
        cc: vec!["Carl <carl@x.io>".to_owned()],
        subject: "Grüße".to_owned(),
        text: Some("hello\n.\nworld".to_owned()),
        ..OutgoingMail::default()
    }
}

fn mailer(server: &FakeServer) -> SmtpMailer {
    SmtpMailer::new(Arc::new(OnlyTheFake(server.address))).trusting(server.authority.clone())
}

#[tokio::test]
async fn a_mail_arrives_with_all_its_parts() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let file = Attachment { name: "a.csv".into(), media_type: "text/csv; charset=utf-8".into(), content: "x,y\n".into() };
    let outgoing = OutgoingMail { html: Some("<b>hello</b>".into()), attachments: vec![file], ..mail(&["Ada <ada@x.io>", "bo@x.io"]) };
    let id = mailer(&server).send(outgoing, &good("none")).await.unwrap();
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].from, "robot@mail.test");
    assert_eq!(taken[0].recipients, ["ada@x.io", "bo@x.io", "carl@x.io"]);
    assert!(id.ends_with("@mail.test>"), "{id}");
    let headers = [
        format!("Message-ID: {id}"),
        "From: Robot <robot@mail.test>".to_owned(),
        "To: Ada <ada@x.io>, bo@x.io".to_owned(),
        "Cc: Carl <carl@x.io>".to_owned(),
        "Subject: =?utf-8?b?R3LDvMOfZQ==?=".to_owned(),
        "Date: ".to_owned(),
        "<b>hello</b>".to_owned(),
        "filename=\"a.csv\"".to_owned(),
    ];
    for expected in headers {
        assert!(taken[0].text.contains(&expected), "{expected} is missing in\n{}", taken[0].text);
    }
}

#[tokio::test]
async fn starttls_and_tls_encrypt_before_anything_is_said() {
    for (kind, name) in [(Tls::Upgrade, "starttls"), (Tls::FromTheStart, "tls")] {
        let server = FakeServer::start(kind, Ending::Take).await;
        mailer(&server).send(mail(&["ada@x.io"]), &good(name)).await.unwrap();
        assert!(server.taken()[0].encrypted, "{name}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_or_an_unknown_authority_is_refused() {
    for (kind, name) in [(Tls::Upgrade, "starttls"), (Tls::FromTheStart, "tls")] {
        let server = FakeServer::start(kind, Ending::Take).await;
        let other = mailer(&server).send(mail(&["ada@x.io"]), &credential("other.test", name, "hush-hush")).await.unwrap_err();
        let stranger = SmtpMailer::new(Arc::new(OnlyTheFake(server.address))).send(mail(&["ada@x.io"]), &good(name)).await.unwrap_err();
        for error in [other, stranger] {
            assert_eq!((error.code.as_str(), error.outcome_unknown), ("tls_failed", false), "{error}");
        }
        assert!(server.taken().is_empty());
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_starttls_is_wanted() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let error = mailer(&server).send(mail(&["ada@x.io"]), &good("starttls")).await.unwrap_err();
    assert_eq!(error.code, "tls_unavailable");
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_repeated_in_the_error() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let error = mailer(&server).send(mail(&["ada@x.io"]), &credential("mail.test", "none", "hush-wrong")).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("auth_failed", Retry::Never));
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn a_refused_recipient_is_named_and_nothing_is_sent() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let error = mailer(&server).send(mail(&["ada@x.io", "nobody@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("recipient_refused", Retry::Never));
    assert!(error.message.contains("nobody@x.io") && error.message.contains("no such user"), "{error}");
    let later = mailer(&server).send(mail(&["later@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((later.code.as_str(), later.retry), ("recipient_refused", Retry::Maybe));
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_text_is_definite_but_silence_after_it_is_unknown() {
    let server = FakeServer::start(Tls::None, Ending::Refuse).await;
    let refused = mailer(&server).send(mail(&["ada@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.outcome_unknown), ("mail_refused", false));
    let server = FakeServer::start(Tls::None, Ending::HangUp).await;
    let gone = mailer(&server).send(mail(&["ada@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((gone.code.as_str(), gone.outcome_unknown), ("mail_unconfirmed", true));
    let server = FakeServer::start(Tls::None, Ending::SayNothing).await;
    let patient = mailer(&server).with_timeout(Duration::from_millis(300));
    let silent = patient.send(mail(&["ada@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((silent.code.as_str(), silent.outcome_unknown), ("timeout", true));
}

#[tokio::test]
async fn bad_addresses_and_line_breaks_are_refused_before_connecting() {
    let nowhere = SmtpMailer::new(Arc::new(OnlyTheFake(([127, 0, 0, 1], 1).into())));
    for address in ["ada", "ada@x.io\r\nBcc: evil@x.io", "", "ada@x.io, bo@x.io"] {
        let error = nowhere.send(mail(&[address]), &good("none")).await.unwrap_err();
        assert_eq!(error.code, "invalid_address", "{address}");
    }
    let injected = OutgoingMail { subject: "x\r\nBcc: evil@x.io".into(), ..mail(&["ada@x.io"]) };
    assert_eq!(nowhere.send(injected, &good("none")).await.unwrap_err().code, "invalid_parameters");
}

#[tokio::test]
async fn it_goes_only_where_the_gate_and_the_credential_allow() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let closed = mailer(&server).send(mail(&["ada@x.io"]), &credential("closed.test", "none", "hush-hush")).await.unwrap_err();
    assert_eq!(closed.code, "egress_refused");
    let unbound = Credential { hosts: vec!["elsewhere.test:2525".into()], ..good("none") };
    assert_eq!(mailer(&server).send(mail(&["ada@x.io"]), &unbound).await.unwrap_err().code, "invalid_credential");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_be_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = SmtpMailer::new(Arc::new(OnlyTheFake(address))).send(mail(&["ada@x.io"]), &good("none")).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("connection_failed", Retry::Maybe, false));
}

#[tokio::test]
async fn a_mail_server_inside_is_reached_only_where_the_egress_rules_list_it() {
    let server = FakeServer::start(Tls::None, Ending::Take).await;
    let port = server.address.port();
    let account = |host: &str| {
        let mut account = credential(host, "none", "hush-hush");
        account.fields.insert("port".into(), port.to_string());
        account.hosts = vec![format!("{host}:{port}")];
        account
    };
    for host in ["127.0.0.1", "localhost"] {
        let closed = SmtpMailer::new(Arc::new(EgressPolicy::default())).send(mail(&["ada@x.io"]), &account(host)).await.unwrap_err();
        assert_eq!((closed.code.as_str(), closed.outcome_unknown), ("egress_refused", false));
        assert!(closed.help.unwrap().contains("SAYFLOW_EGRESS_ALLOW"));
        let policy = EgressPolicy::from_allow_list(&format!("127.0.0.1:{port}")).unwrap();
        SmtpMailer::new(Arc::new(policy)).send(mail(&["ada@x.io"]), &account(host)).await.unwrap();
    }
    assert_eq!(server.taken().len(), 2);
}
