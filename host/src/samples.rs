//! A look at the person's own data for the planner: parsed files, file names, and the columns of databases. It goes
//! through the same confined ports as the steps do, and looks only when asked.

use crate::ports::WorkspacePorts;
use sayflow_actions::format::{Format, parse};
use sayflow_agent::planner::Samples;
use sayflow_engine::ports::Ports;
use serde_json::Value;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// Larger files are not looked into.
const MAX_FILE: usize = 256 * 1024;

/// The most files that are named.
const MAX_FILES: usize = 500;

/// The most folder entries that are looked at, so that a huge folder costs milliseconds only.
const MAX_ENTRIES: usize = 5_000;

/// The most rows of a table that are looked at.
const MAX_ROWS: usize = 200;

/// How deep below the workspace folder files are looked for.
const MAX_DEPTH: usize = 3;

/// Folders full of files that no person means.
const PASSED_OVER: &[&str] = &["node_modules", "target", "__pycache__", "venv"];

/// The samples of one workspace folder. To be used on a thread that may block.
pub(crate) struct WorkspaceSamples {
    folder: PathBuf,
    ports: Option<Ports>,
    runtime: Handle,
}

impl WorkspaceSamples {
    /// Must be called inside the runtime. A folder that cannot be opened has no samples.
    pub(crate) fn new(ports: &WorkspacePorts, folder: &Path) -> Self {
        let ports = sayflow_engine::run::PortsSource::production(ports, folder).ok();
        Self { folder: folder.to_owned(), ports, runtime: Handle::current() }
    }
}

impl Samples for WorkspaceSamples {
    fn file(&self, path: &str) -> Option<Value> {
        let ports = self.ports.as_ref()?;
        let bytes = self.runtime.block_on(ports.files.read(path, MAX_FILE)).ok()?;
        parse(Format::of_path(path), &bytes).ok()
    }

    fn files(&self) -> Vec<String> {
        list(&self.folder)
    }

    fn tables(&self, database: &str) -> Option<Vec<(String, Vec<String>)>> {
        let ports = self.ports.as_ref()?;
        // One question for all tables: names of tables and columns, in the order of their declaration.
        let question = "SELECT m.name AS t, c.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                        WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.rowid, c.cid";
        let rows = self.runtime.block_on(ports.sql.query(database, question, &[])).ok()?;
        let mut tables: Vec<(String, Vec<String>)> = Vec::new();
        for row in rows {
            let (table, column) = (row.get("t")?.as_str()?, row.get("c")?.as_str()?.to_owned());
            match tables.last_mut() {
                Some((name, columns)) if name == table => columns.push(column),
                _ => tables.push((table.to_owned(), vec![column])),
            }
        }
        Some(tables)
    }

    fn rows(&self, database: &str, table: &str) -> Option<Value> {
        let ports = self.ports.as_ref()?;
        let question = format!("SELECT * FROM \"{}\" LIMIT {MAX_ROWS}", table.replace('"', "\"\""));
        let rows = self.runtime.block_on(ports.sql.query(database, &question, &[])).ok()?;
        Some(Value::Array(rows))
    }
}

/// Paths below a folder, nearest first, relative and with `/`. Hidden files and links are left out.
fn list(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = 0;
    let mut open = VecDeque::from([(folder.to_owned(), String::new(), 0)]);
    while let Some((path, prefix, depth)) = open.pop_front() {
        let Ok(entries) = std::fs::read_dir(&path) else { continue };
        let mut names: Vec<(String, bool)> = Vec::new();
        for entry in entries.flatten() {
            seen += 1;
            if seen > MAX_ENTRIES {
                break;
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            // The type of the entry itself: a link is neither file nor folder here.
            let Ok(kind) = entry.file_type() else { continue };
            if !name.starts_with('.') && (kind.is_file() || kind.is_dir()) {
                names.push((name, kind.is_dir()));
            }
        }
        names.sort();
        for (name, is_folder) in names {
            let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            if !is_folder {
                found.push(relative);
            } else if depth < MAX_DEPTH && !PASSED_OVER.contains(&name.as_str()) {
                open.push_back((path.join(&name), relative, depth + 1));
            }
            if found.len() >= MAX_FILES {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_nearest_first_without_hidden_ones_and_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("sub/deep")).unwrap();
        std::fs::create_dir_all(at("node_modules/x")).unwrap();
        for path in ["b.csv", "a.json", ".hidden", "sub/c.txt", "sub/deep/d.txt", "node_modules/x/e.js"] {
            std::fs::write(at(path), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", at("link.txt")).unwrap();
        assert_eq!(list(folder.path()), ["a.json", "b.csv", "sub/c.txt", "sub/deep/d.txt"]);
        assert!(list(&at("nowhere")).is_empty());
    }

    #[tokio::test]
    async fn the_planner_sees_parsed_files_and_the_columns_of_databases() {
        use crate::settings::EgressSettings;
        use sayflow_engine::run::PortsSource;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("people.csv"), "name,age\nAnn,7\n").unwrap();
        std::fs::write(folder.path().join("huge.json"), format!("[{}1]", "1,".repeat(200_000))).unwrap();
        let ports = WorkspacePorts::new(
            &EgressSettings::default(),
            sayflow_actions::files::PrivateFiles::default(),
            std::sync::Arc::new(sayflow_engine::ports::NoModel),
        )
        .unwrap();
        let sql = ports.production(folder.path()).unwrap().sql;
        sql.execute("shop.db", "CREATE TABLE orders (id INTEGER, total REAL)", &[]).await.unwrap();
        sql.execute("shop.db", "CREATE TABLE people (name TEXT)", &[]).await.unwrap();

        let samples = WorkspaceSamples::new(&ports, folder.path());
        let seen = tokio::task::spawn_blocking(move || {
            let outside = samples.file("../people.csv");
            (samples.file("people.csv"), samples.file("huge.json"), outside, samples.tables("shop.db"), samples.tables("none.db"))
        });
        let (people, huge, outside, tables, none) = seen.await.unwrap();
        assert_eq!(people, Some(serde_json::json!([{ "name": "Ann", "age": 7 }])));
        assert_eq!((huge, outside, none), (None, None, None));
        let columns = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(tables, Some(vec![("orders".to_owned(), columns(&["id", "total"])), ("people".to_owned(), columns(&["name"]))]));
    }
}
