//! Dense vectors from a model2vec model in a folder: no server, no key, microseconds a text.

use super::embedder::{EmbedError, Embedder, check};
use super::sparse::EmbedKind;
use async_trait::async_trait;
use model2vec_rs::model::StaticModel;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A model in memory.
pub struct FolderEmbedder {
    model: StaticModel,
    place: String,
    fingerprint: String,
}

impl FolderEmbedder {
    /// Reads the model of a folder: `config.json`, `tokenizer.json` and `model.safetensors`.
    ///
    /// # Errors
    /// When the folder holds none that can be read.
    pub async fn open(folder: PathBuf) -> Result<Self, EmbedError> {
        let place = folder.display().to_string();
        // Models are tens of megabytes.
        let read = tokio::task::spawn_blocking(move || read(&folder)).await;
        let refuse = |why: String| EmbedError {
            place: place.clone(),
            why,
            help: "set retrieval.embeddings.folder to a model2vec folder with config.json, tokenizer.json and model.safetensors",
        };
        match read {
            Ok(Ok((model, content))) => Ok(Self { model, fingerprint: format!("model2vec {content}"), place }),
            Ok(Err(why)) => Err(refuse(why)),
            Err(_) => Err(refuse("the model is damaged".to_owned())),
        }
    }
}

/// The model, and what its files are: a model that is replaced makes other vectors.
fn read(folder: &Path) -> Result<(StaticModel, Uuid), String> {
    if !folder.is_dir() {
        return Err("there is no such folder".to_owned());
    }
    let model = StaticModel::from_pretrained(folder, None, None, None).map_err(|why| format!("{why:#}"))?;
    let mut content = Uuid::nil();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        content = Uuid::new_v5(&content, &bytes);
    }
    Ok((model, content))
}

#[async_trait]
impl Embedder for FolderEmbedder {
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    async fn embed(&self, _kind: EmbedKind, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let (model, number) = (self.model.clone(), texts.len());
        let refuse = |why: String| EmbedError { place: self.place.clone(), why, help: "check the files of the model" };
        let made = tokio::task::spawn_blocking(move || model.encode(&texts)).await;
        let vectors = made.map_err(|_| refuse("the model is damaged".to_owned()))?;
        check(&vectors, number, None).map_err(refuse)?;
        Ok(vectors)
    }
}
