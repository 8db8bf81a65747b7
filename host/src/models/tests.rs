//! Which endpoint each role gets, and where keys go.

use super::*;
use sayflow_agent::model::{ApiKey, DEFAULT_MODEL, OPENAI_BASE_URL};
use sayflow_engine::ports::SystemClock;
use sayflow_engine::vault::KeySource;
use sayflow_protocol::api::SetCredential;
use sayflow_store::Store;

struct Case {
    vault: Vault,
    _folder: tempfile::TempDir,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let vault = Vault::open(Arc::new(store), KeySource::choose(None, folder.path())).await.unwrap();
        Self { vault, _folder: folder }
    }

    async fn account(&self, name: &str, base_url: Option<&str>) {
        let fields = [("api_key", Some("sk-account")), ("base_url", base_url)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let form = SetCredential { kind: Some("openai".to_owned()), fields, hosts: Vec::new() };
        self.vault.set(name, form, &sayflow_actions::catalogue()).await.unwrap();
    }

    async fn client(&self, settings: &ModelSettings) -> Result<Option<ModelClient>, Unusable> {
        client(settings, Some(&self.vault), Arc::new(SystemClock)).await
    }

    /// Address, model and whether a key is sent, for a role.
    async fn of(&self, settings: &ModelSettings, role: Role) -> (String, String, bool) {
        let client = self.client(settings).await.unwrap().unwrap();
        let endpoint = client.config().endpoint(role);
        (endpoint.base_url().to_owned(), endpoint.model_name().to_owned(), endpoint.has_key())
    }
}

fn at(base_url: &str) -> ModelSettings {
    ModelSettings { base_url: Some(base_url.to_owned()), ..ModelSettings::default() }
}

const LOCAL: &str = "http://127.0.0.1:11434/v1";

#[tokio::test]
async fn an_address_a_key_or_an_account_is_enough() {
    let case = Case::new().await;
    assert!(case.client(&ModelSettings::default()).await.unwrap().is_none());
    assert_eq!(case.of(&at(LOCAL), Role::Chat).await, (LOCAL.into(), DEFAULT_MODEL.into(), false));
    let keyed = ModelSettings { api_key: Some(ApiKey::new("sk-1")), ..ModelSettings::default() };
    assert_eq!(case.of(&keyed, Role::Chat).await, (OPENAI_BASE_URL.into(), DEFAULT_MODEL.into(), true));
    case.account("openai", None).await;
    assert_eq!(case.of(&ModelSettings::default(), Role::Chat).await, (OPENAI_BASE_URL.into(), DEFAULT_MODEL.into(), true));
}

#[tokio::test]
async fn an_account_is_sent_only_where_it_is_bound_to() {
    let case = Case::new().await;
    case.account("openai", None).await;
    assert_eq!(case.of(&at(LOCAL), Role::Chat).await, (LOCAL.into(), DEFAULT_MODEL.into(), false));
    let named = ModelSettings { credential: Some("openai".into()), ..at(LOCAL) };
    let why = case.client(&named).await.unwrap_err().to_string();
    assert!(why.contains("is bound to api.openai.com:443 and is not sent to 127.0.0.1:11434") && !why.contains("sk-account"), "{why}");
    case.account("mine", Some(LOCAL)).await;
    assert_eq!(case.of(&at(LOCAL), Role::Chat).await, (LOCAL.into(), DEFAULT_MODEL.into(), true));
    let why = case.client(&ModelSettings::default()).await.unwrap_err().to_string();
    assert!(why.contains("several accounts of the type openai: mine, openai") && why.contains("models.credential"), "{why}");
    let why = case.client(&ModelSettings { credential: Some("yours".into()), ..ModelSettings::default() }).await.unwrap_err();
    assert!(why.message.contains("yours"), "{why}");
}

#[tokio::test]
async fn a_role_has_what_it_says_and_the_rest_of_all_others() {
    let case = Case::new().await;
    let role = |base_url: Option<&str>, model: Option<&str>| {
        Some(RoleSettings { base_url: base_url.map(str::to_owned), model: model.map(str::to_owned), ..RoleSettings::default() })
    };
    let settings = ModelSettings {
        api_key: Some(ApiKey::new("sk-1")),
        model: Some("large".into()),
        fill: role(None, Some("small")),
        judge: role(Some(LOCAL), Some("strict")),
        chat: role(Some("https://models.example/other"), None),
        ..at("https://models.example/v1")
    };
    assert_eq!(case.of(&settings, Role::Plan).await, ("https://models.example/v1".into(), "large".into(), true));
    assert_eq!(case.of(&settings, Role::Fill).await, ("https://models.example/v1".into(), "small".into(), true));
    assert_eq!(case.of(&settings, Role::Chat).await, ("https://models.example/other".into(), "large".into(), true));
    // Another host does not get the key.
    assert_eq!(case.of(&settings, Role::Judge).await, (LOCAL.into(), "strict".into(), false));
    // A role alone is enough, and serves the others.
    let alone = ModelSettings { plan: role(Some(LOCAL), Some("m")), ..ModelSettings::default() };
    assert_eq!(case.of(&alone, Role::Chat).await, (LOCAL.into(), "m".into(), false));
}
