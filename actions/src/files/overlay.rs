//! Files of a dry run: reads come from the real folder, writes stay in memory, and later reads see them.

use super::failure::{Doing, failed, too_large};
use super::path::{normal, normal_file, split};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Clock, FileEntry, Files, WriteMode};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files in memory over others, which are only read.
pub struct OverlayFiles {
    below: Arc<dyn Files>,
    clock: Arc<dyn Clock>,
    changes: Mutex<BTreeMap<String, Layer>>,
}

/// What the overlay says of a path.
#[derive(Debug, Clone)]
enum Layer {
    Written { content: Bytes, at: Timestamp },
    Removed,
}

/// What would be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The file would have this content.
    Written(Bytes),
    /// The file would be gone.
    Removed,
}

impl OverlayFiles {
    /// An overlay with nothing in it.
    pub fn new(below: Arc<dyn Files>, clock: Arc<dyn Clock>) -> Self {
        Self { below, clock, changes: Mutex::default() }
    }

    /// What would be changed, by path.
    pub fn changes(&self) -> BTreeMap<String, Change> {
        let change = |layer: &Layer| match layer {
            Layer::Written { content, .. } => Change::Written(content.clone()),
            Layer::Removed => Change::Removed,
        };
        self.layers().iter().map(|(path, layer)| (path.clone(), change(layer))).collect()
    }

    fn layers(&self) -> MutexGuard<'_, BTreeMap<String, Layer>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn layer(&self, path: &str) -> Option<Layer> {
        self.layers().get(path).cloned()
    }

    fn put(&self, path: String, content: Bytes) {
        let at = self.clock.now();
        self.layers().insert(path, Layer::Written { content, at });
    }

    /// Whether there is a file, and the errors that the real folder would have.
    async fn exists(&self, path: &str) -> Result<bool, StepError> {
        match self.layer(path) {
            Some(Layer::Written { .. }) => Ok(true),
            Some(Layer::Removed) => Ok(false),
            None => match self.below.read(path, 0).await {
                Ok(_) => Ok(true),
                Err(why) if why.code == "output_too_large" => Ok(true),
                Err(why) if why.code == "file_not_found" => Ok(false),
                Err(why) => Err(why),
            },
        }
    }
}

fn not_found(doing: Doing, path: &str) -> StepError {
    failed(doing, path, &ErrorKind::NotFound.into())
}

#[async_trait]
impl Files for OverlayFiles {
    async fn read(&self, path: &str, max_bytes: usize) -> Result<Bytes, StepError> {
        let path = normal_file(path)?;
        match self.layer(&path) {
            Some(Layer::Written { content, .. }) if content.len() > max_bytes => Err(too_large(&path, max_bytes)),
            Some(Layer::Written { content, .. }) => Ok(content),
            Some(Layer::Removed) => Err(not_found(Doing::Reading, &path)),
            None => self.below.read(&path, max_bytes).await,
        }
    }

    async fn write(&self, path: &str, content: Bytes, mode: WriteMode) -> Result<(), StepError> {
        let path = normal_file(path)?;
        let exists = self.exists(&path).await?;
        let content = match mode {
            WriteMode::Append if exists => {
                let mut all = self.read(&path, crate::limits::MAX_BYTES).await?.to_vec();
                all.extend_from_slice(&content);
                Bytes::from(all)
            }
            _ => content,
        };
        self.put(path, content);
        Ok(())
    }

    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, StepError> {
        let folder = normal(folder)?;
        let layers = self.layers().clone();
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let made_here = layers.iter().any(|(path, layer)| matches!(layer, Layer::Written { .. }) && path.starts_with(&prefix));
        let mut files = match self.below.list(&folder).await {
            Ok(files) => files,
            Err(why) if why.code == "folder_not_found" && made_here => Vec::new(),
            Err(why) => return Err(why),
        };
        files.retain(|file| !layers.contains_key(&file.path));
        for (path, layer) in layers.into_iter().filter(|(path, _)| path.starts_with(&prefix)) {
            if let Layer::Written { content, at } = layer {
                files.push(FileEntry { name: split(&path).1.to_owned(), size: content.len() as u64, modified: at, path });
            }
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(files)
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), StepError> {
        let (from, to) = (normal_file(from)?, normal_file(to)?);
        let content = self.read(&from, crate::limits::MAX_BYTES).await?;
        if self.exists(&to).await? {
            return Err(failed(Doing::Moving, &to, &ErrorKind::AlreadyExists.into()));
        }
        self.put(to, content);
        self.layers().insert(from, Layer::Removed);
        Ok(())
    }

    async fn remove(&self, path: &str) -> Result<(), StepError> {
        let path = normal_file(path)?;
        if !self.exists(&path).await? {
            return Err(not_found(Doing::Removing, &path));
        }
        self.layers().insert(path, Layer::Removed);
        Ok(())
    }
}
