//! `[models]` in the settings, and the variables that OpenAI's own tools know.

use sayflow_host::{Environment, Flags, Home, ModelSettings, Settings, SettingsError};

fn load(config: &str, vars: &[(&str, &str)]) -> Result<ModelSettings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let environment = Environment::new(vars.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    Settings::load(&Home::at(folder.path()), &environment, &Flags::default()).map(|settings| settings.models)
}

/// Address, model, and whether there is a key.
fn loaded(config: &str, vars: &[(&str, &str)]) -> (Option<String>, Option<String>, bool) {
    let models = load(config, vars).unwrap();
    (models.base_url, models.model, models.api_key.is_some())
}

const ALL: &[(&str, &str)] = &[("OPENAI_API_KEY", "sk-1"), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("OPENAI_MODEL", "m")];

#[test]
fn the_variables_of_openai_count_where_nothing_else_does() {
    assert_eq!(loaded("", &[]), (None, None, false));
    assert_eq!(loaded("", &ALL[..1]), (None, None, true));
    assert_eq!(loaded("", ALL), (Some("http://127.0.0.1:9/v1".into()), Some("m".into()), true));
    assert_eq!(loaded("[models]\nmodel = \"mine\"\n", ALL), (Some("http://127.0.0.1:9/v1".into()), Some("mine".into()), true));
    let ours = [ALL, &[("SAYFLOW_MODELS__MODEL", "ours"), ("SAYFLOW_MODELS__API_KEY", "123456")]].concat();
    assert_eq!(load("", &ours).unwrap().model.as_deref(), Some("ours"));
}

#[test]
fn their_key_is_not_sent_to_another_address_of_ours() {
    let elsewhere = "[models]\nbase_url = \"https://models.example/v1\"\n";
    assert_eq!(loaded(elsewhere, ALL), (Some("https://models.example/v1".into()), None, false));
    let openai = "[models]\nbase_url = \"https://api.openai.com/v1/\"\n";
    assert_eq!(loaded(openai, &ALL[..1]), (Some("https://api.openai.com/v1/".into()), None, true));
    let same = "[models]\nbase_url = \"http://127.0.0.1:9/v2\"\n";
    assert_eq!(loaded(same, ALL), (Some("http://127.0.0.1:9/v2".into()), Some("m".into()), true));
    assert!(!loaded("[models]\ncredential = \"mine\"\n", ALL).2);
}

#[test]
fn everything_can_be_set_and_mistakes_are_named() {
    let config = "[models]\nbase_url = \"http://localhost:11434/v1\"\ntemperature = \"default\"\nretries = 0\n\
        [models.fill]\nmodel = \"small\"\ntemperature = 0.5\n[models.timeouts]\nstall_seconds = 5\n\
        [models.budget]\nday_usd = 2.5\n[models.prices.\"small\"]\ninput = 0.1\noutput = 0.4\n";
    let models = load(config, &[("SAYFLOW_MODELS__BUDGET__TURN_TOKENS", "5000")]).unwrap();
    assert_eq!((models.timeouts.stall_seconds.get(), models.budget.turn_tokens.get(), models.budget.day_usd), (5, 5000, Some(2.5)));
    assert_eq!(models.fill.unwrap().model.as_deref(), Some("small"));
    for (config, place, said) in [
        ("[models]\nbase_ur = \"x\"\n", "models.base_ur", "did you mean \"base_url\"?"),
        ("[models.fill]\nmodle = \"x\"\n", "models.fill.modle", "did you mean \"model\"?"),
        ("[models]\nbase_url = \"localhost\"\n", "models.base_url", "no address of a model server"),
        ("[models.judge]\nbase_url = \"ftp://x\"\n", "models.judge.base_url", "no address of a model server"),
        ("[models]\ntemperature = 3\n", "models.temperature", "\"default\" for the model's own"),
        ("[models]\napi_key = \"a\"\ncredential = \"b\"\n", "models.credential", "leave one of"),
        ("[models.budget]\nday_usd = -1\n", "models.budget.day_usd", "no amount of money"),
        ("[models.prices.m]\ninput = -1\noutput = 1\n", "models.prices.\"m\"", "no price"),
        ("[models.prices.m]\ninput = 1\n", "models.prices.m", "output"),
        ("[models.timeouts]\ncall_seconds = 0\n", "models.timeouts.call_seconds", "nonzero"),
    ] {
        let refused = load(config, &[]).unwrap_err();
        assert!(refused.place.ends_with(place) && refused.to_string().contains(said), "{config}: {refused}");
    }
}

#[test]
fn a_key_shows_in_no_error_and_no_page() {
    let refused = load("[models]\napi_key = 1234567\n", &[]).unwrap_err();
    assert!(!refused.to_string().contains("1234567") && refused.to_string().contains("quotation marks"), "{refused}");
    let models = load("[models]\napi_key = \"sk-very-secret\"\n", ALL).unwrap();
    let environment = Environment::new([("OPENAI_API_KEY".to_owned(), "sk-very-secret".to_owned())]);
    let shown = format!("{models:?} {} {environment:?}", serde_json::to_string(&models).unwrap());
    assert!(!shown.contains("sk-very") && shown.contains("OPENAI_API_KEY"), "{shown}");
}
