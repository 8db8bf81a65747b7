//! Where dense vectors come from: an endpoint, a model in a folder, or an embedder of one's own.

use super::embedder::{EmbedError, Embedder};
use super::endpoint::{Endpoint, EndpointEmbedder};
use super::folder::FolderEmbedder;
use std::path::PathBuf;
use std::sync::Arc;

/// Where dense vectors come from.
#[derive(Clone)]
pub enum Embeddings {
    /// A server that speaks `/v1/embeddings`.
    Endpoint(Endpoint),
    /// A model2vec model in a folder.
    Folder(PathBuf),
    /// An embedder of one's own.
    Own(Arc<dyn Embedder>),
}

impl Embeddings {
    /// Gets the embedder ready. Nothing goes over the network here.
    ///
    /// # Errors
    /// When the folder holds no model, or the endpoint's address or key cannot be used.
    pub async fn open(&self) -> Result<Arc<dyn Embedder>, EmbedError> {
        Ok(match self {
            Self::Endpoint(endpoint) => Arc::new(EndpointEmbedder::new(endpoint.clone())?),
            Self::Folder(folder) => Arc::new(FolderEmbedder::open(folder.clone()).await?),
            Self::Own(embedder) => Arc::clone(embedder),
        })
    }
}
