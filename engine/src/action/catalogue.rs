//! All actions, credential types and trigger sources that an installation has.

use super::{ActionSpec, DynAction};
use crate::trigger::TriggerSource;
use crate::vault::CredentialType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Actions and credential types by id, trigger sources by kind.
#[derive(Clone, Default)]
pub struct Catalogue {
    actions: BTreeMap<String, Arc<dyn DynAction>>,
    credentials: BTreeMap<String, CredentialType>,
    sources: BTreeMap<&'static str, Arc<dyn TriggerSource>>,
}

/// Two declarations claim one id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} \"{id}\" is declared twice")]
pub struct CatalogueError {
    what: &'static str,
    id: String,
}

impl Catalogue {
    /// One with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an action.
    ///
    /// # Errors
    /// When its id is taken.
    pub fn add(&mut self, action: Arc<dyn DynAction>) -> Result<(), CatalogueError> {
        let id = action.spec().id.clone();
        if self.actions.contains_key(&id) {
            return Err(CatalogueError { what: "action", id });
        }
        self.actions.insert(id, action);
        Ok(())
    }

    /// Adds a credential type.
    ///
    /// # Errors
    /// When its id is taken.
    pub fn add_credential_type(&mut self, kind: CredentialType) -> Result<(), CatalogueError> {
        if self.credentials.contains_key(&kind.id) {
            return Err(CatalogueError { what: "credential type", id: kind.id });
        }
        self.credentials.insert(kind.id.clone(), kind);
        Ok(())
    }

    /// Adds a trigger source.
    ///
    /// # Errors
    /// When its kind is taken.
    pub fn add_source(&mut self, source: Arc<dyn TriggerSource>) -> Result<(), CatalogueError> {
        let kind = source.kind();
        if self.sources.contains_key(kind) {
            return Err(CatalogueError { what: "trigger source", id: kind.to_owned() });
        }
        self.sources.insert(kind, source);
        Ok(())
    }

    /// What looks for new things on behalf of triggers of a kind.
    pub fn source(&self, kind: &str) -> Option<&Arc<dyn TriggerSource>> {
        self.sources.get(kind)
    }

    /// An action by id.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn DynAction>> {
        self.actions.get(id)
    }

    /// An action's declaration by id.
    pub fn spec(&self, id: &str) -> Option<&ActionSpec> {
        self.actions.get(id).map(|action| action.spec())
    }

    /// All declarations, by id.
    pub fn specs(&self) -> impl Iterator<Item = &ActionSpec> {
        self.actions.values().map(|action| action.spec())
    }

    /// A credential type by id.
    pub fn credential_type(&self, id: &str) -> Option<&CredentialType> {
        self.credentials.get(id)
    }

    /// All credential types, by id.
    pub fn credential_types(&self) -> impl Iterator<Item = &CredentialType> {
        self.credentials.values()
    }
}
