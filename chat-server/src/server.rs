//! A server that runs: bound to an address, found through `server.json`, and stopped in good order.

use crate::connections::{Count, CountingListener};
use crate::router::router;
use crate::shared::Shared;
use sayflow_host::{App, discovery};
use sayflow_protocol::api::server::ServerFile;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests may still take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// How a server is bound.
#[derive(Debug, Clone)]
pub struct BindOptions {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Names under which it is reached besides the loopback ones.
    pub hosts: Vec<String>,
    /// Where it says how it is reached.
    pub server_file: PathBuf,
    /// Whether it stays after its last client and run have ended.
    pub lasting: bool,
}

/// Why a server cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {why}; choose another address with --listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        why: io::Error,
    },
    /// The place where it would be found cannot be written.
    #[error("{} cannot be written: {why}; make room on its disk, and check the permissions of its folder", path.display())]
    ServerFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// A server in this process. [`Self::shutdown`] ends it in good order.
pub struct RunningServer {
    app: App,
    address: SocketAddr,
    token: String,
    server_file: PathBuf,
    stopping: CancellationToken,
    connections: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

/// Binds a server for an application and starts to serve.
///
/// # Errors
/// When the address is taken or `server.json` cannot be written.
pub async fn bind(app: App, options: BindOptions) -> Result<RunningServer, BindError> {
    let listener = TcpListener::bind(options.listen).await.map_err(|why| BindError::Listen { listen: options.listen, why })?;
    let address = listener.local_addr().map_err(|why| BindError::Listen { listen: options.listen, why })?;
    let token = discovery::new_token();
    let file = ServerFile {
        address: format!("http://{}", reachable(address)),
        token: token.clone(),
        pid: std::process::id(),
        version: sayflow_host::VERSION.to_owned(),
        lasting: options.lasting,
    };
    discovery::write(&options.server_file, &file).map_err(|why| BindError::ServerFile { path: options.server_file.clone(), why })?;

    let stopping = CancellationToken::new();
    let (count, connections) = watch::channel(0);
    let count: Count = Arc::new(count);
    let mut hosts = options.hosts;
    if !address.ip().is_unspecified() {
        hosts.push(address.ip().to_string());
    }
    let shared = Shared { app: app.clone(), token: token.as_str().into(), hosts: hosts.into(), stopping: stopping.clone() };
    let served =
        axum::serve(CountingListener::new(listener, count), router(shared)).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let task = tokio::spawn(async move {
        if let Err(why) = served.await {
            tracing::error!("the server stopped: {why}");
        }
    });
    Ok(RunningServer { app, address: reachable(address), token, server_file: options.server_file, stopping, connections, task })
}

/// The address for clients on this machine: a server that listens everywhere is reached over loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { std::net::Ipv4Addr::LOCALHOST.into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

impl RunningServer {
    /// Such as `http://127.0.0.1:8787`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What clients send as `Authorization: Bearer …`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns when no client is connected and no run is going on. A run that waits for a time or a person does not
    /// count: it is taken up again when its time has come and a server runs.
    pub async fn until_unused(&self) {
        let mut connections = self.connections.clone();
        loop {
            // An error means that the listener is gone, and its connections with it.
            let _ = connections.wait_for(|count| *count == 0).await;
            self.app.until_idle().await;
            if *connections.borrow() == 0 {
                return;
            }
        }
    }

    /// Stops listening, lets requests finish for a while, ends event streams, and gives the data lock back. Runs that are
    /// going on are taken up by the next server.
    pub async fn shutdown(mut self) {
        self.stopping.cancel();
        discovery::remove(&self.server_file, &self.token);
        match tokio::time::timeout(GRACE, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => tracing::error!("the server ended badly: {why}"),
            Err(_) => {
                tracing::warn!("requests that took too long were dropped");
                self.task.abort();
            }
        }
        self.app.close().await;
    }
}
