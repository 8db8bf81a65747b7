//! The vault as its users see it.

use super::{CredentialField, CredentialType, HostRule, KeySource, MemoryRows, Vault, VaultErrorKind, VaultKey, VaultRows};
use crate::action::Catalogue;
use sayflow_protocol::api::SetCredential;
use serde_json::{Value, json};
use std::sync::Arc;

fn field(name: &str, secret: bool, required: bool, default: Option<&str>) -> CredentialField {
    CredentialField {
        name: name.into(),
        help: format!("The {name}."),
        secret,
        required,
        default: default.map(str::to_owned),
        choices: Vec::new(),
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::new();
    let slack = vec![field("token", true, true, None), field("base_url", false, false, Some("https://slack.com/api"))];
    let tls = CredentialField { choices: vec!["none".into(), "tls".into()], ..field("tls", false, false, Some("tls")) };
    let smtp = vec![
        field("host", false, true, None),
        field("port", false, false, Some("587")),
        field("username", false, false, None),
        field("password", true, false, None),
        tls,
    ];
    for (id, fields, hosts) in [
        ("slack", slack, HostRule::UrlField("base_url".into())),
        ("smtp", smtp, HostRule::HostPortFields { host: "host".into(), port: "port".into() }),
        ("http-bearer", vec![field("token", true, true, None)], HostRule::Named),
        ("http-header", vec![field("header", false, true, None), field("value", true, true, None)], HostRule::Named),
    ] {
        catalogue.add_credential_type(CredentialType { id: id.into(), title: id.into(), fields, hosts }).unwrap();
    }
    catalogue
}

fn form(form: Value) -> SetCredential {
    serde_json::from_value(form).unwrap()
}

fn slack() -> SetCredential {
    form(json!({"fields": {"token": "xoxb-hush"}}))
}

async fn vault() -> Vault {
    Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap()
}

#[allow(clippy::disallowed_methods)]
fn revealed(credential: &super::Credential, name: &str) -> String {
    credential.secret(name).unwrap().reveal().to_owned()
}

#[tokio::test]
async fn what_is_set_is_listed_without_secrets_and_opened_with_them() {
    let vault = vault().await;
    let info = vault.set("slack", slack(), &catalogue()).await.unwrap();
    assert_eq!(info.hosts, ["slack.com:443"]);
    assert_eq!(info.fields["base_url"], "https://slack.com/api");
    assert_eq!(info.secret_fields, ["token"]);
    assert_eq!(vault.list().await.unwrap(), [info]);
    let credential = vault.get("slack").await.unwrap().unwrap();
    assert_eq!(revealed(&credential, "token"), "xoxb-hush");
    assert!(credential.may_go_to("slack.com", 443) && !credential.may_go_to("evil.example", 443));
    assert!(vault.get("other").await.unwrap().is_none());
}

#[tokio::test]
async fn accounts_outlive_the_process_and_the_disk_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let store = || async { Arc::new(sayflow_store::Store::open(folder.path()).await.unwrap()) };
    let source = KeySource::choose(None, folder.path());
    let first = store().await;
    let vault = Vault::open(first.clone(), source.clone()).await.unwrap();
    assert!(!folder.path().join("vault.key").exists(), "no key is made before one is needed");
    vault.set("slack", slack(), &catalogue()).await.unwrap();
    first.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"xoxb-hush"));
    }
    let vault = Vault::open(store().await, source).await.unwrap();
    assert_eq!(revealed(&vault.get("slack").await.unwrap().unwrap(), "token"), "xoxb-hush");
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_refused_when_the_vault_opens() {
    let rows: Arc<dyn VaultRows> = Arc::new(MemoryRows::default());
    let vault = Vault::open(Arc::clone(&rows), KeySource::Given(VaultKey::generate())).await.unwrap();
    vault.set("slack", slack(), &catalogue()).await.unwrap();
    let wrong = Vault::open(Arc::clone(&rows), KeySource::Given(VaultKey::generate())).await.err().unwrap();
    assert_eq!(wrong.kind, VaultErrorKind::Key);
    assert!(wrong.help.unwrap().contains("SAYFLOW_KEY_FILE"));
    let folder = tempfile::tempdir().unwrap();
    let source = KeySource::choose(None, folder.path());
    let missing = Vault::open(rows, source).await.err().unwrap();
    assert_eq!(missing.kind, VaultErrorKind::Key);
    assert!(!folder.path().join("vault.key").exists(), "a vault with accounts gets no new key");
}

#[tokio::test]
async fn a_record_that_was_pointed_at_another_host_or_name_is_not_opened() {
    let rows = Arc::new(MemoryRows::default());
    let key = KeySource::Given(VaultKey::generate());
    let vault = Vault::open(rows.clone(), key.clone()).await.unwrap();
    vault.set("slack", slack(), &catalogue()).await.unwrap();
    let row = rows.load_all().await.unwrap().remove(0);
    let mut moved = row.clone();
    moved.body = moved.body.replace("slack.com", "evil.example");
    let mut renamed = row.clone();
    renamed.name = "other".into();
    rows.put(moved).await.unwrap();
    rows.put(renamed).await.unwrap();
    let vault = Vault::open(rows, key).await.unwrap();
    for name in ["slack", "other"] {
        assert_eq!(vault.get(name).await.unwrap_err().kind, VaultErrorKind::Damaged, "{name}");
    }
}

#[tokio::test]
async fn no_secret_is_in_any_error_or_debug_output() {
    let vault = vault().await;
    vault.set("slack", slack(), &catalogue()).await.unwrap();
    let credential = vault.get("slack").await.unwrap().unwrap();
    let forms = [
        ("slack", json!({"fields": {"token": "hush-hush\nx"}})),
        ("slack", json!({"fields": {"token": "hush-hush", "url": "x"}})),
        ("slack", json!({"fields": {"token": "hush-hush", "base_url": "ftp://x"}})),
        ("slack", json!({"fields": {"token": "hush-hush", "base_url": "https://me:hush-hush@x.io"}})),
        ("smtp", json!({"fields": {"host": "x", "password": "hush-hush", "tls": "maybe"}})),
        ("api", json!({"type": "http-bearer", "fields": {"token": "hush-hush"}})),
    ];
    let mut seen = format!("{credential:?} {:?} {:?}", slack(), vault.list().await.unwrap());
    for (name, body) in forms {
        let error = vault.set(name, form(body.clone()), &catalogue()).await.unwrap_err();
        assert_eq!(error.kind, VaultErrorKind::Invalid, "{body}");
        seen += &format!("{error} {error:?} {:?} {:?}", form(body), crate::action::StepError::from(error.clone()));
    }
    assert!(!seen.contains("hush"), "{seen}");
}

#[tokio::test]
async fn a_form_that_does_not_fit_is_refused_with_the_way_out() {
    let vault = vault().await;
    let cases = [
        ("slak", json!({"fields": {}}), "did you mean --type slack?"),
        ("mine", json!({"type": "nonsense!", "fields": {}}), "http-bearer, http-header, slack, smtp"),
        ("slack", json!({"fields": {}}), "--field token=…"),
        ("slack", json!({"fields": {"token": "  \n"}}), "--field token=…"),
        ("slack", json!({"fields": {"tokn": "x"}}), "did you mean token?"),
        ("slack", json!({"fields": {"token": "x", "base_url": "slack.com"}}), "https://"),
        ("api", json!({"type": "http-bearer", "fields": {"token": "x"}}), "--host api.example.com"),
        ("api", json!({"type": "http-bearer", "fields": {"token": "x"}, "hosts": ["a b"]}), "api.example.com"),
        ("a/b", json!({"type": "slack", "fields": {"token": "x"}}), "letters, digits"),
    ];
    for (name, body, way_out) in cases {
        let error = vault.set(name, form(body.clone()), &catalogue()).await.unwrap_err();
        assert!(error.help.as_deref().unwrap_or_default().contains(way_out), "{body}: {error:?}");
    }
    for (body, says) in [
        (json!({"fields": {"host": "mail.x.io", "tls": "maybe"}}), "none, tls"),
        (json!({"fields": {"host": "mail.x.io", "port": "70000"}}), "1 to 65535"),
        (json!({"fields": {"host": "mail.x.io"}, "hosts": ["x.io"]}), "no others"),
    ] {
        let error = vault.set("smtp", form(body), &catalogue()).await.unwrap_err();
        assert!(error.message.contains(says), "{error:?}");
    }
    assert!(vault.list().await.unwrap().is_empty(), "nothing was kept");
}

#[tokio::test]
async fn hosts_come_from_the_fields_or_are_named() {
    let vault = vault().await;
    for (name, body, hosts) in [
        ("s1", json!({"type": "slack", "fields": {"token": "x", "base_url": "HTTP://127.0.0.1:9911/api/"}}), vec!["127.0.0.1:9911"]),
        ("m1", json!({"type": "smtp", "fields": {"host": "Mail.X.io"}}), vec!["mail.x.io:587"]),
        (
            "h1",
            json!({"type": "http-bearer", "fields": {"token": "x"}, "hosts": ["API.x.io", "b.x.io:8443", "c.x.io:443"]}),
            vec!["api.x.io", "b.x.io:8443", "c.x.io:443"],
        ),
        (
            "h2",
            json!({"type": "http-bearer", "fields": {"token": "x", "hosts": "a.x.io, https://b.x.io/v1"}}),
            vec!["a.x.io", "b.x.io:443"],
        ),
    ] {
        let info = vault.set(name, form(body), &catalogue()).await.unwrap();
        assert_eq!(info.hosts, hosts, "{name}");
    }
    assert_eq!(vault.get("s1").await.unwrap().unwrap().field("base_url"), Some("http://127.0.0.1:9911/api"));
}

#[tokio::test]
async fn a_step_gets_the_named_account_or_the_only_one_of_the_type() {
    let vault = vault().await;
    let none = vault.resolve("slack", None).await.unwrap_err();
    assert_eq!(none.kind, VaultErrorKind::Missing);
    assert!(none.help.unwrap().contains("sayflow credentials set slack"));
    vault.set("slack", slack(), &catalogue()).await.unwrap();
    assert_eq!(vault.resolve("slack", None).await.unwrap().name, "slack");
    vault.set("second", form(json!({"type": "slack", "fields": {"token": "y"}})), &catalogue()).await.unwrap();
    let several = vault.resolve("slack", None).await.unwrap_err();
    assert_eq!(several.kind, VaultErrorKind::Ambiguous);
    assert!(several.message.contains("second, slack"));
    assert_eq!(revealed(&vault.resolve("slack", Some("second")).await.unwrap(), "token"), "y");
    assert_eq!(vault.resolve("smtp", Some("slack")).await.unwrap_err().kind, VaultErrorKind::Invalid);
    assert_eq!(vault.resolve("slack", Some("third")).await.unwrap_err().kind, VaultErrorKind::Missing);
    vault
        .set("api", form(json!({"type": "http-header", "fields": {"header": "X-Key", "value": "v"}, "hosts": ["x.io"]})), &catalogue())
        .await
        .unwrap();
    assert_eq!(vault.resolve("http-*", None).await.unwrap().name, "api");
    vault.remove("second").await.unwrap();
    assert_eq!(vault.resolve("slack", None).await.unwrap().name, "slack");
    assert_eq!(vault.remove("second").await.unwrap_err().kind, VaultErrorKind::Missing);
}
