//! Requests as people write them, judged by what comes of them: each is said to the real binary, whose files, messages,
//! mails, HTTP requests and table rows are then compared with what the person wanted. The cases are the YAML files in
//! `requests/`; `requests/case.rs` describes their fields.
//!
//! `SAYFLOW_CASE=part-of-a-name` picks cases and prints what happened in them. `SAYFLOW_REQUESTS=folder` with
//! `--run-ignored only` judges the YAML files of another folder. Both print more with `--no-capture`.

mod case;
mod judge;
mod judge_draft;
mod judge_file;
mod judge_tests;
mod report;
mod stage;

use case::Case;
use futures::StreamExt as _;
use std::path::{Path, PathBuf};

/// How many cases of a file run at a time.
const AT_ONCE: usize = 4;

/// One test a file, and one that no file was forgotten.
macro_rules! corpus {
    ($($file:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $file() {
                let failures = judge_all(&folder().join(concat!(stringify!($file), ".yaml"))).await;
                assert!(failures.is_empty(), "\n{}", report::all(&failures));
            }
        )*

        #[test]
        fn every_file_of_requests_is_judged() {
            let judged: &[&str] = &[$(concat!(stringify!($file), ".yaml")),*];
            let mut forgotten = yaml_files(&folder());
            forgotten.retain(|path| !judged.iter().any(|name| path.ends_with(name)));
            assert!(forgotten.is_empty(), "name these in corpus!: {forgotten:?}");
        }
    };
}

corpus!(
    branches, conditions, databases, hooks, limits, long, messages, phrasing, schedules, send, services, shape, sources, tables, totals,
    web
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "judges the folder that SAYFLOW_REQUESTS names"]
async fn requests_of_another_folder() {
    let folder = std::env::var_os("SAYFLOW_REQUESTS").expect("SAYFLOW_REQUESTS names a folder");
    let mut failures = Vec::new();
    for file in yaml_files(Path::new(&folder)) {
        failures.extend(judge_all(&file).await);
    }
    assert!(failures.is_empty(), "\n{}", report::all(&failures));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/requests")
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

/// The failures among a file's cases, in its order.
async fn judge_all(file: &Path) -> Vec<report::Failure> {
    let wanted = std::env::var("SAYFLOW_CASE").ok();
    let cases: Vec<Case> =
        case::read(file).into_iter().filter(|case| wanted.as_ref().is_none_or(|part| case.name.contains(part.as_str()))).collect();
    let total = cases.len();
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let talkative = wanted.is_some();
    let judged = futures::stream::iter(cases).map(|case| judge_one(name.clone(), case, talkative)).buffered(AT_ONCE);
    let failures: Vec<report::Failure> = judged.filter_map(std::future::ready).collect().await;
    println!("{name}: {} of {total} requests came out as wanted", total - failures.len());
    failures
}

async fn judge_one(file: String, case: Case, talkative: bool) -> Option<report::Failure> {
    let (case, effects) = stage::perform(&case).await;
    let complaints = judge::complaints(&case, &effects);
    let failure = report::Failure::new(file, &case, &effects, complaints);
    if talkative {
        println!("{failure}");
    }
    (!failure.complaints.is_empty()).then_some(failure)
}
