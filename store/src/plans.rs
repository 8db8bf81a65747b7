//! What the database does for each query: nothing may take longer because there are many finished runs.

use crate::{
    ApprovalRow, DeliveryRow, EventRow, NewRun, NoticeRow, RunCommit, RunFilter, RunRow, Store, TriggerAdvance, TriggerRow, Verdict, Which,
    sql,
};
use sqlx::{ConnectOptions, Connection};

/// Calls everything that runs, triggers, approvals and notices go through.
async fn use_all(store: &Store) {
    let id = |text: &str| text.to_owned();
    let run = RunRow { id: id("r1"), workflow: id("w"), status: id("queued"), ..RunRow::default() };
    let delivery = Some(DeliveryRow { workflow: id("w"), key: id("k"), at: 1 });
    let event = |seq| EventRow { seq, at: 1, body: id("{}"), blob: Some(id("b")) };
    let asked = ApprovalRow { id: id("a1"), run: Some(id("r1")), ..ApprovalRow::default() };
    let trigger = Some(TriggerAdvance { workflow: id("w"), ..TriggerAdvance::default() });
    let new = NewRun { delivery, trigger, approvals: vec![asked], ..NewRun::new(run, vec![event(1)]) };
    store.create_run(new.clone()).await.unwrap();
    store.create_run(NewRun { run: RunRow { id: id("r2"), ..new.run.clone() }, ..new }).await.unwrap();
    let commit = RunCommit { run: id("r1"), events: vec![event(2)], closed: vec![(id("a1"), id("expired"))], ..RunCommit::default() };
    store.commit_run(RunCommit { wake: vec![id("r1")], ..commit }).await.unwrap();
    store.run("r1").await.unwrap();
    store.run_events("r1", 0, 9).await.unwrap();
    for workflow in [None, Some(id("w"))] {
        for status in [None, Some(id("failed"))] {
            for before in [None, Some("r9")] {
                let filter = RunFilter { workflow: workflow.clone(), status: status.clone() };
                store.list_runs(filter, before, 9).await.unwrap();
            }
        }
    }
    store.interrupted_runs().await.unwrap();
    store.due_runs(9, 9).await.unwrap();
    store.next_wake().await.unwrap();
    store.wake_run("r1", 0).await.unwrap();
    store.queued_runs("w", 9).await.unwrap();
    store.count_running("w").await.unwrap();
    store.count_started_since("w", 0).await.unwrap();
    store.oldest_start_since("w", 0).await.unwrap();
    store.spent_since("w", 0).await.unwrap();
    store.unannounced_runs(9).await.unwrap();
    store.mark_announced(vec![id("r1")]).await.unwrap();
    store.approval("a1").await.unwrap();
    store.approvals_of("r1").await.unwrap();
    store.list_approvals(Which::Open, 9).await.unwrap();
    store.list_approvals(Which::All, 9).await.unwrap();
    let verdict = Verdict { approve: true, by: id("p"), via: id("cli"), comment: None, at: 1, payload_hash: None };
    store.decide_approval("a1", verdict).await.unwrap();
    use_triggers(store).await;
    store.add_notice(NoticeRow { id: id("n1"), ..NoticeRow::default() }).await.unwrap();
    store.unseen_notices(9).await.unwrap();
    store.mark_notices_seen(vec![id("n1")], 9).await.unwrap();
    store.keep_answer("k", "{}", 9).await.unwrap();
    store.answer("k", 1).await.unwrap();
    store.prune_answers(9, 9).await.unwrap();
    store.add_spending(crate::SpendingRow::default()).await.unwrap();
    store.spent_on("2026-11-20").await.unwrap();
    store.spent_for("t1").await.unwrap();
    store.prune_runs(i64::MAX, 1, 9).await.unwrap();
    store.prune_runs(i64::MAX, 0, 9).await.unwrap();
}

async fn use_triggers(store: &Store) {
    store.save_workflow("w", "{}", "/w", 1).await.unwrap();
    let row = TriggerRow { route: Some("POST /".into()), ..TriggerRow::default() };
    store.activate("w", 1, vec![row]).await.unwrap();
    store.trigger_at_route("POST /").await.unwrap();
    store.triggers_of("w").await.unwrap();
    store.triggers_listening_to("w").await.unwrap();
    store.listened_workflows().await.unwrap();
    store.due_triggers(9, 9).await.unwrap();
    store.next_trigger().await.unwrap();
    store.advance_trigger(TriggerAdvance { workflow: "w".into(), ..TriggerAdvance::default() }).await.unwrap();
    store.deactivate("w").await.unwrap();
}

/// A whole table is never read, and what is sorted are few rows: those of one run, or runs that a dead process left.
#[tokio::test]
async fn no_query_looks_at_all_runs_or_sorts_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    use_all(&store).await;
    store.close().await;
    let mut connection = crate::sqlite::options(&crate::sqlite::file(folder.path())).connect().await.unwrap();
    let mut complaints = Vec::new();
    let texts = sql::seen();
    assert!(texts.len() > 40, "{texts:#?}");
    for text in texts.iter().filter(|text| !["BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"].iter().any(|word| text.starts_with(word))) {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(&mut connection).await.unwrap();
        for (_, _, _, step) in plan {
            let of_a_table = TABLES.iter().any(|table| step.split(' ').nth(1) == Some(table));
            let scans = step.starts_with("SCAN") && of_a_table && !(step.contains(" USING ") && text.contains("LIMIT"));
            let sorts = step.contains("TEMP B-TREE") && !text.contains("status IN ('queued', 'running'");
            if scans || sorts || step.contains("AUTOMATIC") {
                complaints.push(format!("{step}: {text}"));
            }
        }
    }
    connection.close().await.unwrap();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The tables that grow with use.
const TABLES: &[&str] =
    &["runs", "r", "run_events", "e", "run_blobs", "b", "documents", "d", "deliveries", "approvals", "notices", "answers", "spending"];
