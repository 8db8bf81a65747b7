//! Ten thousand active schedules.

use super::bench::bench;
use jiff::{SignedDuration, Timestamp};
use sayflow_store::TriggerRow;

const MANY: usize = 10_000;

#[tokio::test]
async fn a_tick_touches_only_what_is_due() {
    let (process, _folder) = bench().await;
    let yaml = "name: w\ntriggers: [{ type: schedule, cron: \"0 0 1 1 *\" }]\nsteps: [{ id: a, uses: test.echo }]";
    process.activate(yaml).await;
    let like = process.store.triggers_of("w").await.unwrap().remove(0);
    // One workflow with many triggers stands for many workflows: the rows are the same.
    let year = like.next_at.unwrap();
    let soon: Timestamp = "2026-05-01T08:05:00Z".parse().unwrap();
    let rows = (0..MANY).map(|n| TriggerRow {
        place: i64::try_from(n).unwrap(),
        body: if n % 4000 == 7 { like.body.replace("0 0 1 1 *", "5 * * * *") } else { like.body.clone() },
        next_at: Some(if n % 4000 == 7 { soon.as_microsecond() } else { year }),
        ..like.clone()
    });
    process.store.activate("w", 1, rows.collect()).await.unwrap();

    assert_eq!(process.tick().await.due, 0);
    process.clock.set("2026-05-01T08:05:00Z");
    let tick = process.tick().await;
    assert_eq!((tick.due, tick.more), (3, false));
    assert_eq!(tick.next, Some(soon + SignedDuration::from_hours(1)));
    assert_eq!(process.runs(None).await.len(), 3);
    assert_eq!(process.tick().await.due, 0);
}

#[tokio::test]
async fn what_is_due_at_once_is_done_in_portions() {
    let (process, _folder) = bench().await;
    let yaml = "name: w\ntriggers: [{ type: schedule, cron: \"0 * * * *\" }]\nsteps: [{ id: a, uses: test.echo }]";
    process.activate(yaml).await;
    let like = process.store.triggers_of("w").await.unwrap().remove(0);
    let rows = (0..600).map(|place| TriggerRow { place, ..like.clone() });
    process.store.activate("w", 1, rows.collect()).await.unwrap();
    process.clock.set("2026-05-01T09:00:00Z");
    let mut portions = Vec::new();
    loop {
        let tick = process.tick().await;
        portions.push(tick.due);
        if !tick.more {
            break;
        }
    }
    assert_eq!(portions, [256, 256, 88]);
    assert_eq!(process.runs(None).await.len(), 600);
}
