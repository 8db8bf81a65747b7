//! The vault: sets, lists and opens accounts. Nothing is loaded, and no key is read, before it is needed.

use super::record::Record;
use super::seal::KeyCheck;
use super::{Credential, KeySource, VaultError, VaultErrorKind, VaultKey, VaultRows, form};
use crate::action::Catalogue;
use jiff::Timestamp;
use sayflow_protocol::api::{CredentialInfo, SetCredential};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where the key check is kept among the store's single values.
const CHECK_KEY: &str = "vault.key_check";

/// Keeps accounts. A cheap handle; all clones share one state.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    rows: Arc<dyn VaultRows>,
    source: KeySource,
    state: Mutex<State>,
}

/// What was needed so far.
#[derive(Default)]
struct State {
    key: Option<VaultKey>,
    records: Option<BTreeMap<String, Result<Record, VaultError>>>,
}

impl Vault {
    /// Opens a vault. One that has sealed something checks at once that the key is the right one; one that has not
    /// touches no key.
    ///
    /// # Errors
    /// When the key is missing or is not the one that the accounts were sealed with, or the store fails.
    pub async fn open(rows: Arc<dyn VaultRows>, source: KeySource) -> Result<Self, VaultError> {
        let vault = Self { inner: Arc::new(Inner { rows, source, state: Mutex::default() }) };
        if let Some(check) = vault.inner.check_value().await? {
            let key = vault.inner.checked_key(&check)?;
            vault.inner.state.lock().await.key = Some(key);
        }
        Ok(vault)
    }

    /// All accounts by name, without their secrets. One that cannot be read is left out; [`Self::get`] says why.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<CredentialInfo>, VaultError> {
        let mut state = self.inner.state.lock().await;
        let records = self.inner.records(&mut state).await?;
        Ok(records.values().filter_map(|record| record.as_ref().ok()).map(Record::info).collect())
    }

    /// Keeps an account under its name, in the place of the one before.
    ///
    /// # Errors
    /// When the form does not fit the type, the key cannot be had, or the store fails.
    pub async fn set(&self, name: &str, form: SetCredential, catalogue: &Catalogue) -> Result<CredentialInfo, VaultError> {
        let account = form::check(name, form, catalogue)?;
        let mut state = self.inner.state.lock().await;
        let key = self.inner.key_to_seal(&mut state).await?;
        let record = Record::seal(&account, &key, Timestamp::now())?;
        self.inner.rows.put(record.to_row()?).await?;
        let info = record.info();
        self.inner.records(&mut state).await?.insert(name.to_owned(), Ok(record));
        Ok(info)
    }

    /// Removes an account.
    ///
    /// # Errors
    /// When there is none of the name, or the store fails.
    pub async fn remove(&self, name: &str) -> Result<(), VaultError> {
        let mut state = self.inner.state.lock().await;
        if !self.inner.rows.remove(name).await? {
            return Err(unknown(name, self.inner.records(&mut state).await?));
        }
        self.inner.records(&mut state).await?.remove(name);
        Ok(())
    }

    /// An account by name, opened.
    ///
    /// # Errors
    /// When the key cannot be had, the record was tampered with, or the store fails.
    pub async fn get(&self, name: &str) -> Result<Option<Credential>, VaultError> {
        let mut state = self.inner.state.lock().await;
        let record = match self.inner.records(&mut state).await?.get(name) {
            None => return Ok(None),
            Some(record) => record.clone()?,
        };
        let key = self.inner.key_to_open(&mut state).await?;
        record.open(&key).map(Some)
    }

    /// The account that a step uses: the named one, else the only one of the type. `kind` is a type's id; one that ends
    /// in `*` fits every type that begins so.
    ///
    /// # Errors
    /// When there is none, it is of another type, or several could be meant.
    pub async fn resolve(&self, kind: &str, named: Option<&str>) -> Result<Credential, VaultError> {
        let name = self.pick(kind, named).await?;
        let gone = || VaultError::new(VaultErrorKind::Missing, format!("there is no account \"{name}\""));
        self.get(&name).await?.ok_or_else(gone)
    }

    /// The name of the account that [`Self::resolve`] would open, without opening it.
    ///
    /// # Errors
    /// Those of [`Self::resolve`].
    pub async fn pick(&self, kind: &str, named: Option<&str>) -> Result<String, VaultError> {
        let mut state = self.inner.state.lock().await;
        let records = self.inner.records(&mut state).await?;
        if let Some(name) = named {
            let record = records.get(name).ok_or_else(|| unknown(name, records))?.as_ref().map_err(Clone::clone)?;
            if !fits(kind, record.kind()) {
                return Err(VaultError::invalid(format!("the account \"{name}\" is of type {}; the step needs {kind}", record.kind()))
                    .help(format!("name another one, or set one: sayflow credentials set NAME --type {kind} --field …")));
            }
            return Ok(name.to_owned());
        }
        let candidates: Vec<&String> = records
            .iter()
            .filter(|(_, record)| record.as_ref().is_ok_and(|record| fits(kind, record.kind())))
            .map(|(name, _)| name)
            .collect();
        match candidates.as_slice() {
            [only] => Ok((*only).clone()),
            [] => match records.values().find_map(|record| record.as_ref().err()) {
                Some(why) => Err(why.clone()),
                None => Err(VaultError::new(VaultErrorKind::Missing, format!("there is no account of type {kind}"))
                    .help(format!("set one: sayflow credentials set {kind} --field …"))),
            },
            several => {
                let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
                Err(VaultError::new(VaultErrorKind::Ambiguous, format!("there are several accounts of type {kind}: {}", names.join(", ")))
                    .help(format!("name one in the step, such as `credential: {}`", names[0])))
            }
        }
    }
}

fn fits(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => wanted == kind,
    }
}

fn unknown(name: &str, records: &BTreeMap<String, Result<Record, VaultError>>) -> VaultError {
    let names: Vec<&str> = records.keys().map(String::as_str).collect();
    let error = VaultError::new(VaultErrorKind::Missing, format!("there is no account \"{}\"", name.escape_debug()));
    if names.is_empty() {
        return error.help("there are none yet; set one: sayflow credentials set NAME --type TYPE --field …");
    }
    error.help(format!("the accounts are {}", names.join(", ")))
}

impl Inner {
    async fn records<'s>(&self, state: &'s mut State) -> Result<&'s mut BTreeMap<String, Result<Record, VaultError>>, VaultError> {
        if state.records.is_none() {
            let rows = self.rows.load_all().await?;
            state.records = Some(rows.into_iter().map(|row| (row.name.clone(), Record::read(row))).collect());
        }
        Ok(state.records.get_or_insert_default())
    }

    async fn check_value(&self) -> Result<Option<KeyCheck>, VaultError> {
        let Some(text) = self.rows.meta(CHECK_KEY).await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| {
            VaultError::new(VaultErrorKind::Damaged, "the check value of the vault's key cannot be read")
                .help("restore the data folder from a backup; it may also have been written by a newer version of Sayflow")
        })
    }

    fn checked_key(&self, check: &KeyCheck) -> Result<VaultKey, VaultError> {
        let key = self.source.load()?;
        if check.fits(&key) {
            return Ok(key);
        }
        Err(VaultError::key(format!(
            "{} holds another key ({}) than the one that the accounts were sealed with ({})",
            self.source,
            key.id(),
            check.id
        ))
        .help("point SAYFLOW_KEY_FILE at the right key file, or use another data folder with SAYFLOW_HOME"))
    }

    async fn key_to_open(&self, state: &mut State) -> Result<VaultKey, VaultError> {
        if let Some(key) = &state.key {
            return Ok(key.clone());
        }
        let check = self.check_value().await?.ok_or_else(|| {
            VaultError::new(VaultErrorKind::Damaged, "there are accounts but no check value of the vault's key")
                .help("restore the data folder from a backup, or set the accounts again")
        })?;
        Ok(state.key.insert(self.checked_key(&check)?).clone())
    }

    /// The key; a vault that has sealed nothing yet gets its key and check value now.
    async fn key_to_seal(&self, state: &mut State) -> Result<VaultKey, VaultError> {
        if state.key.is_some() || self.check_value().await?.is_some() {
            return self.key_to_open(state).await;
        }
        let key = self.source.load_or_create()?;
        let check = serde_json::to_string(&KeyCheck::new(&key)?).map_err(|why| VaultError::invalid(why.to_string()))?;
        self.rows.set_meta(CHECK_KEY, &check).await?;
        Ok(state.key.insert(key).clone())
    }
}
