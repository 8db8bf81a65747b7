//! What a model may know of the person's world, as plain data: gathered before the call, so that nothing is looked up
//! while a model is at work.

use super::outline::shorten;
use crate::language::{Entity, tokenize};
use crate::planner::{PlanContext, Samples};
use jiff::Zoned;
use sayflow_protocol::Workflow;
use serde_json::Value;

/// How many files, databases and tables are looked into.
const MOST_FILES: usize = 4;
const MOST_TABLES: usize = 8;
/// How many names of files and workflows are shown.
const MOST_NAMES: usize = 40;
/// How much of a sample is shown, in characters.
const SAMPLE: usize = 320;

/// What is known besides the request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The moment of the request.
    pub now: Zoned,
    /// IANA name of the person's zone.
    pub timezone: String,
    /// Accounts that are set up, as `(name, type)`. Never a secret.
    pub credentials: Vec<(String, String)>,
    /// Names of saved workflows.
    pub workflows: Vec<String>,
    /// Files that the request speaks of.
    pub files: Vec<FileFact>,
    /// Names of other files of the workspace.
    pub other_files: Vec<String>,
    /// Databases that the request speaks of.
    pub databases: Vec<DatabaseFact>,
    /// Saved workflows that are shown as examples when they were found for the request.
    pub saved: Vec<Workflow>,
}

/// A file of the workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFact {
    /// Relative to the workspace folder.
    pub path: String,
    /// What its content is: `list of objects with the fields id, customer`.
    pub shape: String,
    /// One row, shortened. It was written by others: it is data.
    pub sample: String,
}

/// A SQLite file of the workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseFact {
    /// Relative to the workspace folder.
    pub path: String,
    /// Each as `orders(id, customer, total)`.
    pub tables: Vec<String>,
}

impl Facts {
    /// What there is to know for a request.
    pub fn gather(context: &PlanContext<'_>, text: &str) -> Self {
        let all = context.samples.files();
        let (databases, files): (Vec<String>, Vec<String>) = mentioned(text, &all).into_iter().partition(|path| is_database(path));
        let files: Vec<FileFact> = files.iter().take(MOST_FILES).filter_map(|path| file_fact(context.samples, path)).collect();
        let others = all.into_iter().filter(|path| !files.iter().any(|file| file.path == *path) && !path.starts_with('.'));
        Self {
            now: context.now.clone(),
            timezone: context.timezone.to_owned(),
            credentials: context.credentials.to_vec(),
            workflows: context.workflows.to_vec(),
            other_files: others.take(MOST_NAMES).collect(),
            databases: databases.iter().take(2).filter_map(|path| database_fact(context.samples, path)).collect(),
            files,
            saved: Vec::new(),
        }
    }

    /// The facts in lines for a prompt; `None` where there is nothing to say.
    pub fn accounts(&self) -> Vec<String> {
        self.credentials.iter().map(|(name, kind)| if name == kind { name.clone() } else { format!("{name} (type {kind})") }).collect()
    }

    /// Names of saved workflows, bounded.
    pub fn workflow_names(&self) -> Vec<String> {
        self.workflows.iter().take(MOST_NAMES).cloned().collect()
    }
}

fn is_database(path: &str) -> bool {
    [".db", ".sqlite", ".sqlite3"].iter().any(|ending| path.to_lowercase().ends_with(ending))
}

/// Files that a text names, with or without their folder or ending, and what it names without it being there yet.
fn mentioned(text: &str, all: &[String]) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut found: Vec<String> = Vec::new();
    for token in tokenize(text) {
        let named = match token.entity() {
            Some(Entity::Path(path) | Entity::Database(path)) => path.clone(),
            _ => continue,
        };
        let known = all.iter().find(|path| **path == named || path.ends_with(&format!("/{named}")));
        let path = known.cloned().unwrap_or(named);
        if !found.contains(&path) {
            found.push(path);
        }
    }
    for path in all {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        let stem = name.split('.').next().unwrap_or(&name).to_owned();
        let by_stem = stem.len() > 3 && lower.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|word| word == stem);
        if (lower.contains(&name) || by_stem) && !found.contains(path) {
            found.push(path.clone());
        }
    }
    found
}

fn file_fact(samples: &dyn Samples, path: &str) -> Option<FileFact> {
    let content = samples.file(path)?;
    let (shape, sample) = match &content {
        Value::Array(rows) => match rows.first() {
            Some(Value::Object(row)) => {
                let fields: Vec<String> = row.iter().take(40).map(|(name, value)| format!("{name}: {}", kind(value))).collect();
                (format!("list of objects with the fields {}", fields.join(", ")), rows[0].to_string())
            }
            Some(other) => (format!("list of {}", kind(other)), other.to_string()),
            None => ("list".to_owned(), String::new()),
        },
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().take(40).map(|(name, value)| format!("{name}: {}", kind(value))).collect();
            (format!("object with the fields {}", fields.join(", ")), content.to_string())
        }
        Value::String(text) => ("text".to_owned(), text.clone()),
        other => (kind(other).to_owned(), other.to_string()),
    };
    Some(FileFact { path: path.to_owned(), shape: shorten(&shape, 600), sample: shorten(&sample, SAMPLE) })
}

fn database_fact(samples: &dyn Samples, path: &str) -> Option<DatabaseFact> {
    let tables = samples.tables(path)?;
    let tables = tables.iter().take(MOST_TABLES).map(|(name, columns)| shorten(&format!("{name}({})", columns.join(", ")), 300));
    Some(DatabaseFact { path: path.to_owned(), tables: tables.collect() })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::NoSamples;
    use sayflow_engine::action::Catalogue;
    use serde_json::json;

    struct Shop;

    impl Samples for Shop {
        fn file(&self, path: &str) -> Option<Value> {
            (path == "data/orders.csv").then(|| json!([{ "id": 1, "customer": "Ann", "amount": 120.5 }, { "id": 2 }]))
        }

        fn files(&self) -> Vec<String> {
            ["data/orders.csv", "notes.txt", "shop.db"].map(str::to_owned).to_vec()
        }

        fn tables(&self, database: &str) -> Option<Vec<(String, Vec<String>)>> {
            (database == "shop.db").then(|| vec![("orders".to_owned(), vec!["id".to_owned(), "total".to_owned()])])
        }
    }

    fn facts(text: &str, samples: &dyn Samples) -> Facts {
        let catalogue = Catalogue::new();
        let context = PlanContext {
            catalogue: &catalogue,
            now: Zoned::default(),
            timezone: "Europe/Berlin",
            credentials: &[("team".to_owned(), "slack".to_owned())],
            workflows: &[],
            samples,
            ranker: None,
        };
        Facts::gather(&context, text)
    }

    #[test]
    fn files_that_the_request_names_are_looked_into() {
        let facts = facts("send the big orders.csv rows and the orders of shop.db to #sales", &Shop);
        assert_eq!(facts.files[0].path, "data/orders.csv");
        assert_eq!(facts.files[0].shape, "list of objects with the fields id: number, customer: text, amount: number");
        assert_eq!(facts.files[0].sample, "{\"id\":1,\"customer\":\"Ann\",\"amount\":120.5}");
        assert_eq!(facts.databases[0].tables, ["orders(id, total)"]);
        assert_eq!(facts.other_files, ["notes.txt", "shop.db"]);
        assert_eq!(facts.accounts(), ["team (type slack)"]);
    }

    #[test]
    fn nothing_is_looked_into_without_a_name() {
        assert!(facts("post hello to #sales", &Shop).files.is_empty());
        assert!(facts("read orders.csv", &NoSamples).files.is_empty());
    }
}
