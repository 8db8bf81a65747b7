//! Finding the running server, or starting one in this process.

use crate::server::{BindError, BindOptions, RunningServer, bind};
use sayflow_client::Client;
use sayflow_host::{App, Home, OpenError, Settings, discovery};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// How long a running server may take to say that it is well.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a process that holds the data lock may take to become reachable or to go: it is just starting or ending.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Why there is no server to talk to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The application cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Its own address is of no use.
    #[error(transparent)]
    Client(#[from] sayflow_client::ClientError),
}

/// A client, and the server where it runs in this process.
pub struct Connection {
    /// To talk to the server.
    pub client: Client,
    /// The server in this process; none where another process serves.
    pub server: Option<RunningServer>,
}

impl Connection {
    /// Lets go of the server. One in this process stays until its last client and its last active run have ended; to
    /// stop waiting, drop the future and call [`RunningServer::shutdown`] through [`Self::abandon`] instead.
    pub async fn close(self) {
        drop(self.client);
        if let Some(server) = self.server {
            server.until_unused().await;
            server.shutdown().await;
        }
    }

    /// Lets go at once. Runs that are going on are taken up by the next server.
    pub async fn abandon(self) {
        drop(self.client);
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

/// A client of the server that runs already, if one does. A stale `server.json` counts as none.
pub async fn find_running(home: &Home) -> Option<Client> {
    let file = discovery::read(&home.server_file())?;
    let client = Client::new(&file.address, &file.token).ok()?;
    let health = tokio::time::timeout(HEALTH_TIMEOUT, client.health()).await;
    matches!(health, Ok(Ok(_))).then_some(client)
}

/// Finds the running server, or starts one in this process on a free loopback port.
///
/// # Errors
/// When there is none and none can be started: the data folder is in use by a process that does not answer, or cannot
/// be written, or was written by a newer version.
pub async fn find_or_start(home: &Home, settings: &Settings) -> Result<Connection, ConnectError> {
    let begun = Instant::now();
    loop {
        if let Some(client) = find_running(home).await {
            return Ok(Connection { client, server: None });
        }
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options =
            BindOptions { listen, hosts: Vec::new(), server_file: home.server_file(), lasting: false, limits: settings.limits.clone() };
        match start(home, settings, options).await {
            Ok(server) => {
                let client = Client::new(&server.address(), server.token())?;
                return Ok(Connection { client, server: Some(server) });
            }
            Err(ConnectError::Open(why)) if why.is_locked() && begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(why) => return Err(why),
        }
    }
}

/// Opens the application and serves it: for `sayflow serve`, and for [`find_or_start`].
///
/// # Errors
/// When the application cannot be opened or the address is taken.
pub async fn start(home: &Home, settings: &Settings, options: BindOptions) -> Result<RunningServer, ConnectError> {
    let app = App::open(home, settings).await?;
    match bind(app.clone(), options).await {
        Ok(server) => Ok(server),
        Err(why) => {
            app.close().await;
            Err(why.into())
        }
    }
}
