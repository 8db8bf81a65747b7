//! Stores with much in them: what one real run or workflow has left is written many times, under other names.

use crate::Outcome;
use crate::world::World;
use futures::stream::{self, TryStreamExt};
use sayflow_engine::ports::{Clock, Ids, SystemClock, UuidIds};
use sayflow_engine::run::Compiled;
use sayflow_engine::trigger::{TriggerParts, TriggerService};
use sayflow_engine::vault::NoCredentials;
use sayflow_protocol::Workflow;
use sayflow_store::{EventRow, NewRun, RunHead, RunRow, Store, TriggerRow};
use std::sync::Arc;

/// Writes on the way at once: enough for whole groups.
const AT_ONCE: usize = 512;

/// A workflow that waits for longer than anything is measured.
pub(crate) const WAITING: &str = "name: waits\nsteps: [{ id: wait, uses: flow.wait, with: { for: 30d } }]";

/// What a real run has left in the store.
pub(crate) struct Left {
    row: RunRow,
    events: Vec<EventRow>,
}

/// Runs a workflow until it has ended or rests, and reads what it has left.
pub(crate) async fn left_by(world: &World, workflow: &Arc<Compiled>) -> Outcome<Left> {
    let run = world.run(workflow).await?;
    let row = world.store.run(run.as_str()).await?.ok_or("the run is gone")?;
    let events = world.store.run_events(run.as_str(), 0, 1000).await?;
    Ok(Left { row, events })
}

impl Left {
    /// Fails when the run does not stand as it should.
    pub(crate) fn must_be(self, status: &str) -> Outcome<Self> {
        if self.row.status == status {
            return Ok(self);
        }
        Err(format!("the run that is to be copied is {}, not {status}", self.row.status).into())
    }

    /// Writes as many runs that stand as this one.
    pub(crate) async fn copy(&self, store: &Store, count: usize) -> Outcome<()> {
        stream::iter((0..count).map(Ok))
            .try_for_each_concurrent(AT_ONCE, async |_| {
                let row = RunRow { id: UuidIds.new_id(), ..self.row.clone() };
                let head = RunHead {
                    status: row.status.clone(),
                    started: row.started,
                    ended: row.ended,
                    error: None,
                    wake_at: row.wake_at,
                    announce: false,
                    bytes: row.bytes,
                    cost_micros: row.cost_micros,
                };
                store.create_run(NewRun { head: Some(head), ..NewRun::new(row, self.events.clone()) }).await?;
                Outcome::Ok(())
            })
            .await
    }
}

/// The trigger service of a world.
pub(crate) fn triggers(world: &World, clock: Arc<dyn Clock>) -> TriggerService {
    TriggerService::new(TriggerParts {
        engine: world.engine.clone(),
        store: world.store.clone(),
        catalogue: world.catalogue.clone(),
        ports: world.ports.clone(),
        credentials: Arc::new(NoCredentials),
        clock,
        ids: Arc::new(UuidIds),
        timezone: crate::world::ZONE.into(),
    })
}

/// Activates as many workflows with the same schedule; those after the first are written as the first one was.
pub(crate) async fn schedules(world: &World, clock: Arc<dyn Clock>, name: &str, cron: &str, count: usize) -> Outcome<()> {
    let yaml = |name: &str| {
        format!(
            "name: {name}\ntriggers: [{{ type: schedule, cron: \"{cron}\", timezone: {} }}]\nsteps: [{{ id: a, uses: data.set, with: {{ values: 1 }} }}]",
            crate::world::ZONE
        )
    };
    let folder = world.store.folder().join("workspace").to_string_lossy().into_owned();
    let save = async |name: &str| {
        let workflow: Workflow = serde_saphyr::from_str(&yaml(name))?;
        let document = serde_json::to_string(&workflow)?;
        let version = world.store.save_workflow(name, &document, &folder, SystemClock.now().as_microsecond()).await?;
        Outcome::Ok((workflow, version))
    };
    let first = format!("{name}-0");
    let (workflow, version) = save(&first).await?;
    triggers(world, clock).activate(&workflow, u32::try_from(version)?).await?;
    let rows = world.store.triggers_of(&first).await?;
    stream::iter((1..count).map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |number| {
            let name = format!("{name}-{number}");
            let (_, version) = save(&name).await?;
            let rows = rows.iter().map(|row| TriggerRow { workflow: name.clone(), ..row.clone() }).collect();
            world.store.activate(&name, version, rows).await?;
            Outcome::Ok(())
        })
        .await
}
