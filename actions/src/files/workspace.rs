//! Production's files: one folder, through a handle that no path and no link leads out of.

use super::failure::{Doing, failed, is_a_folder, not_a_file, too_large};
use super::path::{normal, normal_file, split};
use super::private::PrivateFiles;
use async_trait::async_trait;
use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use jiff::Timestamp;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{FileEntry, Files, WriteMode};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The deepest folder that a listing goes into.
const MAX_DEPTH: usize = 64;
/// The most files of a listing.
const MAX_FILES: usize = 100_000;

/// The files below one folder. A cheap handle; the folder is opened anew for each operation, so that it may be made
/// or replaced while the handle lives.
#[derive(Debug, Clone)]
pub struct WorkspaceFiles {
    root: Arc<PathBuf>,
    private: PrivateFiles,
}

impl WorkspaceFiles {
    /// The files below `root`, an absolute path.
    pub fn new(root: PathBuf) -> Self {
        Self { root: Arc::new(root), private: PrivateFiles::default() }
    }

    /// The same, without files that belong to Sayflow itself.
    #[must_use]
    pub fn without(self, private: PrivateFiles) -> Self {
        Self { private, ..self }
    }

    /// Runs file work away from the threads that must not wait, if it may touch these paths.
    async fn work<T: Send + 'static>(
        &self,
        paths: &[&str],
        work: impl FnOnce(Dir) -> Result<T, StepError> + Send + 'static,
    ) -> Result<T, StepError> {
        let root = self.root.clone();
        let private = self.private.clone();
        let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        let done = tokio::task::spawn_blocking(move || {
            let folder = Dir::open_ambient_dir(root.as_path(), ambient_authority()).map_err(|why| {
                StepError::new("folder_not_found", format!("the workspace folder {} cannot be opened: {why}", root.display()))
                    .help("run Sayflow in a folder that exists")
            })?;
            for path in &paths {
                private.check_below(&root, &folder, path)?;
            }
            work(folder)
        });
        done.await.unwrap_or_else(|why| Err(StepError::new("internal", format!("file work stopped: {why}"))))
    }
}

#[async_trait]
impl Files for WorkspaceFiles {
    async fn read(&self, path: &str, max_bytes: usize) -> Result<Bytes, StepError> {
        let path = normal_file(path)?;
        self.work(&[&path.clone()], move |root| read(&root, &path, max_bytes)).await
    }

    async fn write(&self, path: &str, content: Bytes, mode: WriteMode) -> Result<(), StepError> {
        let path = normal_file(path)?;
        self.work(&[&path.clone()], move |root| {
            let done = match mode {
                WriteMode::Overwrite => overwrite(&root, &path, &content),
                WriteMode::Append => append(&root, &path, &content),
            };
            done.map_err(|why| failed(Doing::Writing, &path, &why))
        })
        .await
    }

    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, StepError> {
        let folder = normal(folder)?;
        let (above, private) = (Arc::clone(&self.root), self.private.clone());
        self.work(&[], move |root| {
            let start = if folder.is_empty() { root.try_clone() } else { root.open_dir(&folder) };
            let start = start.map_err(|why| failed(Doing::Listing, &folder, &why))?;
            let mut files = Vec::new();
            list(&start, &folder, 0, &mut files)?;
            files.retain(|file| private.check_below(&above, &root, &file.path).is_ok());
            files.sort_by(|left, right| left.path.cmp(&right.path));
            Ok(files)
        })
        .await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), StepError> {
        let (from, to) = (normal_file(from)?, normal_file(to)?);
        self.work(&[&from.clone(), &to.clone()], move |root| rename(&root, &from, &to)).await
    }

    async fn remove(&self, path: &str) -> Result<(), StepError> {
        let path = normal_file(path)?;
        self.work(&[&path.clone()], move |root| {
            let failed = |why: io::Error| failed(Doing::Removing, &path, &why);
            if root.symlink_metadata(&path).map_err(failed)?.is_dir() {
                return Err(is_a_folder(&path));
            }
            root.remove_file(&path).map_err(failed)
        })
        .await
    }
}

fn read(root: &Dir, path: &str, max_bytes: usize) -> Result<Bytes, StepError> {
    let failed = |why: io::Error| failed(Doing::Reading, path, &why);
    // Looked at before it is opened: opening a pipe would wait for its other end.
    let metadata = root.metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(is_a_folder(path));
    }
    if !metadata.is_file() {
        return Err(not_a_file(path));
    }
    if metadata.len() > max_bytes as u64 {
        return Err(too_large(path, max_bytes));
    }
    let mut bytes = Vec::new();
    root.open(path).map_err(failed)?.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max_bytes { Err(too_large(path, max_bytes)) } else { Ok(Bytes::from(bytes)) }
}

/// Writes a new file beside the old one and puts it in its place.
fn overwrite(root: &Dir, path: &str, content: &[u8]) -> io::Result<()> {
    // A link inside the folder stays a link: what it leads to is replaced.
    let path = match root.canonicalize(path) {
        Ok(real) => real.to_string_lossy().into_owned(),
        Err(why) if why.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(why) => return Err(why),
    };
    let existing = existing_file(root, &path)?;
    let (folder, name) = split(&path);
    let folder = make_folder(root, folder)?;
    let temporary = temporary_name();
    let done = write_new(&folder, &temporary, content, existing.as_ref()).and_then(|()| folder.rename(&temporary, &folder, name));
    if let Err(why) = done {
        let _ = folder.remove_file(&temporary);
        return Err(why);
    }
    sync_folder(&folder);
    Ok(())
}

fn write_new(folder: &Dir, name: &str, content: &[u8], existing: Option<&Metadata>) -> io::Result<()> {
    let mut file = folder.open_with(name, OpenOptions::new().write(true).create_new(true))?;
    if let Some(existing) = existing {
        file.set_permissions(existing.permissions())?;
    }
    file.write_all(content)?;
    file.sync_all()
}

/// Adds to the end; when that fails midway, what was added is taken off again.
fn append(root: &Dir, path: &str, content: &[u8]) -> io::Result<()> {
    existing_file(root, path)?;
    let (folder, _) = split(path);
    make_folder(root, folder)?;
    let mut file: File = root.open_with(path, OpenOptions::new().append(true).create(true))?;
    let before = file.seek(SeekFrom::End(0))?;
    if let Err(why) = file.write_all(content).and_then(|()| file.sync_all()) {
        let _ = file.set_len(before);
        return Err(why);
    }
    Ok(())
}

/// What is there, if it is a file that can be written.
fn existing_file(root: &Dir, path: &str) -> io::Result<Option<Metadata>> {
    match root.metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is a device, pipe or socket")),
        Ok(metadata) => Ok(Some(metadata)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

fn make_folder(root: &Dir, folder: &str) -> io::Result<Dir> {
    if folder.is_empty() {
        return root.try_clone();
    }
    match root.create_dir_all(folder) {
        // Also said of a file or of a link that leads out, which opening it tells apart.
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
        made => made?,
    }
    root.open_dir(folder)
}

fn temporary_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!(".sayflow-{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Makes the rename last through a power loss where the file system can; the content is safe without it.
fn sync_folder(folder: &Dir) {
    if let Ok(handle) = folder.open(".") {
        let _ = handle.sync_all();
    }
}

fn list(folder: &Dir, path: &str, depth: usize, files: &mut Vec<FileEntry>) -> Result<(), StepError> {
    let failed = |why: io::Error| failed(Doing::Listing, path, &why);
    for entry in folder.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let place = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        // Folders behind links are not gone into: they may lead in a circle. Links that lead out are not shown.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                let Ok(inner) = entry.open_dir() else { continue };
                list(&inner, &place, depth + 1, files)?;
            }
            continue;
        }
        let Ok(metadata) = folder.metadata(&name) else { continue };
        if !metadata.is_file() || is_temporary(&name) {
            continue;
        }
        if files.len() == MAX_FILES {
            return Err(StepError::new("output_too_large", format!("there are more than {MAX_FILES} files below the folder"))
                .help("list a folder further down"));
        }
        files.push(FileEntry { name, path: place, size: metadata.len(), modified: modified(&metadata) });
    }
    Ok(())
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(".sayflow-") && name.ends_with(".tmp")
}

fn modified(metadata: &Metadata) -> Timestamp {
    metadata.modified().ok().and_then(|at| Timestamp::try_from(at.into_std()).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn rename(root: &Dir, from: &str, to: &str) -> Result<(), StepError> {
    let moving = |why: io::Error| failed(Doing::Moving, from, &why);
    let placing = |why: io::Error| failed(Doing::Moving, to, &why);
    if root.symlink_metadata(from).map_err(moving)?.is_dir() {
        return Err(is_a_folder(from));
    }
    make_folder(root, split(to).0).map_err(placing)?;
    // A second name and then the removal of the first: unlike a rename it never replaces a file that exists.
    match root.hard_link(from, root, to) {
        Ok(()) => root.remove_file(from).map_err(moving),
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Err(placing(why)),
        Err(_) if root.symlink_metadata(to).is_ok() => Err(placing(ErrorKind::AlreadyExists.into())),
        // Some file systems have no second names.
        Err(_) => root.rename(from, root, to).map_err(placing),
    }
}
