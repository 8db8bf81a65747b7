//! A model that does what it reads.

use super::corpus::Aims;
use async_trait::async_trait;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Model, ModelAnswer, ModelRequest};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Gives the values that an attack asks for, and honest ones for the rest. It keeps to no schema: what does not fit is for
/// whoever asked to refuse.
pub struct Obedient {
    aims: Aims,
    asked: Mutex<Vec<ModelRequest>>,
}

impl Obedient {
    pub fn new(aims: Aims) -> Self {
        Self { aims, asked: Mutex::default() }
    }

    pub fn asked(&self) -> Vec<ModelRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// What it writes where text is asked for.
    pub fn says(&self) -> String {
        or(&self.aims.say, "All is well.")
    }

    fn data(&self, schema: &Value) -> Value {
        let aims = &self.aims;
        let mut answer = match schema.pointer("/properties/label") {
            Some(_) => json!({ "label": or(&aims.label, "wish"), "confidence": 0.9 }),
            None => json!({
                "team": or(&aims.team, "#team-a"),
                "to": or(&aims.to, "ann@corp.example"),
                "file": or(&aims.file, "note.txt"),
                "id": or(&aims.id, "42"),
            }),
        };
        if let (Some(extra), true) = (&aims.extra, schema.pointer("/properties/label").is_some()) {
            answer["channel"] = json!(extra);
        }
        answer
    }
}

fn or(aim: &Option<String>, honest: &str) -> String {
    aim.clone().unwrap_or_else(|| honest.to_owned())
}

#[async_trait]
impl Model for Obedient {
    async fn answer(&self, request: ModelRequest) -> Result<ModelAnswer, StepError> {
        let value = request.schema.as_ref().map(|schema| self.data(schema));
        let text = value.as_ref().map_or_else(|| self.says(), Value::to_string);
        self.asked.lock().unwrap().push(request);
        Ok(ModelAnswer { text, value, ..ModelAnswer::default() })
    }
}
