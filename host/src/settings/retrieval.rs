//! `[retrieval]`: what searching uses besides the embedded index of words.

use super::{SecretText, SettingsError};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[retrieval]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrievalSettings {
    /// The gRPC address of a Qdrant server that keeps the vectors; in memory when left out.
    pub qdrant_url: Option<String>,
    /// The key of that server, where it asks for one.
    pub qdrant_api_key: Option<SecretText>,
    /// What the names of its collections begin with; a name of this installation's own when left out.
    pub collection: Option<String>,
    /// Where dense vectors come from; searches go by words when nothing is set.
    pub embeddings: EmbeddingSettings,
}

/// `[retrieval.embeddings]`: an endpoint with a model, or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSettings {
    /// The address of a server that speaks `/embeddings`, such as `https://api.openai.com/v1`.
    pub base_url: Option<String>,
    /// The key of that server, where it asks for one.
    pub api_key: Option<SecretText>,
    /// The name of the model there.
    pub model: Option<String>,
    /// A folder with a model2vec model.
    pub folder: Option<PathBuf>,
}

impl RetrievalSettings {
    /// Refuses what cannot be meant.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let refuse = |key: &str, message: &str, help: &str| {
            Err(SettingsError { place: format!("retrieval.{key}"), message: message.to_owned(), help: Some(help.to_owned()) })
        };
        let is_http = |text: &str| ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        if self.qdrant_url.as_deref().is_some_and(|url| !is_http(url)) {
            return refuse("qdrant_url", "this is no address of a server", "write the gRPC address, such as http://localhost:6334");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.collection.as_deref().is_some_and(|name| name.is_empty() || name.len() > 100 || !name.chars().all(plain)) {
            return refuse("collection", "this is no name of a collection", "use 1 to 100 letters, digits, '-' and '_'");
        }
        match (&self.embeddings.base_url, &self.embeddings.model, &self.embeddings.folder) {
            (Some(url), Some(_), None) if !is_http(url) => {
                refuse("embeddings.base_url", "this is no address of a server", "write an address such as http://localhost:11434/v1")
            }
            (Some(_), Some(_), None) | (None, None, _) => Ok(()),
            (Some(_), None, None) => refuse("embeddings.model", "the model is missing", "name a model for embeddings that the server has"),
            _ => refuse("embeddings", "this is neither an endpoint nor a folder", "set base_url and model, or folder alone"),
        }
    }
}
