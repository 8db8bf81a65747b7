//! A group of writes in few statements: a statement costs a hop to the database's thread or server, so the rows of all
//! runs in the group go into the same ones.

use crate::changes::{advance, ask, close, wake};
use crate::error::WriteError;
use crate::job::{Hashed, Part};
use crate::numbering::out_of_order;
use crate::rows::run::{EventRow, RunCommit, RunHead, RunRow};
use crate::rows::trigger::TriggerAdvance;
use crate::sql::{Connection, Statement, Value, values};
use sqlx::error::ErrorKind;
use std::collections::{BTreeSet, HashMap, HashSet};

/// For creations whose delivery was taken in before: the place in the group, and the run that it started.
pub(crate) type Duplicates = HashMap<usize, String>;

/// Carries a group out inside a transaction. `stored` are hashes of documents that are there for sure.
pub(crate) async fn carry_out(
    connection: &mut Connection,
    stored: &HashSet<String>,
    parts: Vec<Part<'_>>,
) -> Result<Duplicates, WriteError> {
    let (mut creates, mut commits, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (place, part) in parts.into_iter().enumerate() {
        match part {
            Part::Create(hashed) => creates.push((place, hashed)),
            Part::Commit(commit) => commits.push(commit),
            Part::Other(job) => others.push(job),
        }
    }
    let duplicates = take_in(connection, &creates).await?;
    let advances: Vec<&TriggerAdvance> = creates.iter().filter_map(|(_, hashed)| hashed.new.trigger.as_ref()).collect();
    let created: Vec<&Hashed> = creates.iter().filter(|(place, _)| !duplicates.contains_key(place)).map(|(_, hashed)| *hashed).collect();
    let journals = || {
        let first = created.iter().map(|hashed| (hashed.new.run.id.as_str(), &hashed.new.events));
        first.chain(commits.iter().map(|commit| (commit.run.as_str(), &commit.events)))
    };
    let asked = created.iter().flat_map(|hashed| &hashed.new.approvals).chain(commits.iter().flat_map(|commit| &commit.approvals));
    let statements = [heads(&commits), documents(stored, &created), runs(&created), events(journals()), blobs(journals()), ask(asked)];
    let (changed, end) = connection.execute_all(&statements).await;
    // A journal that does not go on explains itself better than the rule of the database that it breaks.
    if changed.first().is_some_and(|updated| *updated != statements[0].rows()) && !end.as_ref().is_err_and(is_about_the_database) {
        return Err(WriteError::Conflict(gap(connection, &commits).await?));
    }
    end?;
    for commit in &commits {
        let at = commit.events.last().map_or(0, |event| event.at);
        for (id, how) in &commit.closed {
            close(connection, id, how, at).await?;
        }
    }
    for run in commits.iter().flat_map(|commit| &commit.wake).collect::<BTreeSet<_>>() {
        wake(connection, run, 0).await?;
    }
    for next in merged(advances) {
        advance(connection, &next).await?;
    }
    for job in others {
        job.apply(connection).await?;
    }
    Ok(duplicates)
}

/// Keeps the deliveries of new runs and finds those that were taken in before.
async fn take_in(connection: &mut Connection, creates: &[(usize, &Hashed)]) -> Result<Duplicates, WriteError> {
    let delivered: Vec<_> =
        creates.iter().filter_map(|(place, hashed)| Some((*place, hashed.new.delivery.as_ref()?, &hashed.new.run.id))).collect();
    let values: Vec<Value<'_>> = delivered
        .iter()
        .flat_map(|(_, delivery, run)| [(&delivery.workflow).into(), (&delivery.key).into(), delivery.at.into(), Value::from(*run)])
        .collect();
    let head = "INSERT INTO deliveries (workflow, key, at, run) SELECT * FROM ";
    let statement = [Statement::insert(head, "WHERE column1 IS NOT NULL ON CONFLICT (workflow, key) DO NOTHING", 4, values)];
    let (taken, end) = connection.execute_all(&statement).await;
    end?;
    let taken = taken.first().copied().unwrap_or(0);
    let mut duplicates = Duplicates::new();
    if taken == delivered.len() as u64 {
        return Ok(duplicates);
    }
    for (place, delivery, run) in delivered {
        let text = "SELECT run FROM deliveries WHERE workflow = $1 AND key = $2";
        let first: Option<(String,)> = connection.fetch_optional(text, values![&delivery.workflow, &delivery.key]).await?;
        if let Some((first,)) = first.filter(|(first,)| first != run) {
            duplicates.insert(place, first);
        }
    }
    Ok(duplicates)
}

/// The documents that may not be there yet.
fn documents<'a>(stored: &HashSet<String>, created: &[&'a Hashed]) -> Statement<'a> {
    let mut seen = HashSet::new();
    let values = created
        .iter()
        .filter(|hashed| !stored.contains(&hashed.hash) && seen.insert(&hashed.hash))
        .flat_map(|hashed| [Value::from(&hashed.hash), Value::from(&hashed.new.run.document)])
        .collect();
    let head = "INSERT INTO documents (hash, body) SELECT * FROM ";
    Statement::insert(head, "WHERE column1 IS NOT NULL ON CONFLICT (hash) DO NOTHING", 2, values)
}

const RUN_COLUMNS: usize = 20;

fn runs<'a>(created: &[&'a Hashed]) -> Statement<'a> {
    let head = "INSERT INTO runs (id, workflow, version, dry_run, document_hash, workspace, created, thread, parent, depth, trigger, seq,
         status, started, ended, error, wake_at, announce, bytes, cost_micros) SELECT * FROM ";
    Statement::insert(head, "WHERE column1 IS NOT NULL", RUN_COLUMNS, created.iter().flat_map(|hashed| run_values(hashed)).collect())
}

fn run_values(hashed: &Hashed) -> [Value<'_>; RUN_COLUMNS] {
    let RunRow { id, workflow, version, dry_run, workspace, created, thread, parent, depth, trigger, .. } = &hashed.new.run;
    let row = &hashed.new.run;
    let seq = hashed.new.events.last().map_or(0, |event| event.seq);
    let [status, started, ended, error, wake_at, announce, bytes, cost] = match &hashed.new.head {
        Some(head) => head_values(head),
        None => [
            (&row.status).into(),
            row.started.into(),
            row.ended.into(),
            (&row.error).into(),
            row.wake_at.into(),
            false.into(),
            row.bytes.into(),
            row.cost_micros.into(),
        ],
    };
    [
        id.into(),
        workflow.into(),
        (*version).into(),
        (*dry_run).into(),
        (&hashed.hash).into(),
        workspace.into(),
        (*created).into(),
        thread.into(),
        parent.into(),
        (*depth).into(),
        trigger.into(),
        seq.into(),
        status,
        started,
        ended,
        error,
        wake_at,
        announce,
        bytes,
        cost,
    ]
}

fn head_values(head: &RunHead) -> [Value<'_>; 8] {
    [
        (&head.status).into(),
        head.started.into(),
        head.ended.into(),
        (&head.error).into(),
        head.wake_at.into(),
        head.announce.into(),
        head.bytes.into(),
        head.cost_micros.into(),
    ]
}

const HEADS: &str = "UPDATE runs SET status = v.column2, started = v.column3, ended = v.column4, error = v.column5,
     wake_at = CASE WHEN runs.wake_at = 0 AND v.column2 IN ('waiting', 'paused') THEN 0 ELSE v.column6 END,
     announce = v.column7, bytes = v.column8, cost_micros = v.column9, seq = COALESCE(v.column11, runs.seq) FROM ";
/// A journal goes on where it ends: a gap would be missed by a reader that resumes by number.
const HEADS_GUARD: &str = "WHERE runs.id = v.column1 AND runs.seq = COALESCE(v.column10, runs.seq)";

/// Where the runs stand now; each row is changed only if its journal ends where the new events begin.
fn heads<'a>(commits: &[&'a RunCommit]) -> Statement<'a> {
    let values = commits
        .iter()
        .flat_map(|commit| {
            let [status, started, ended, error, wake_at, announce, bytes, cost] = head_values(&commit.head);
            let before = commit.events.first().map(|event| event.seq - 1);
            let newest = commit.events.last().map(|event| event.seq);
            [(&commit.run).into(), status, started, ended, error, wake_at, announce, bytes, cost, before.into(), newest.into()]
        })
        .collect();
    Statement { head: HEADS, tail: HEADS_GUARD, columns: 11, values }
}

/// Whether an error says nothing about the rows, but that the database cannot work.
fn is_about_the_database(why: &sqlx::Error) -> bool {
    !why.as_database_error().is_some_and(|why| !matches!(why.kind(), ErrorKind::Other))
}

/// What is wrong with the first commit whose journal does not go on.
///
/// On PostgreSQL nothing can be asked in a transaction in which a statement has failed.
async fn gap(connection: &mut Connection, commits: &[&RunCommit]) -> Result<String, WriteError> {
    let &[commit] = commits else { return Ok("one of several journals does not go on where it ends".into()) };
    let asked = connection.fetch_optional("SELECT seq FROM runs WHERE id = $1", values![&commit.run]).await;
    let found: Option<(i64,)> = match asked {
        Ok(found) => found,
        Err(_) => return Ok(format!("the journal of {} does not go on where it ends", commit.run)),
    };
    Ok(match found {
        Some((seq,)) => out_of_order(&commit.run, seq + 1, commit.events.first().map_or(0, |event| event.seq)),
        None => format!("there is no run {}", commit.run),
    })
}

fn events<'a>(journals: impl Iterator<Item = (&'a str, &'a Vec<EventRow>)>) -> Statement<'a> {
    let values = journals
        .flat_map(|(run, rows)| rows.iter().flat_map(move |row| [run.into(), row.seq.into(), row.at.into(), Value::from(&row.body)]))
        .collect();
    Statement::insert("INSERT INTO run_events (run, seq, at, body) SELECT * FROM ", "WHERE column1 IS NOT NULL", 4, values)
}

fn blobs<'a>(journals: impl Iterator<Item = (&'a str, &'a Vec<EventRow>)>) -> Statement<'a> {
    let of = |run: &'a str, row: &'a EventRow| row.blob.as_ref().map(|blob| [run.into(), row.seq.into(), Value::from(blob)]);
    let values = journals.flat_map(|(run, rows)| rows.iter().filter_map(move |row| of(run, row)).flatten()).collect();
    Statement::insert("INSERT INTO run_blobs (run, seq, body) SELECT * FROM ", "WHERE column1 IS NOT NULL", 3, values)
}

/// One advance for each trigger.
fn merged(advances: Vec<&TriggerAdvance>) -> Vec<TriggerAdvance> {
    let mut merged: Vec<TriggerAdvance> = Vec::new();
    let mut places = HashMap::new();
    for advance in advances {
        match places.get(&(&advance.workflow, advance.place, advance.version)) {
            Some(&place) => {
                let earlier: &mut TriggerAdvance = &mut merged[place];
                earlier.then(advance);
            }
            None => {
                places.insert((&advance.workflow, advance.place, advance.version), merged.len());
                merged.push(advance.clone());
            }
        }
    }
    merged
}
