//! Where Sayflow keeps its things.

use etcetera::{BaseStrategy, choose_base_strategy};
use std::path::{Path, PathBuf};

/// The folders of one installation: `SAYFLOW_HOME`, or the XDG places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
}

/// There is no home folder to put anything into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no home folder for this user; set SAYFLOW_HOME to a folder that Sayflow may use")]
pub struct NoHome;

impl Home {
    /// Everything in one folder, as `SAYFLOW_HOME` asks for.
    pub fn at(folder: &Path) -> Self {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self { config: folder.clone(), data: folder }
    }

    /// `SAYFLOW_HOME` where it is set, else `$XDG_CONFIG_HOME/sayflow` and `$XDG_DATA_HOME/sayflow`.
    ///
    /// # Errors
    /// When neither `SAYFLOW_HOME` nor the user's home folder is known.
    pub fn find(sayflow_home: Option<&str>) -> Result<Self, NoHome> {
        if let Some(folder) = sayflow_home.filter(|folder| !folder.is_empty()) {
            return Ok(Self::at(Path::new(folder)));
        }
        let places = choose_base_strategy().map_err(|_| NoHome)?;
        Ok(Self { config: places.config_dir().join("sayflow"), data: places.data_dir().join("sayflow") })
    }

    /// The settings file. It need not exist.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder of the database.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The database, where it is a file.
    pub fn database_file(&self) -> PathBuf {
        self.data.join("sayflow.db")
    }

    /// The files in which Sayflow keeps what no step may see: accounts, their key, the server's token.
    pub fn own_files(&self) -> Vec<PathBuf> {
        // The last one is how the names of automatic copies of the database begin.
        let own = ["sayflow.db", "vault.key", "server.json", "data.lock", "backups/sayflow-"].map(|name| self.data.join(name));
        own.into_iter().chain([self.config_file()]).collect()
    }

    /// Where what searching would have to make again after a restart lies.
    pub fn retrieval_folder(&self) -> PathBuf {
        self.data.join("retrieval")
    }

    /// Where a running server says how it is reached.
    pub fn server_file(&self) -> PathBuf {
        self.data.join("server.json")
    }
}
