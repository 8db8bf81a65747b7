//! Every template, used and run by the real engine against services on loopback, and what came of it: all writes with
//! what was sent, and nothing else. The cases are the YAML files in `templates/`, one for each template;
//! `templates/case.rs` describes their fields. Each has a run in which there is nothing to do.
//!
//! `SAYFLOW_CASE=part-of-a-name` picks templates. `SAYFLOW_RECORD=folder` writes down what came of each run in place of
//! judging it, to be read before it becomes what is wanted.

mod case;
mod perform;
mod told;

use case::Case;
use futures::StreamExt as _;
use sayflow_protocol::api::template::{TemplateInfo, TemplateOrigin};
use std::path::{Path, PathBuf};

/// How many templates are tried at a time.
const AT_ONCE: usize = 16;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/templates")
}

/// The built-in templates, and what is wrong with the cases as a whole.
async fn built_in() -> Vec<TemplateInfo> {
    let list = perform::list().await;
    list.into_iter().filter(|info| info.origin == TemplateOrigin::BuiltIn).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_template_does_what_it_says_and_nothing_else() {
    let wanted = std::env::var("SAYFLOW_CASE").unwrap_or_default();
    let names: Vec<String> = built_in().await.into_iter().map(|info| info.name).filter(|name| name.contains(&wanted)).collect();
    assert!(!names.is_empty());
    let tried = futures::stream::iter(names).map(try_one).buffer_unordered(AT_ONCE);
    let mut failures: Vec<String> = tried.filter_map(std::future::ready).collect().await;
    failures.sort();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

async fn try_one(name: String) -> Option<String> {
    let path = folder().join(format!("{name}.yaml"));
    let Some(case) = Case::read(&path) else { return Some(format!("{name} has no case: write {}", path.display())) };
    let mut wrong = Vec::new();
    for run in &case.runs {
        let told = match Box::pin(perform::perform(&name, &case, run)).await {
            Ok(told) => told,
            Err(why) => {
                wrong.push(format!("{name}, {}: {why}", run.name));
                continue;
            }
        };
        if let Some(folder) = std::env::var_os("SAYFLOW_RECORD") {
            let file = Path::new(&folder).join(format!("{name} {}.json", run.name));
            std::fs::write(file, serde_json::to_string(&told).unwrap()).unwrap();
        } else if told != run.effects {
            wrong.push(format!("{name}, {}:\n  wanted {:#?}\n  came {told:#?}", run.name, run.effects));
        }
    }
    let recording = std::env::var_os("SAYFLOW_RECORD").is_some();
    if !recording && case.always.is_none() && !case.runs.iter().any(case::Run::is_quiet) {
        wrong.push(format!("{name}: no run with nothing to do; name one \"nothing to do\" that sends nothing"));
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

#[tokio::test]
async fn every_case_belongs_to_a_template_and_every_template_can_be_found_and_set() {
    let known = built_in().await;
    for entry in std::fs::read_dir(folder()).unwrap().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".yaml") else { continue };
        assert!(known.iter().any(|info| info.name == name), "{file} belongs to no template");
    }
    for info in &known {
        assert!(info.examples.len() >= 3, "{} needs three requests that it answers", info.name);
        assert!(!info.slots.is_empty(), "{} has nothing to set", info.name);
    }
    let areas = ["operations", "sales", "support", "engineering", "finance", "marketing", "personal"];
    for area in areas {
        let count = known.iter().filter(|info| info.tags.first().is_some_and(|tag| tag == area)).count();
        assert!(count >= 8, "{area} has only {count} templates");
    }
    assert!(known.iter().all(|info| areas.contains(&info.tags[0].as_str())));
}
