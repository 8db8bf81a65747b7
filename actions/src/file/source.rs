//! New and changed files of a folder, for `file` triggers. The folder is listed every two seconds: that works on every file
//! system, network shares included, and finds what came while nobody looked.

use async_trait::async_trait;
use globset::{Glob, GlobMatcher};
use jiff::SignedDuration;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::FileEntry;
use sayflow_engine::trigger::{Delivery, Look, LookContext, MOST_PER_LOOK, TriggerSource};
use sayflow_protocol::workflow::Trigger;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::time::Duration;

/// How often a folder is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// A file that was changed longer ago than this is not being written any more.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);
/// The most files of a folder that can be watched.
const MOST_FILES: usize = 10_000;

/// Looks at folders.
pub struct FileSource;

/// What is remembered between two looks: files as they were, each by its path, size and time.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// Those that are no longer new.
    keys: Vec<String>,
    /// Those that may still be being written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    settling: Vec<String>,
}

#[async_trait]
impl TriggerSource for FileSource {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn every(&self, _: &Trigger) -> Duration {
        EVERY
    }

    async fn look(&self, trigger: &Trigger, state: Value, cx: &LookContext<'_>) -> Result<Look, StepError> {
        let Trigger::File { path, pattern } = trigger else {
            return Err(StepError::new("internal", "this is no file trigger"));
        };
        let first = state.is_null();
        let seen: Seen = serde_json::from_value(state).unwrap_or_default();
        let files = match cx.ports.files.list(path).await {
            Ok(files) => matching(files, pattern.as_deref())?,
            // What is put into it once it is there is new; what was in it before it went is not.
            Err(why) if why.code == "folder_not_found" => {
                let trouble = Some(format!("the folder {path} is not there: {}", why.message));
                return Ok(Look { state: write(&seen)?, trouble, ..Look::default() });
            }
            Err(why) => return Err(why),
        };
        if files.len() > MOST_FILES {
            return Err(StepError::new("too_many_files", format!("{path} holds {} files; {MOST_FILES} can be watched", files.len()))
                .help("watch a folder of its own, narrow the pattern, or move files away once they are dealt with"));
        }
        let known: HashSet<&str> = seen.keys.iter().map(String::as_str).collect();
        let settling: HashSet<&str> = seen.settling.iter().map(String::as_str).collect();
        let mut now = Seen::default();
        let mut look = Look::default();
        for (key, file) in files.iter().map(|file| (key(file), file)) {
            let settled = cx.now.duration_since(file.modified) > SETTLED || settling.contains(key.as_str());
            if first || known.contains(key.as_str()) {
                now.keys.push(key);
            } else if !settled {
                now.settling.push(key);
            } else if look.deliveries.len() < MOST_PER_LOOK {
                look.deliveries.push(delivery(&key, file));
                now.keys.push(key);
            } else {
                look.more = true;
            }
        }
        look.state = write(&now)?;
        Ok(look)
    }
}

fn matching(mut files: Vec<FileEntry>, pattern: Option<&str>) -> Result<Vec<FileEntry>, StepError> {
    if let Some(pattern) = pattern {
        let glob: GlobMatcher = Glob::new(pattern)
            .map_err(|why| StepError::new("invalid_pattern", format!("\"{pattern}\" is no file pattern: {}", why.kind())))?
            .compile_matcher();
        files.retain(|file| glob.is_match(&file.name));
    }
    // In the order in which they were written, as far as that can be known.
    files.sort_by(|left, right| (left.modified, &left.path).cmp(&(right.modified, &right.path)));
    Ok(files)
}

fn write(seen: &Seen) -> Result<Value, StepError> {
    serde_json::to_value(seen).map_err(|why| StepError::new("internal", why.to_string()))
}

/// Another one as soon as the file changes.
fn key(file: &FileEntry) -> String {
    let mut hash = Sha256::new();
    hash.update(&file.path);
    hash.update([0]);
    hash.update(file.size.to_be_bytes());
    hash.update(file.modified.as_nanosecond().to_be_bytes());
    hex::encode(&hash.finalize()[..8])
}

fn delivery(key: &str, file: &FileEntry) -> Delivery {
    let payload = json!({ "name": file.name, "path": file.path, "size": file.size, "modified": file.modified });
    Delivery { key: key.to_owned(), payload, time: file.modified }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::WorkspaceFiles;
    use crate::test_ports::World;
    use jiff::Timestamp;
    use sayflow_engine::ports::Ports;
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::SystemTime;

    const NOW: u64 = 1_780_000_000;

    /// A file that was last written so many seconds before now.
    fn put(folder: &Path, path: &str, text: &str, age: u64) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW - age)).unwrap();
    }

    async fn look(folder: &Path, state: Value) -> Result<Look, StepError> {
        let trigger: Trigger = serde_json::from_value(json!({ "type": "file", "path": "inbox", "pattern": "*.csv" })).unwrap();
        let ports = Ports { files: Arc::new(WorkspaceFiles::new(folder.to_owned())), ..Arc::<World>::default().ports() };
        let now = Timestamp::from_second(i64::try_from(NOW).unwrap()).unwrap();
        FileSource.look(&trigger, state, &LookContext { ports: &ports, now }).await
    }

    fn paths(look: &Look) -> Vec<&str> {
        look.deliveries.iter().map(|delivery| delivery.payload["path"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn new_and_changed_files_are_handed_on_once_each() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "inbox/old.csv", "1", 900);
        let first = look(folder.path(), Value::Null).await.unwrap();
        assert!(first.deliveries.is_empty());
        put(folder.path(), "inbox/b.csv", "2", 60);
        put(folder.path(), "inbox/deep/a.csv", "3", 30);
        put(folder.path(), "inbox/notes.txt", "4", 60);
        let second = look(folder.path(), first.state).await.unwrap();
        assert_eq!(paths(&second), ["inbox/b.csv", "inbox/deep/a.csv"]);
        assert_eq!(second.deliveries[0].payload["size"], 1);
        put(folder.path(), "inbox/old.csv", "11", 20);
        let third = look(folder.path(), second.state.clone()).await.unwrap();
        assert_eq!(paths(&third), ["inbox/old.csv"]);
        assert!(look(folder.path(), third.state).await.unwrap().deliveries.is_empty());
        // What was lost is found again, under the same key.
        assert_eq!(look(folder.path(), second.state).await.unwrap().deliveries, third.deliveries);
    }

    #[tokio::test]
    async fn a_file_that_is_being_written_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "inbox/x.txt", "", 900);
        let mut state = look(folder.path(), Value::Null).await.unwrap().state;
        for text in ["a", "ab", "abc"] {
            put(folder.path(), "inbox/growing.csv", text, 0);
            let next = look(folder.path(), state).await.unwrap();
            assert!(next.deliveries.is_empty(), "{text}");
            state = next.state;
        }
        let settled = look(folder.path(), state).await.unwrap();
        assert_eq!(settled.deliveries[0].payload["size"], 3);
        assert!(look(folder.path(), settled.state).await.unwrap().deliveries.is_empty());
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_yet_is_said_and_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = look(folder.path(), Value::Null).await.unwrap();
        assert!(first.trouble.as_deref().is_some_and(|why| why.contains("inbox")), "{first:?}");
        put(folder.path(), "inbox/a.csv", "1", 60);
        let second = look(folder.path(), first.state).await.unwrap();
        assert_eq!((paths(&second), &second.trouble), (vec!["inbox/a.csv"], &None));
        fs::rename(folder.path().join("inbox"), folder.path().join("away")).unwrap();
        let gone = look(folder.path(), second.state).await.unwrap();
        assert!(gone.trouble.is_some());
        fs::rename(folder.path().join("away"), folder.path().join("inbox")).unwrap();
        assert!(look(folder.path(), gone.state).await.unwrap().deliveries.is_empty());
    }

    #[tokio::test]
    async fn many_new_files_come_in_portions() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "inbox/x.txt", "", 900);
        let mut state = look(folder.path(), Value::Null).await.unwrap().state;
        for n in 0..120 {
            put(folder.path(), &format!("inbox/{n:03}.csv"), "x", 500 - n);
        }
        let mut found = Vec::new();
        for expected in [50, 50, 20, 0] {
            let next = look(folder.path(), state).await.unwrap();
            assert_eq!((next.deliveries.len(), next.more), (expected, expected == 50));
            found.extend(paths(&next).into_iter().map(str::to_owned));
            state = next.state;
        }
        assert_eq!(found, (0..120).map(|n| format!("inbox/{n:03}.csv")).collect::<Vec<_>>());
    }
}
