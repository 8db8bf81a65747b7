//! A server that stays when this process has ended: `sayflow serve`, started in the background.

use crate::failure::Failure;
use sayflow_chat_server::find_running;
use sayflow_client::Client;
use sayflow_host::Home;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// What it says is kept here, in the data folder.
const LOG: &str = "serve.log";

/// The running server, or one that was just started.
pub(super) async fn find_or_spawn(home: &Home) -> Result<Client, Failure> {
    if let Some(client) = find_running(home).await {
        return Ok(client);
    }
    let mut child = spawn(home)?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(client) = find_running(home).await {
            return Ok(client);
        }
        if let Some(status) = child.try_wait()? {
            return Err(failed(home, &format!("it ended with {status}")));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(failed(home, "it does not answer"))
}

fn failed(home: &Home, why: &str) -> Failure {
    let log = home.data().join(LOG);
    Failure::new("no_server", format!("A server could not be started in the background: {why}."))
        .help(format!("See {}, or run it in the foreground: sayflow serve", log.display()))
}

/// Any free port will do: it is found through `server.json`. A group of its own keeps the terminal's Ctrl-C away.
fn spawn(home: &Home) -> Result<Child, Failure> {
    std::fs::create_dir_all(home.data()).map_err(|error| failed(home, &error.to_string()))?;
    let log = OpenOptions::new().create(true).append(true).open(home.data().join(LOG)).map_err(|error| failed(home, &error.to_string()))?;
    let program = std::env::current_exe().map_err(|error| failed(home, &error.to_string()))?;
    Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--color", "never"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(|error| failed(home, &error.to_string()))
}
