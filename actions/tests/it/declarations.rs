//! What every declaration promises to those that are driven by it.

use sayflow_engine::action::{ActionSpec, role};
use serde_json::{Value, json};

const ROLES: &[&str] = &[
    role::URL,
    role::PATH,
    role::FOLDER,
    role::CHANNEL,
    role::RECIPIENT,
    role::CHAT,
    role::TEXT,
    role::SUBJECT,
    role::ITEMS,
    role::VALUE,
    role::CONDITION,
    role::BY,
    role::PROJECTION,
    role::COUNT,
    role::ORDER,
    role::MEASURES,
    role::DATABASE,
    role::SQL,
    role::DURATION,
    role::WORKFLOW,
    role::TIME,
    role::FORMAT,
    role::PATTERN,
    role::SELECTOR,
    role::OTHER_ITEMS,
    role::METHOD,
    role::HEADERS,
    role::MODE,
    role::SCRIPT,
    role::REPLACEMENT,
    role::TIMEZONE,
    role::ALGORITHM,
    role::PROMPT,
    role::SCHEMA,
    role::REPOSITORY,
    role::BUCKET,
    role::KEY,
];

fn each(check: impl Fn(&ActionSpec)) {
    let catalogue = sayflow_actions::catalogue();
    catalogue.specs().for_each(check);
}

#[test]
fn the_first_catalogue_is_there() {
    let catalogue = sayflow_actions::catalogue();
    for id in [
        "http.request",
        "graphql.query",
        "file.read",
        "file.write",
        "file.list",
        "file.move",
        "file.delete",
        "feed.read",
        "html.extract",
        "csv.parse",
        "csv.format",
        "json.parse",
        "json.format",
        "yaml.parse",
        "yaml.format",
        "xml.parse",
        "data.filter",
        "data.map",
        "data.sort",
        "data.limit",
        "data.unique",
        "data.aggregate",
        "data.join",
        "data.set",
        "text.match",
        "text.split",
        "text.replace",
        "text.template",
        "date.format",
        "hash.digest",
        "code.javascript",
        "sql.query",
        "sql.execute",
        "email.send",
        "slack.send_message",
        "telegram.send_message",
        "discord.send_message",
        "teams.send_message",
        "github.create_issue",
        "github.list_issues",
        "s3.get_object",
        "s3.put_object",
        "flow.wait",
        "flow.respond",
        "flow.fail",
    ] {
        assert!(catalogue.get(id).is_some(), "{id}");
    }
}

#[test]
fn every_parameter_is_described_and_has_a_known_role() {
    each(|spec| {
        assert_eq!(spec.params["additionalProperties"], Value::Bool(false), "{}: unknown parameters must be refused", spec.id);
        for (name, schema) in spec.params["properties"].as_object().unwrap() {
            let description = schema["description"].as_str().unwrap_or_else(|| panic!("{}.{name} has no description", spec.id));
            assert!(!description.contains('\n'), "{}.{name}: {description}", spec.id);
            if let Some(role) = schema.get("x-role") {
                assert!(ROLES.contains(&role.as_str().unwrap()), "{}.{name}: role {role}", spec.id);
            }
        }
    });
}

#[test]
fn examples_fit_their_output_schemas() {
    each(|spec| {
        let schema = jsonschema::validator_for(&spec.output).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&spec.example).map(|why| why.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", spec.id);
    });
}

#[test]
fn what_may_be_done_twice_depends_on_how_it_is_done() {
    let catalogue = sayflow_actions::catalogue();
    let twice = |id: &str, with: Value| catalogue.spec(id).unwrap().is_idempotent_with(with.as_object().unwrap());
    assert!(twice("file.write", json!({})) && twice("file.write", json!({ "mode": "overwrite" })));
    assert!(!twice("file.write", json!({ "mode": "append" })) && !twice("file.write", json!({ "mode": "${{ inputs.mode }}" })));
    assert!(twice("http.request", json!({ "method": "put" })) && !twice("http.request", json!({ "method": "POST" })));
    assert!(!twice("file.move", json!({})) && twice("data.filter", json!({})));
}

#[test]
fn parameters_per_item_are_marked_where_the_engine_looks() {
    let catalogue = sayflow_actions::catalogue();
    for (id, params) in [
        ("data.filter", &["where"][..]),
        ("data.map", &["to"]),
        ("data.sort", &["by"]),
        ("data.unique", &["by"]),
        ("data.aggregate", &["group_by", "measures"]),
    ] {
        for param in params {
            assert!(catalogue.spec(id).unwrap().is_lambda(param), "{id}.{param}");
        }
    }
}

#[test]
fn the_documentation_of_accounts_names_every_type_and_field() {
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accounts.md")).unwrap();
    let catalogue = sayflow_actions::catalogue();
    for kind in catalogue.credential_types() {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{}` |", kind.id)));
        let row = row.unwrap_or_else(|| panic!("docs/accounts.md has no row for {}", kind.id));
        for field in &kind.fields {
            let shown = if field.secret { format!("**`{}`**", field.name) } else { format!("`{}`", field.name) };
            assert!(row.contains(&shown), "{}: {shown}", kind.id);
        }
    }
}
