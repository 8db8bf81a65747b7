//! From settings and accounts to the client of the language models.

use crate::settings::{ModelSettings, RoleSettings};
use sayflow_agent::model::{Endpoint, EndpointError, ModelClient, ModelConfig, Retries, Role, Timeouts};
use sayflow_engine::ports::Clock;
use sayflow_engine::vault::{Credential, Vault, VaultError};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The type of the accounts that hold keys of models.
const KIND: &str = "openai";

/// Why models that are configured cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub(crate) struct Unusable {
    /// What is wrong, without secrets.
    pub(crate) message: String,
    /// The way out.
    pub(crate) help: String,
}

impl From<EndpointError> for Unusable {
    fn from(why: EndpointError) -> Self {
        Self { message: why.message, help: why.help }
    }
}

impl From<VaultError> for Unusable {
    fn from(why: VaultError) -> Self {
        let help = why.help.unwrap_or_else(|| "sayflow credentials lists the accounts".to_owned());
        Self { message: why.message, help }
    }
}

/// The client of the models; none where none is configured. Without a vault, accounts are left aside.
///
/// # Errors
/// When what is configured cannot be used.
pub(crate) async fn client(
    settings: &ModelSettings,
    vault: Option<&Vault>,
    clock: Arc<dyn Clock>,
) -> Result<Option<ModelClient>, Unusable> {
    let own = RoleSettings {
        base_url: settings.base_url.clone(),
        api_key: settings.api_key.clone(),
        credential: settings.credential.clone(),
        model: settings.model.clone(),
        temperature: settings.temperature,
    };
    let default = endpoint(&own, vault).await?;
    let mut roles = BTreeMap::new();
    for role in Role::ALL {
        let Some(section) = settings.role(role) else { continue };
        if let Some(endpoint) = of_role(section, default.as_ref(), vault).await? {
            roles.insert(role, endpoint);
        }
    }
    // Roles without an endpoint of their own use that of another role where there is no other.
    let Some(default) = default.or_else(|| roles.values().next().cloned()) else { return Ok(None) };
    let seconds = |number: NonZeroU32| Duration::from_secs(u64::from(number.get()));
    let timeouts = &settings.timeouts;
    let config = ModelConfig {
        roles,
        timeouts: Timeouts {
            connect: seconds(timeouts.connect_seconds),
            first_token: seconds(timeouts.first_token_seconds),
            stall: seconds(timeouts.stall_seconds),
            call: seconds(timeouts.call_seconds),
        },
        retries: Retries { most: settings.retries, ..Retries::default() },
        prices: settings.prices.clone(),
        clock,
        ..ModelConfig::new(default)
    };
    Ok(Some(ModelClient::new(config)?))
}

/// The endpoint that a section names, or that an account names; none where neither does.
async fn endpoint(section: &RoleSettings, vault: Option<&Vault>) -> Result<Option<Endpoint>, Unusable> {
    let base_url = section.base_url.as_deref();
    let found = match (&section.credential, &section.api_key, vault) {
        (Some(name), _, Some(vault)) => Some(Endpoint::of_account(&vault.resolve(KIND, Some(name)).await?, base_url)?),
        (None, None, Some(vault)) => match only_account(vault, base_url).await? {
            Some(account) => Some(Endpoint::of_account(&account, base_url)?),
            None => base_url.map(|base_url| Endpoint::new(base_url, None)).transpose()?,
        },
        (_, Some(key), _) => Some(Endpoint::new(base_url.unwrap_or(sayflow_agent::model::OPENAI_BASE_URL), Some(key.clone()))?),
        (_, None, None) => base_url.map(|base_url| Endpoint::new(base_url, None)).transpose()?,
    };
    Ok(found.map(|found| finished(found, section)))
}

/// With the model and the temperature of a section, where it names them.
fn finished(mut endpoint: Endpoint, section: &RoleSettings) -> Endpoint {
    if section.model.is_some() {
        endpoint = endpoint.with_model(section.model.clone());
    }
    match section.temperature {
        Some(temperature) => endpoint.with_temperature(temperature.temperature()),
        None => endpoint,
    }
}

/// The endpoint of a role: what it does not say itself is as for all others.
async fn of_role(section: &RoleSettings, default: Option<&Endpoint>, vault: Option<&Vault>) -> Result<Option<Endpoint>, Unusable> {
    let has_key = section.api_key.is_some() || section.credential.is_some();
    let found = match (default, &section.base_url) {
        (Some(default), None) if !has_key => Some(finished(default.clone(), section)),
        (Some(default), Some(base_url)) if !has_key && default.is_at(base_url) => Some(finished(default.moved_to(base_url)?, section)),
        // An account brings its own address; a key belongs to that of all others.
        (Some(default), None) if section.api_key.is_some() => {
            let section = RoleSettings { base_url: Some(default.base_url().to_owned()), ..section.clone() };
            endpoint(&section, vault).await?
        }
        _ => endpoint(section, vault).await?,
    };
    Ok(found.map(|found| match (default, &section.model) {
        // The same address has the same models.
        (Some(default), None) if default.is_at(found.base_url()) => found.with_model(default.model.clone()),
        _ => found,
    }))
}

/// The only account that may be sent to an address, or the only one at all where there is no address.
async fn only_account(vault: &Vault, base_url: Option<&str>) -> Result<Option<Credential>, Unusable> {
    let mut fitting = Vec::new();
    for info in vault.list().await?.into_iter().filter(|info| info.kind == KIND) {
        let Some(account) = vault.get(&info.name).await? else { continue };
        if base_url.is_none_or(|base_url| Endpoint::of_account(&account, Some(base_url)).is_ok()) {
            fitting.push(account);
        }
    }
    match fitting.len() {
        0 | 1 => Ok(fitting.pop()),
        _ => {
            let names: Vec<&str> = fitting.iter().map(|account| account.name.as_str()).collect();
            Err(Unusable {
                message: format!("there are several accounts of the type {KIND}: {}", names.join(", ")),
                help: "name the one to use as models.credential".to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
