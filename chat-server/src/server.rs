//! A server that runs: bound to an address, found through `server.json`, and stopped in good order.

use crate::connections::{Count, CountingListener};
use crate::limits::too_many;
use crate::router::router;
use crate::serve::{Manners, serve};
use crate::shared::Shared;
use axum::Router;
use sayflow_host::{App, LimitSettings, discovery};
use sayflow_protocol::api::server::ServerFile;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests may still take when the server stops, and its store to close.
const GRACE: Duration = Duration::from_secs(3);
/// How long a client of a lasting server may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long steps in progress may take to end when the server stops. With what comes after it, it stays below the 25
/// seconds that a supervisor waits before it kills.
pub const DRAIN: Duration = Duration::from_secs(18);

/// How long steps may take to be dropped that did not end in time.
const DROP_TIME: Duration = Duration::from_secs(1);

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
    /// How much may go on at once.
    pub limits: LimitSettings,
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
    draining: CancellationToken,
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
    let address = reachable(address);
    let draining = CancellationToken::new();
    let shared = Shared {
        app: app.clone(),
        token: token.as_str().into(),
        hosts: hosts.into(),
        address: format!("http://{address}").into(),
        lasting: options.lasting,
        draining: draining.clone(),
        stopping: stopping.clone(),
        streams: Arc::new(Semaphore::new(count_of(options.limits.streams))),
        most_streams: count_of(options.limits.streams),
        connections: connections.clone(),
    };
    let busy = Router::new().fallback(async || too_many("connections"));
    let manners = Manners { most: count_of(options.limits.connections), head_time: options.lasting.then_some(HEAD_TIME) };
    let router = router(shared, &options.limits);
    if options.lasting {
        app.stay();
    }
    let task = tokio::spawn(serve(CountingListener::new(listener, count), router, busy, manners, stopping.clone()));
    Ok(RunningServer { app, address, token, server_file: options.server_file, draining, stopping, connections, task })
}

fn count_of(number: NonZeroU32) -> usize {
    usize::try_from(number.get()).unwrap_or(usize::MAX)
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

    /// Takes in nothing new, lets steps in progress end for at most so long, and parks the runs: a later server takes them
    /// up where they are. The server goes on answering meanwhile; [`Self::shutdown`] comes next.
    pub async fn drain(&self, limit: Duration) {
        self.draining.cancel();
        // What does not even let itself be dropped in time is left to the end of the process.
        if tokio::time::timeout(limit + DROP_TIME, self.app.drain(limit)).await.is_err() {
            tracing::warn!("steps in progress could not be stopped in time; the next server looks after them");
        }
    }

    /// Ends event streams so that their clients come back to the next server, stops listening, lets requests finish for a
    /// while, and gives the data lock back. Runs that are going on are taken up by the next server.
    pub async fn shutdown(mut self) {
        self.draining.cancel();
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
        if tokio::time::timeout(GRACE, self.app.close()).await.is_err() {
            tracing::warn!("the store took too long to close; what was acknowledged is durable");
        }
    }
}
