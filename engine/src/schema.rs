//! The JSON Schema of workflow documents, for editors, planners and `sayflow schema`.

use sayflow_protocol::Workflow;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema (draft 2020-12), generated from the types. A copy is kept in `docs/workflow.schema.json`.
pub fn workflow_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Workflow>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), Value::from("Sayflow workflow"));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_copy_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/workflow.schema.json");
        let current = serde_json::to_string_pretty(&workflow_schema()).expect("JSON") + "\n";
        if std::env::var_os("SAYFLOW_UPDATE").is_some() {
            std::fs::write(path, &current).expect("writable");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == current, "docs/workflow.schema.json is not current; run the tests once with SAYFLOW_UPDATE=1");
    }
}
