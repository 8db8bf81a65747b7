//! A temporary workspace folder with its own `SAYFLOW_HOME`, and what lies in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two empty folders that vanish with this value.
pub struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// New folders.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("sayflow-it-").tempdir().expect("a temporary folder");
        fs::create_dir(root.path().join("workspace")).expect("a folder");
        Self { root }
    }

    /// Where workflows read and write.
    pub fn workspace(&self) -> PathBuf {
        self.root.path().join("workspace")
    }

    /// Where Sayflow keeps its data; created by Sayflow itself.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The folder around both.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Writes a file into the workspace, with the folders above it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.workspace().join(path);
        fs::create_dir_all(path.parent().expect("a folder above the file")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    /// Reads a file of the workspace.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.workspace().join(path)).ok()
    }

    /// All files in the workspace with their contents, by path with `/` between folders.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.workspace(), "", &mut files);
        files
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(&path).expect("a readable file"));
        }
    }
}
