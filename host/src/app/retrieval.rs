//! Searching: what was configured for it, when saved workflows come into it, and what is told about it.

use super::App;
use crate::error::AppError;
use crate::home::Home;
use crate::settings::{EmbeddingSettings, RetrievalSettings, SecretText};
use sayflow_agent::retrieval::{Embeddings, Endpoint, QdrantServer, Retrieval, Retrieved};
use sayflow_engine::ports::{Ids, UuidIds};
use sayflow_protocol::Workflow;
use sayflow_store::NoticeRow;
use std::path::Path;

/// What collections are called, before the name of the installation.
const COLLECTION: &str = "sayflow";
/// Digits of the installation's name.
const DIGITS: usize = 12;

/// What searching uses, as the settings say.
pub(super) fn configured(settings: &RetrievalSettings, home: &Home) -> Retrieval {
    let reveal = |secret: &Option<SecretText>| secret.as_ref().map(|secret| secret.reveal().to_owned());
    let folder = home.retrieval_folder();
    let server = settings.qdrant_url.as_ref().map(|url| QdrantServer {
        url: url.clone(),
        api_key: reveal(&settings.qdrant_api_key),
        collection: settings.collection.clone().unwrap_or_else(|| own_collection(&folder)),
    });
    let embeddings = match &settings.embeddings {
        EmbeddingSettings { folder: Some(folder), .. } => Some(Embeddings::Folder(folder.clone())),
        EmbeddingSettings { base_url: Some(base_url), model: Some(model), api_key, .. } => {
            Some(Embeddings::Endpoint(Endpoint { base_url: base_url.clone(), api_key: reveal(api_key), model: model.clone() }))
        }
        _ => None,
    };
    Retrieval { server, embeddings, folder: Some(folder), ..Retrieval::default() }
}

/// A name that two installations with one server do not share: each keeps its own workflows there.
fn own_collection(folder: &Path) -> String {
    let file = folder.join("installation");
    let known = std::fs::read_to_string(&file).ok().filter(|name| name.len() == DIGITS && name.chars().all(|c| c.is_ascii_hexdigit()));
    let name = known.unwrap_or_else(|| {
        let id: String = UuidIds.new_id().chars().rev().filter(char::is_ascii_hexdigit).take(DIGITS).collect();
        if let Err(why) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, &id)) {
            tracing::warn!(file = %file.display(), %why, "the name of this installation cannot be kept; its collections are made again after a restart");
        }
        id
    });
    format!("{COLLECTION}-{name}")
}

impl App {
    /// Actions and proven workflows for a request, the person's own among them.
    pub(super) async fn retrieve(&self, text: &str) -> Result<Retrieved, AppError> {
        self.index_own().await?;
        let found = self.parts.library.retrieve(text).await;
        self.tell_news().await;
        Ok(found)
    }

    /// Makes the saved workflows and the templates of this installation findable, once.
    pub(super) async fn index_own(&self) -> Result<(), AppError> {
        let index = async || {
            for row in self.parts.store.list_workflows().await? {
                match serde_json::from_str::<Workflow>(&row.document) {
                    Ok(workflow) => self.parts.library.put_workflow(&workflow),
                    Err(why) => tracing::warn!(workflow = row.name, %why, "a saved workflow cannot be searched"),
                }
            }
            self.kept_templates().await?.iter().for_each(|template| self.parts.library.put_template(&template.info));
            Ok::<(), AppError>(())
        };
        self.parts.indexed.get_or_try_init(index).await?;
        Ok(())
    }

    /// Keeps what people should know about searching. That something is away must not make the search fail.
    async fn tell_news(&self) {
        for text in self.parts.library.take_news() {
            let at = self.parts.clock.now().as_microsecond();
            let row = NoticeRow { id: self.parts.ids.new_id(), at, kind: "retrieval".to_owned(), text, ..NoticeRow::default() };
            if let Err(why) = self.parts.store.add_notice(row).await {
                tracing::warn!(%why, "a notice about searching cannot be kept");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_keeps_its_own_name_of_collections() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let names = [one.path(), one.path(), other.path()].map(|folder| own_collection(&folder.join("retrieval")));
        assert_eq!(names[0], names[1]);
        assert_ne!(names[0], names[2]);
        assert!(names[0].starts_with("sayflow-") && names[0].len() == COLLECTION.len() + 1 + DIGITS);
    }

    #[test]
    fn settings_become_a_server_and_embeddings() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let bare = configured(&RetrievalSettings::default(), &home);
        assert!(bare.server.is_none() && bare.embeddings.is_none());
        assert!(!folder.path().join("retrieval").exists());
        let settings = RetrievalSettings {
            qdrant_url: Some("http://localhost:6334".into()),
            qdrant_api_key: Some("s3cret".into()),
            collection: Some("flows".into()),
            embeddings: EmbeddingSettings { base_url: Some("http://m.example/v1".into()), model: Some("m".into()), ..Default::default() },
        };
        let whole = configured(&settings, &home);
        let server = whole.server.unwrap();
        assert_eq!((server.collection.as_str(), server.api_key.as_deref()), ("flows", Some("s3cret")));
        assert!(matches!(whole.embeddings, Some(Embeddings::Endpoint(endpoint)) if endpoint.model == "m" && endpoint.api_key.is_none()));
    }
}
