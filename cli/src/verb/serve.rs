//! `sayflow serve`: a server that stays.

use crate::connect::installation;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::Ui;
use clap::Args;
use sayflow_chat_server::{BindOptions, find_running, start};
use sayflow_host::Flags;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs};
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLES: &str = "\
Examples:
  sayflow serve
  sayflow serve --listen 127.0.0.1:9000

Other verbs find it by themselves. Ctrl-C or SIGTERM stop it; runs that are going on are taken up by the next server.";

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
    ui.note("Stopping; runs that are going on are taken up by the next server. Ctrl-C again leaves at once.");
    tokio::select! {
        () = server.shutdown() => Ok(Exit::Done),
        () = interrupts.next() => Ok(Exit::Cancelled),
    }
}
