//! What the server keeps in memory: idle, and for runs that wait.

use crate::fill::{WAITING, left_by};
use crate::load::Load;
use crate::report::{Figure, short};
use crate::server::Server;
use crate::world::World;
use crate::{Outcome, Setting};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const FEWER: usize = 10_000;
const MANY: usize = 100_000;
/// How long memory is given to settle.
const SETTLE: Duration = Duration::from_secs(3);
/// Runs that are started before memory is compared: the first ones fill caches, whatever becomes of them.
const WARM: usize = 1_000;
/// Runs that are started through the API while the server is watched.
const LIVE: usize = 10_000;

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let idle = idle(setting, 0).await?;
    let fewer = idle_growth(idle, setting, FEWER).await?;
    let many = idle_growth(idle, setting, MANY).await?;
    let (before, after) = live(setting).await?;
    Ok(vec![
        Figure::at_most("memory of an idle server (VmRSS)", mib(idle), 30.0, " MB"),
        Figure::at_most(format!("growth by {FEWER} waiting runs in the store"), fewer, 5.0, " MB"),
        Figure::at_most(format!("growth by {MANY} waiting runs in the store"), many, 50.0, " MB"),
        Figure::at_most(format!("growth by {LIVE} runs that begin to wait, after {WARM} have"), mib(after) - mib(before), 5.0, " MB")
            .with(&format!("from {} MB", short(mib(before)))),
    ])
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Memory of a server that nobody uses, on a store with so many waiting runs.
async fn idle(setting: &Setting, waiting: usize) -> Outcome<u64> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    if waiting > 0 {
        fill(folder.path(), waiting).await?;
    }
    let mut least = u64::MAX;
    for _ in 0..3 {
        let server = Server::start(setting, folder.path())?;
        tokio::time::sleep(SETTLE).await;
        least = least.min(server.resident()?);
        server.stop()?;
    }
    Ok(least)
}

async fn idle_growth(empty: u64, setting: &Setting, waiting: usize) -> Outcome<f64> {
    Ok(mib(idle(setting, waiting).await?) - mib(empty))
}

async fn fill(folder: &Path, waiting: usize) -> Outcome<()> {
    let world = World::at(folder).await?;
    let left = left_by(&world, &world.compile(WAITING)?).await?.must_be("waiting")?;
    left.copy(&world.store, waiting).await?;
    world.close().await;
    Ok(())
}

/// Memory before and after runs began to wait in a server that goes on.
async fn live(setting: &Setting) -> Outcome<(u64, u64)> {
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let server = Server::start(setting, folder.path())?;
    start(&server, folder.path(), WARM).await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.resident()?;
    start(&server, folder.path(), LIVE).await?;
    tokio::time::sleep(SETTLE).await;
    let after = server.resident()?;
    server.stop()?;
    Ok((before, after))
}

async fn start(server: &Server, workspace: &Path, runs: usize) -> Outcome<()> {
    let body = json!({ "source": { "document": { "text": WAITING, "format": "yaml" } }, "workspace": workspace }).to_string();
    let request = format!(
        "POST /api/v1/runs HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        server.token()?,
        body.len()
    );
    let load = Load { address: server.address, request, connections: 20, seconds: 120.0, most: Some(runs as u64) };
    let loaded = load.make().await?;
    if loaded.answered == runs as u64 {
        return Ok(());
    }
    Err(format!("only {} of {runs} runs were started: {:?}", loaded.answered, loaded.first_failure).into())
}
