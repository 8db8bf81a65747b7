//! Where settings come from, which one wins, and what a wrong one says.

use sayflow_host::{Environment, Flags, Home, Settings, SettingsError};

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Self { folder }
    }

    fn load(&self, vars: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        self.load_with(vars, &Flags::default())
    }

    fn load_with(&self, vars: &[(&str, &str)], flags: &Flags) -> Result<Settings, SettingsError> {
        let environment = Environment::new(vars.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        Settings::load(&Home::at(self.folder.path()), &environment, flags)
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::load(&Home::at(folder.path()), &Environment::default(), &Flags::default()).unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8787");
}

#[test]
fn a_variable_beats_the_file_and_a_flag_beats_both() {
    let case = Case::new("timezone = \"Europe/Berlin\"\n[server]\nlisten = \"127.0.0.1:1\"\n");
    assert_eq!(case.load(&[]).unwrap().server.listen.port(), 1);
    let vars = [("SAYFLOW_SERVER__LISTEN", "127.0.0.1:2"), ("SAYFLOW_TIMEZONE", "Asia/Tokyo")];
    let settings = case.load(&vars).unwrap();
    assert_eq!((settings.server.listen.port(), settings.timezone().as_str()), (2, "Asia/Tokyo"));
    let flags = Flags { listen: Some("127.0.0.1:3".parse().unwrap()) };
    assert_eq!(case.load_with(&vars, &flags).unwrap().server.listen.port(), 3);
}

#[test]
fn the_egress_list_may_be_written_with_commas() {
    let case = Case::new("[egress]\nallow = [\"a:1\"]\n");
    assert_eq!(case.load(&[]).unwrap().egress.allow, ["a:1"]);
    assert_eq!(case.load(&[("SAYFLOW_EGRESS_ALLOW", "127.0.0.1:80, b:2")]).unwrap().egress.allow, ["127.0.0.1:80", "b:2"]);
    assert_eq!(case.load(&[("SAYFLOW_EGRESS__ALLOW", "[\"c:3\"]")]).unwrap().egress.allow, ["c:3"]);
    assert_eq!(case.load(&[("SAYFLOW_EGRESS_ALLOW", "")]).unwrap().egress.allow, ["a:1"]);
}

#[test]
fn an_unknown_key_in_the_file_is_refused_with_a_suggestion() {
    let refused = Case::new("[server]\nlistn = \"127.0.0.1:1\"\n").load(&[]).unwrap_err();
    assert!(refused.place.ends_with("config.toml: server.listn"), "{refused}");
    assert_eq!(refused.help.as_deref(), Some("did you mean \"listen\"?"));
    let refused = Case::new("[weather]\ncity = \"Rome\"\n").load(&[]).unwrap_err();
    assert!(refused.to_string().contains("unknown setting \"weather\""), "{refused}");
    assert!(refused.to_string().contains("known here: timezone, database_url, server"), "{refused}");
}

#[test]
fn an_unknown_variable_is_refused_by_its_name() {
    let refused = Case::new("").load(&[("SAYFLOW_EGRESS__ALOW", "a:1")]).unwrap_err();
    assert_eq!(refused.place, "SAYFLOW_EGRESS__ALOW");
    assert_eq!(refused.help.as_deref(), Some("did you mean \"allow\"?"));
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let vars = [("SAYFLOW_HOME", "/x"), ("SAYFLOW_BIN", "/y"), ("PATH", "/z")];
    assert_eq!(Case::new("").load(&vars).unwrap(), Settings::default());
}

#[test]
fn a_value_of_the_wrong_kind_names_its_place() {
    let refused = Case::new("[server]\nlisten = \"everywhere\"\n").load(&[]).unwrap_err();
    assert!(refused.place.ends_with("config.toml: server.listen"), "{refused}");
    let refused = Case::new("timezone = \"Atlantis/City\"\n").load(&[]).unwrap_err();
    assert!(refused.to_string().contains("no time zone"), "{refused}");
    let refused = Case::new("timezone = \n").load(&[]).unwrap_err();
    assert!(refused.place.ends_with("config.toml"), "{refused}");
}

/// The keys of a page of settings, with those of sections in sections.
fn collect(keys: &mut Vec<String>, prefix: &str, value: &serde_json::Value) {
    match value.as_object().filter(|inner| !inner.is_empty()) {
        Some(inner) => inner.iter().for_each(|(key, value)| collect(keys, &format!("{prefix}{key}."), value)),
        None => keys.push(prefix.trim_end_matches('.').to_owned()),
    }
}

#[test]
fn every_setting_has_its_line_in_the_documentation() {
    let page = include_str!("../../../docs/settings.md");
    let all = serde_json::to_value(Settings::default()).unwrap();
    let mut keys = Vec::new();
    collect(&mut keys, "", &all);
    assert!(keys.len() >= 5);
    for key in keys {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}

#[test]
fn the_database_is_a_postgres_address_whose_password_shows_nowhere() {
    let url = "postgres://flow:s3cret@db.example/flows";
    let settings = Case::new("").load(&[("SAYFLOW_DATABASE_URL", url)]).unwrap();
    assert_eq!(settings.database_url.as_ref().map(|url| url.reveal()), Some(url));
    assert!(!format!("{settings:?}").contains("s3cret"));
    let refused = Case::new("database_url = \"mysql://root:s3cret@db/flows\"\n").load(&[]).unwrap_err();
    assert!(refused.to_string().contains("PostgreSQL") && !refused.to_string().contains("s3cret"), "{refused}");
    let refused = Case::new("").load(&[("SAYFLOW_DATABASE_URL", "12")]).unwrap_err();
    assert_eq!(refused.place, "database_url");
}

#[test]
fn limits_and_retention_are_at_least_one() {
    let case = Case::new("[retention]\ndays = 7\n[limits]\nhooks = 8\n");
    let settings = case.load(&[("SAYFLOW_LIMITS__STREAMS", "3")]).unwrap();
    assert_eq!((settings.retention.days.get(), settings.limits.hooks.get(), settings.limits.streams.get()), (7, 8, 3));
    assert_eq!(settings.retention.runs_per_workflow.get(), 10_000);
    let refused = case.load(&[("SAYFLOW_LIMITS__HOOKS", "0")]).unwrap_err();
    assert_eq!(refused.place, "SAYFLOW_LIMITS__HOOKS");
    let refused = Case::new("[limits]\nhook = 8\n").load(&[]).unwrap_err();
    assert_eq!(refused.help.as_deref(), Some("did you mean \"hooks\"?"));
}

#[test]
fn a_search_server_and_embeddings_can_be_set_and_their_keys_never_show() {
    let case =
        Case::new("[retrieval]\nqdrant_url = \"http://localhost:6334\"\n[retrieval.embeddings]\nbase_url = \"http://m.example/v1\"\n");
    let vars = [
        ("SAYFLOW_RETRIEVAL__QDRANT_API_KEY", "12345"),
        ("SAYFLOW_RETRIEVAL__EMBEDDINGS__MODEL", "4"),
        ("SAYFLOW_RETRIEVAL__EMBEDDINGS__API_KEY", "67890"),
    ];
    let settings = case.load(&vars).unwrap();
    let embeddings = settings.retrieval.embeddings.clone();
    assert_eq!((embeddings.model.as_deref(), embeddings.api_key.as_ref().map(|key| key.reveal())), (Some("4"), Some("67890")));
    let shown = format!("{settings:?}");
    assert!(!shown.contains("12345") && !shown.contains("67890"), "{shown}");
}

#[test]
fn retrieval_settings_that_cannot_be_meant_are_refused() {
    for (text, place) in [
        ("[retrieval]\nqdrant_url = \"localhost:6334\"\n", "retrieval.qdrant_url"),
        ("[retrieval]\ncollection = \"a/b\"\n", "retrieval.collection"),
        ("[retrieval.embeddings]\nbase_url = \"http://m.example\"\n", "retrieval.embeddings.model"),
        ("[retrieval.embeddings]\nbase_url = \"m.example\"\nmodel = \"m\"\n", "retrieval.embeddings.base_url"),
        ("[retrieval.embeddings]\nmodel = \"m\"\nfolder = \"/m\"\n", "retrieval.embeddings"),
        ("[retrieval.embeddings]\nbase_url = \"http://m.example\"\nmodel = \"m\"\nfolder = \"/m\"\n", "retrieval.embeddings"),
    ] {
        let refused = Case::new(text).load(&[]).unwrap_err();
        assert_eq!(refused.place, place, "{refused}");
        assert!(refused.help.is_some());
    }
    assert_eq!(Case::new("[retrieval.embeddings]\nfolder = \"/m\"\n").load(&[]).unwrap().retrieval.embeddings.api_key, None);
    let unknown = Case::new("[retrieval]\nqdrant_ur = \"http://localhost:6334\"\n").load(&[]).unwrap_err();
    assert_eq!(unknown.help.as_deref(), Some("did you mean \"qdrant_url\"?"));
}
