//! How long the server takes to be ready, with an empty store and with one in which much waits.

use crate::fill::{self, WAITING, left_by};
use crate::report::Figure;
use crate::sample::{Sample, millis};
use crate::server::Server;
use crate::world::World;
use crate::{Outcome, Setting};
use sayflow_engine::ports::SystemClock;
use std::path::Path;
use std::sync::Arc;

const RUNS: usize = 100_000;
const SCHEDULES: usize = 10_000;
const STARTS: usize = 7;

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let (empty, full) = (tempfile::tempdir_in(&setting.folder)?, tempfile::tempdir_in(&setting.folder)?);
    fill(full.path()).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    // The first start makes the store, or folds the write-ahead log.
    for round in 0..=STARTS {
        for (folder, times) in [(empty.path(), &mut without), (full.path(), &mut with)] {
            let server = Server::start(setting, folder)?;
            if round > 0 {
                times.push(server.ready_after);
            }
            server.stop()?;
        }
    }
    let figure = |what: String, times: Vec<_>, most| {
        let times = Sample::new(times);
        Figure::at_most(what, millis(times.median()), most, " ms").with(&format!("worst of {STARTS}: {:.0} ms", millis(times.most())))
    };
    Ok(vec![
        figure("from the start of the process to /readyz, empty store".into(), without, 100.0),
        figure(format!("the same with {RUNS} waiting runs and {SCHEDULES} schedules"), with, 400.0),
    ])
}

/// Fills a data folder.
pub(crate) async fn fill(folder: &Path) -> Outcome<()> {
    let world = World::at(folder).await?;
    let left = left_by(&world, &world.compile(WAITING)?).await?.must_be("waiting")?;
    left.copy(&world.store, RUNS).await?;
    fill::schedules(&world, Arc::new(SystemClock), "yearly", "0 0 1 1 *", SCHEDULES).await?;
    world.close().await;
    Ok(())
}
