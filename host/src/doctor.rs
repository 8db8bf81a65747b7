//! A look at an installation from outside the application: `sayflow doctor` works where the application cannot be
//! opened, and tells why.

mod models;

use crate::Home;
use crate::app::open_store;
use crate::settings::{Environment, Flags, Settings, SettingsError};
use sayflow_engine::vault::{KeySource, Vault};
use sayflow_store::StoreError;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, such as `database`.
    pub name: &'static str,
    /// How it is.
    pub status: Health,
    /// What was found.
    pub found: String,
    /// The way out, where something is wrong.
    pub help: Option<String>,
}

/// How a part of the installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It keeps Sayflow from working.
    Error,
}

impl Finding {
    /// It is as it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, status: Health::Ok, found: found.into(), help: None }
    }

    /// It works, but somebody should know.
    pub fn warning(name: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name, status: Health::Warning, found: found.into(), help: Some(help.into()) }
    }

    /// It keeps Sayflow from working. Behind the last semicolon, the text says the way out.
    pub fn error(name: &'static str, why: &impl ToString) -> Self {
        let text = why.to_string();
        let (found, help) = match text.rsplit_once("; ") {
            Some((found, help)) => (found.to_owned(), Some(help.to_owned())),
            None => (text, None),
        };
        Self { name, status: Health::Error, found, help }
    }
}

/// Looks at everything that can be seen without a server: folders, settings, data lock, database, key, models, egress and
/// zone. Makes nothing that is not there yet; asks the models that are configured, and connects to nothing else.
pub async fn examine(home: &Home, environment: &Environment) -> Vec<Finding> {
    let mut findings = vec![config(home), data(home)];
    let settings = match Settings::load(home, environment, &Flags::default()) {
        Ok(settings) => settings,
        Err(why) => {
            findings.push(unusable(&why));
            return findings;
        }
    };
    let source = KeySource::choose(settings.vault.key_file.clone(), home.data());
    findings.extend(stored(home, &settings, &source).await);
    findings.push(egress(&settings));
    findings.push(timezone(&settings));
    findings
}

fn config(home: &Home) -> Finding {
    let path = home.config_file();
    let state = if path.exists() { "" } else { " (not there; the defaults count)" };
    Finding::ok("config", format!("{}{state}", path.display()))
}

fn unusable(why: &SettingsError) -> Finding {
    Finding { name: "settings", status: Health::Error, found: format!("{}: {}", why.place, why.message), help: why.help.clone() }
}

fn data(home: &Home) -> Finding {
    let folder = home.data();
    if !folder.exists() {
        return Finding::ok("data", format!("{} (not there yet; made on first use)", folder.display()));
    }
    match probe(folder) {
        Ok(()) => Finding::ok("data", folder.display().to_string()),
        Err(why) => Finding {
            name: "data",
            status: Health::Error,
            found: format!("{} cannot be written: {why}", folder.display()),
            help: Some("check its permissions and the free space, or choose another folder with SAYFLOW_HOME".into()),
        },
    }
}

/// Writes a file and takes it away again.
fn probe(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor.{}", std::process::id()));
    std::fs::write(&path, b"ok")?;
    std::fs::remove_file(&path)
}

/// The data lock, the database and the key, which need each other.
async fn stored(home: &Home, settings: &Settings, source: &KeySource) -> Vec<Finding> {
    let folder = home.data();
    let here = home.database_file().exists();
    if settings.database_url.is_none() && !here {
        let nothing = "not there yet; made on first use";
        return with_models(vec![Finding::ok("lock", "free"), Finding::ok("database", nothing), key_alone(source)], settings).await;
    }
    if settings.database_url.is_some() && !folder.exists() {
        let nothing = "not looked into before first use: the data folder is not there yet";
        return with_models(vec![Finding::ok("lock", "free"), Finding::ok("database", nothing), key_alone(source)], settings).await;
    }
    match open_store(home, settings).await {
        Ok(store) => {
            let database = match store.check().await {
                Ok(()) => Finding::ok("database", sound(settings, here)),
                Err(why) => Finding::error("database", &why),
            };
            let mut findings = vec![Finding::ok("lock", "free"), database];
            match Vault::open(Arc::new(store.clone()), source.clone()).await {
                Ok(vault) => {
                    findings.push(key_alone(source));
                    findings.extend(models::look(settings, Some(&vault), false).await);
                }
                Err(why) => findings.push(Finding { name: "key", status: Health::Error, found: why.message, help: why.help }),
            }
            store.close().await;
            findings
        }
        Err(StoreError::Locked { holder, .. }) => {
            let holder = holder.unwrap_or_else(|| "another process".to_owned());
            let lock = Finding::ok("lock", format!("held by {holder}"));
            let mut findings = vec![lock, Finding::ok("database", "in use, not looked into"), key_alone(source)];
            findings.extend(models::look(settings, None, true).await);
            findings
        }
        Err(why) => vec![Finding::error("database", &why), key_alone(source)],
    }
}

/// The same with what the models say, where there are no accounts.
async fn with_models(mut findings: Vec<Finding>, settings: &Settings) -> Vec<Finding> {
    findings.extend(models::look(settings, None, false).await);
    findings
}

/// What is said of a database that is well. `here` is whether there is one in the data folder.
fn sound(settings: &Settings, here: bool) -> String {
    match &settings.database_url {
        None => "SQLite, write-ahead log, synchronous=FULL, foreign keys on, tables up to date, undamaged".to_owned(),
        Some(url) => {
            let unused = if here { "; sayflow.db in the data folder is not used" } else { "" };
            format!("PostgreSQL at {url}, tables up to date{unused}")
        }
    }
}

fn key_alone(source: &KeySource) -> Finding {
    match source {
        KeySource::File(path) if !path.exists() => {
            Finding::ok("key", format!("{source} (not there yet; made when the first account is set)"))
        }
        _ => match source.load() {
            Ok(key) => Finding::ok("key", format!("{source} (key {})", key.id())),
            Err(why) => Finding { name: "key", status: Health::Error, found: why.message, help: why.help },
        },
    }
}

fn egress(settings: &Settings) -> Finding {
    let allowed = &settings.egress.allow;
    if allowed.is_empty() {
        return Finding::ok("egress", "public addresses only");
    }
    Finding::ok("egress", format!("public addresses, and {}", allowed.join(", ")))
}

fn timezone(settings: &Settings) -> Finding {
    let source = if settings.timezone.is_some() { "set" } else { "this machine's" };
    Finding::ok("timezone", format!("{} ({source})", settings.timezone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayflow_store::Store;

    fn environment(vars: &[(&str, &str)]) -> Environment {
        Environment::new(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn finding<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
        findings.iter().find(|finding| finding.name == name).unwrap_or_else(|| panic!("no finding {name}: {findings:?}"))
    }

    #[tokio::test]
    async fn a_fresh_machine_is_well_and_stays_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        let findings = examine(&home, &environment(&[("SAYFLOW_EGRESS_ALLOW", "127.0.0.1:9")])).await;
        assert!(findings.iter().all(|finding| finding.status == Health::Ok), "{findings:?}");
        assert!(finding(&findings, "egress").found.contains("127.0.0.1:9"));
        assert!(!home.data().exists());
    }

    #[tokio::test]
    async fn a_held_lock_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let findings = examine(&Home::at(folder.path()), &environment(&[])).await;
        assert_eq!(finding(&findings, "lock").found, format!("held by process {}", std::process::id()));
        store.close().await;
        let findings = examine(&Home::at(folder.path()), &environment(&[])).await;
        assert_eq!(finding(&findings, "lock").found, "free");
        assert!(finding(&findings, "database").found.contains("synchronous=FULL"));
    }

    #[tokio::test]
    async fn a_wrong_setting_is_named_with_a_suggestion() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "[egress]\nalow = []\n").unwrap();
        let findings = examine(&Home::at(folder.path()), &environment(&[])).await;
        let settings = finding(&findings, "settings");
        assert_eq!(settings.status, Health::Error);
        assert!(settings.help.as_deref().unwrap_or_default().contains("allow"), "{settings:?}");
    }

    #[tokio::test]
    async fn a_key_file_without_a_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "short").unwrap();
        let findings = examine(&Home::at(folder.path()), &environment(&[("SAYFLOW_KEY_FILE", key.to_str().unwrap())])).await;
        assert_eq!(finding(&findings, "key").status, Health::Error);
    }
}
