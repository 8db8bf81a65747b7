//! `sayflow serve`: a server that stays.

use crate::connect::installation;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::Ui;
use clap::Args;
use sayflow_chat_server::{BindOptions, DRAIN, find_running, start};
use sayflow_host::Flags;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs};
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLES: &str = "\
Examples:
  sayflow serve
  sayflow serve --listen 127.0.0.1:9000

Other verbs find it by themselves. Ctrl-C or SIGTERM stop it in good order: it takes in nothing new, steps in progress
may end, and within 25 seconds it has gone; runs go on with the next server. A second signal stops it at once.
To have it started with the machine, see docs/service.md.";

/// Run the server until it is stopped
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Where to listen, as HOST:PORT; port 0 takes any free one [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| format!("expected HOST:PORT ({error})"))?;
    found.next().ok_or_else(|| "that host has no address".to_owned())
}

/// Serves.
pub async fn run(ui: &Ui, args: &ServeArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let (home, settings) = installation(&Flags { listen: args.listen })?;
    if let Some(running) = find_running(&home).await {
        return Err(Failure::new("already_running", format!("A server is already running at {}.", running.address()))
            .help("Stop it first, or use another data folder with SAYFLOW_HOME."));
    }
    let options = BindOptions {
        listen: settings.server.listen,
        hosts: settings.server.hosts.clone(),
        server_file: home.server_file(),
        lasting: true,
        limits: settings.limits.clone(),
    };
    let server = interrupts.guard(async { Ok(start(&home, &settings, options).await?) }).await?;
    if ui.is_text() {
        ui.result(&format!("Sayflow listens on {}\n", server.address()))?;
        ui.note("Ctrl-C stops it.");
    } else {
        ui.json(&json!({ "address": server.address(), "pid": std::process::id() }))?;
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = interrupts.next() => {}
        _ = terminate.recv() => {}
    }
    ui.note("Stopping: nothing new is taken in, steps in progress may end (at most 25 seconds). A second signal stops at once.");
    let mut ending = std::pin::pin!(async {
        server.drain(DRAIN).await;
        server.shutdown().await;
    });
    tokio::select! {
        () = &mut ending => {
            ui.note("Stopped. Runs that had not ended go on with the next server.");
            return Ok(Exit::Done);
        }
        () = interrupts.next() => {}
        _ = terminate.recv() => {}
    }
    ui.note("Stopped at once. The next server takes up what was in progress, and asks about writes whose outcome nobody knows.");
    Ok(Exit::Cancelled)
}
