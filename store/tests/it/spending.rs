//! What language models cost, added up.

use crate::bed::Bed;
use crate::stories;
use sayflow_store::SpendingRow;

stories!(what_is_spent_adds_up_by_day_and_by_conversation, what_is_spent_side_by_side_is_not_lost);

fn spent(day: &str, thread: &str, model: &str, micro_usd: i64) -> SpendingRow {
    SpendingRow { day: day.into(), thread: thread.into(), model: model.into(), calls: 1, input_tokens: 10, output_tokens: 5, micro_usd }
}

async fn what_is_spent_adds_up_by_day_and_by_conversation(bed: Bed) {
    let store = bed.store;
    assert_eq!((store.spent_on("2026-11-20").await.unwrap(), store.spent_for("t1").await.unwrap()), (0, 0));
    for row in [
        spent("2026-11-20", "t1", "small", 100),
        spent("2026-11-20", "t1", "small", 20),
        spent("2026-11-20", "t1", "large", 3),
        spent("2026-11-20", "", "small", 7_000),
        spent("2026-11-21", "t1", "small", 50_000),
        spent("2026-11-21", "t2", "small", 600_000),
    ] {
        store.add_spending(row).await.unwrap();
    }
    assert_eq!(store.spent_on("2026-11-20").await.unwrap(), 7_123);
    assert_eq!((store.spent_for("t1").await.unwrap(), store.spent_for("t2").await.unwrap()), (50_123, 600_000));
    assert_eq!(store.spent_for("").await.unwrap(), 0, "steps belong to no conversation");
}

async fn what_is_spent_side_by_side_is_not_lost(bed: Bed) {
    let store = &bed.store;
    futures::future::try_join_all((0..50).map(|_| store.add_spending(spent("2026-11-20", "t1", "small", 2)))).await.unwrap();
    assert_eq!(store.spent_on("2026-11-20").await.unwrap(), 100);
}
