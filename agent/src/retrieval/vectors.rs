//! Dense vectors that were paid for once: a file for each way of embedding, so that a restart does not embed again.
//!
//! The file is a head and then entries of one size, each the key of a text and its vector; entries are only appended.
//! An entry that a crash cut short ends the file.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// What the file begins with; the last letter is the version of the form.
const MAGIC: &[u8; 8] = b"sfvectA\n";
const KEY: usize = 16;
/// What the file's name ends with.
const ENDING: &str = "vectors";
/// Entries beyond which a file is written afresh when most of them belong to texts that are gone.
const WORTH_CLEANING: usize = 256;

/// The vectors by key of their text.
#[derive(Debug, Default)]
pub(super) struct VectorFile {
    path: Option<PathBuf>,
    dimensions: Option<usize>,
    known: HashMap<Uuid, Arc<[f32]>>,
}

/// The key of a text.
pub(super) fn key(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

impl VectorFile {
    /// The vectors of one way of embedding. Without a folder they live as long as the process. A file that cannot be
    /// read counts as empty: everything in it can be made again.
    pub(super) fn open(folder: Option<&Path>, fingerprint: &str) -> Self {
        let Some(folder) = folder else { return Self::default() };
        let path = folder.join(format!("{}.{ENDING}", key(fingerprint).simple()));
        let mut file = Self { path: Some(path.clone()), ..Self::default() };
        match fs::read(&path) {
            Ok(bytes) => file.read(&bytes),
            Err(why) if why.kind() == io::ErrorKind::NotFound => {}
            Err(why) => tracing::warn!(path = %path.display(), %why, "stored vectors cannot be read; they are made again"),
        }
        file
    }

    pub(super) fn get(&self, key: Uuid) -> Option<Arc<[f32]>> {
        self.known.get(&key).cloned()
    }

    /// The dimension of the vectors, where there are any.
    pub(super) fn dimensions(&self) -> Option<usize> {
        self.dimensions
    }

    /// Keeps vectors of one dimension, which must be that of those that are there. What cannot be written is kept in
    /// memory: it is only made again after a restart.
    pub(super) fn add(&mut self, vectors: Vec<(Uuid, Vec<f32>)>) {
        let Some(dimensions) = self.dimensions.or_else(|| vectors.first().map(|(_, vector)| vector.len())) else { return };
        let fresh = self.known.is_empty();
        self.dimensions = Some(dimensions);
        let mut bytes = if fresh { head(dimensions) } else { Vec::new() };
        for (key, vector) in vectors {
            push(&mut bytes, key, &vector);
            self.known.insert(key, vector.into());
        }
        if let Some(path) = &self.path
            && let Err(why) = append(path, &bytes, fresh)
        {
            tracing::warn!(path = %path.display(), %why, "vectors cannot be kept; they are made again after a restart");
        }
    }

    /// Forgets the vectors of texts that are gone, when they are most of the file, and the files of other ways of
    /// embedding.
    pub(super) fn clean(&mut self, living: &HashSet<Uuid>) {
        let Some(path) = &self.path else { return };
        if self.known.len() > WORTH_CLEANING && self.known.len() > 2 * living.len() {
            self.known.retain(|key, _| living.contains(key));
            let mut bytes = self.dimensions.map(head).unwrap_or_default();
            self.known.iter().for_each(|(key, vector)| push(&mut bytes, *key, vector));
            if let Err(why) = replace(path, &bytes) {
                tracing::warn!(path = %path.display(), %why, "old vectors cannot be forgotten");
            }
        }
        let Some(entries) = path.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
        for other in entries.flatten().map(|entry| entry.path()) {
            if other != *path && other.extension().is_some_and(|ending| ending == ENDING) {
                // It is in nobody's way if it stays.
                let _ = fs::remove_file(other);
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let Some((dimensions, entries)) = bytes.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<4>()) else { return };
        let dimensions = u32::from_le_bytes(*dimensions) as usize;
        if dimensions == 0 || dimensions > super::api::MOST_DIMENSIONS {
            return;
        }
        for entry in entries.chunks_exact(KEY + 4 * dimensions) {
            let (key, numbers) = entry.split_at(KEY);
            let vector: Arc<[f32]> = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if let Ok(key) = Uuid::from_slice(key)
                && vector.iter().all(|number| number.is_finite())
            {
                self.known.insert(key, vector);
            }
        }
        self.dimensions = (!self.known.is_empty()).then_some(dimensions);
    }
}

fn head(dimensions: usize) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::try_from(dimensions).unwrap_or(0).to_le_bytes());
    bytes
}

fn push(bytes: &mut Vec<u8>, key: Uuid, vector: &[f32]) {
    bytes.extend(key.as_bytes());
    vector.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
}

/// Appends whole entries: what a crash left of the last one is cut off first.
fn append(path: &Path, bytes: &[u8], fresh: bool) -> io::Result<()> {
    if fresh {
        return replace(path, bytes);
    }
    let mut file = OpenOptions::new().append(true).read(true).open(path)?;
    let mut begin = [0_u8; 12];
    io::Read::read_exact(&mut file, &mut begin)?;
    let dimensions = u32::from_le_bytes([begin[8], begin[9], begin[10], begin[11]]);
    let entry = (KEY + 4 * dimensions as usize) as u64;
    let length = file.metadata()?.len();
    file.set_len(length - (length - begin.len() as u64) % entry)?;
    file.write_all(bytes)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    File::create(&beside)?.write_all(bytes)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(number: f32) -> Vec<f32> {
        vec![number, number + 1.0]
    }

    #[test]
    fn vectors_are_there_again_after_a_restart_also_behind_a_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = VectorFile::open(Some(folder.path()), "f");
        file.add(vec![(key("a"), vector(1.0))]);
        file.add(vec![(key("b"), vector(2.0)), (key("c"), vector(3.0))]);
        let path = file.path.clone().unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let mut again = VectorFile::open(Some(folder.path()), "f");
        assert_eq!(again.get(key("b")).as_deref(), Some(&vector(2.0)[..]));
        assert_eq!((again.get(key("c")), again.dimensions()), (None, Some(2)));
        again.add(vec![(key("d"), vector(4.0))]);
        let third = VectorFile::open(Some(folder.path()), "f");
        assert_eq!(third.get(key("d")).as_deref(), Some(&vector(4.0)[..]));
        assert_eq!(third.known.len(), 3);
    }

    #[test]
    fn another_way_of_embedding_has_a_file_of_its_own_until_the_switch() {
        let folder = tempfile::tempdir().unwrap();
        VectorFile::open(Some(folder.path()), "old").add(vec![(key("a"), vector(1.0))]);
        let mut new = VectorFile::open(Some(folder.path()), "new");
        assert_eq!(new.get(key("a")), None);
        new.add(vec![(key("a"), vec![0.0; 3])]);
        new.clean(&HashSet::from([key("a")]));
        assert_eq!(VectorFile::open(Some(folder.path()), "old").dimensions(), None);
        assert_eq!(VectorFile::open(Some(folder.path()), "new").dimensions(), Some(3));
    }

    #[test]
    fn texts_that_are_gone_do_not_fill_the_file_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = VectorFile::open(Some(folder.path()), "f");
        file.add((0..600).map(|n| (key(&n.to_string()), vector(1.0))).collect());
        let living: HashSet<Uuid> = (0..10).map(|n| key(&n.to_string())).collect();
        file.clean(&living);
        assert_eq!(VectorFile::open(Some(folder.path()), "f").known.len(), 10);
    }

    #[test]
    fn a_file_of_another_kind_counts_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = VectorFile::open(Some(folder.path()), "f").path.unwrap();
        for bytes in [&b"something else"[..], b"sfvectA\n\xff\xff\xff\xff", b""] {
            fs::write(&path, bytes).unwrap();
            let mut file = VectorFile::open(Some(folder.path()), "f");
            assert_eq!(file.dimensions(), None);
            file.add(vec![(key("a"), vector(1.0))]);
            assert!(VectorFile::open(Some(folder.path()), "f").get(key("a")).is_some());
        }
    }
}
