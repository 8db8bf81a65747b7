//! The list actions with real expressions.

use crate::support::World;
use serde_json::{Value, json};

fn orders() -> Value {
    json!([
        { "id": 1, "region": "North", "amount": 10.5, "date": "2026-01-05" },
        { "id": 2, "region": "South", "amount": 20, "date": "2026-01-09" },
        { "id": 3, "region": "North", "amount": 0.2, "date": "2026-02-01" },
        { "id": 4, "region": "South", "amount": null, "date": "2026-02-03" }
    ])
}

async fn items(world: &World, action: &str, with: Value) -> Value {
    world.run(action, with).await.unwrap()["items"].take()
}

fn ids(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn filter_keeps_what_holds_and_counts_it() {
    let world = World::new();
    let kept = world.run("data.filter", json!({ "items": orders(), "where": "${{ item.amount > 5 }}" })).await.unwrap();
    assert_eq!((ids(&kept["items"]), &kept["count"]), (vec![1, 2], &json!(2)));
    let with_amount = items(&world, "data.filter", json!({ "items": { "total": 4, "data": orders() }, "where": "amount" })).await;
    assert_eq!(ids(&with_amount), [1, 2, 3], "an envelope is opened and a field name asks if it is set");
}

#[tokio::test]
async fn filter_names_what_is_no_list() {
    let world = World::new();
    let why = world.fails("data.filter", json!({ "items": "a,b", "where": "${{ true }}" })).await;
    assert_eq!((why.code.as_str(), why.message.as_str()), ("not_a_list", "\"items\" must be a list, but it is the text \"a,b\""));
}

#[tokio::test]
async fn an_expression_that_throws_fails_the_step() {
    let world = World::new();
    let why = world.fails("data.filter", json!({ "items": [{}], "where": "${{ item.a.b.c > 1 }}" })).await;
    assert!(why.code.starts_with("expression"), "{}", why.code);
}

#[tokio::test]
async fn map_reshapes_each_item() {
    let world = World::new();
    let to = json!({ "nr": "${{ index + 1 }}", "place": "${{ item.region }}", "text": "${{ item.id }}: ${{ item.amount }}" });
    let mapped = items(&world, "data.map", json!({ "items": orders(), "to": to })).await;
    assert_eq!(mapped[0], json!({ "nr": 1, "place": "North", "text": "1: 10.5" }));
    assert_eq!(items(&world, "data.map", json!({ "items": orders(), "to": "id" })).await, json!([1, 2, 3, 4]));
}

#[tokio::test]
async fn sort_is_stable_and_puts_missing_values_last_both_ways() {
    let world = World::new();
    let sorted = |with| items(&world, "data.sort", with);
    assert_eq!(ids(&sorted(json!({ "items": orders(), "by": "amount" })).await), [3, 1, 2, 4]);
    assert_eq!(ids(&sorted(json!({ "items": orders(), "by": "amount", "order": "desc" })).await), [2, 1, 3, 4]);
    assert_eq!(ids(&sorted(json!({ "items": orders(), "by": "region", "order": "desc" })).await), [2, 4, 1, 3]);
    assert_eq!(ids(&sorted(json!({ "items": orders(), "by": ["region", "${{ -item.id }}"] })).await), [3, 1, 4, 2]);
    assert_eq!(sorted(json!({ "items": [3, "b", 1, null, "a"] })).await, json!([1, 3, "a", "b", null]));
}

#[tokio::test]
async fn limit_counts_from_either_end() {
    let world = World::new();
    for (with, expected) in [
        (json!({ "count": 2 }), json!([1, 2])),
        (json!({ "count": 2, "offset": 3 }), json!([4, 5])),
        (json!({ "count": 2, "from": "end" }), json!([4, 5])),
        (json!({ "count": 2, "from": "end", "offset": 1 }), json!([3, 4])),
        (json!({ "count": 9, "offset": 9 }), json!([])),
    ] {
        let mut with = with;
        with["items"] = json!([1, 2, 3, 4, 5]);
        assert_eq!(items(&world, "data.limit", with.clone()).await, expected, "{with}");
    }
}

#[tokio::test]
async fn unique_keeps_the_first_of_each() {
    let world = World::new();
    assert_eq!(ids(&items(&world, "data.unique", json!({ "items": orders(), "by": "region" })).await), [1, 2]);
    assert_eq!(
        items(&world, "data.unique", json!({ "items": [1, 1.0, "1", { "a": 1, "b": 2 }, { "b": 2, "a": 1 }] })).await,
        json!([1, "1", { "a": 1, "b": 2 }])
    );
}

#[tokio::test]
async fn aggregate_measures_groups_and_the_whole() {
    let world = World::new();
    let measures = json!({
        "orders": { "op": "count" },
        "total": { "op": "sum", "of": "amount" },
        "doubled": { "op": "sum", "of": "${{ (item.amount ?? 0) * 2 }}" },
        "latest": { "op": "max", "of": "date" }
    });
    let output = world.run("data.aggregate", json!({ "items": orders(), "group_by": "region", "measures": measures })).await.unwrap();
    assert_eq!(
        output,
        json!({
            "items": [
                { "region": "North", "orders": 2, "total": 10.7, "doubled": 21.4, "latest": "2026-02-01" },
                { "region": "South", "orders": 2, "total": 20, "doubled": 40, "latest": "2026-02-03" }
            ],
            "totals": { "orders": 4, "total": 30.7, "doubled": 61.4, "latest": "2026-02-03" }
        })
    );
}

#[tokio::test]
async fn aggregate_groups_by_expressions_and_several_fields() {
    let world = World::new();
    let by_month = json!({ "items": orders(), "group_by": { "month": "${{ item.date.slice(0, 7) }}" } });
    assert_eq!(
        items(&world, "data.aggregate", by_month).await,
        json!([{ "month": "2026-01", "count": 2 }, { "month": "2026-02", "count": 2 }])
    );
    let by_two = json!({ "items": orders(), "group_by": ["region", "${{ item.date.slice(5, 7) }}"] });
    assert_eq!(items(&world, "data.aggregate", by_two).await[0], json!({ "region": "North", "group_2": "01", "count": 1 }));
    let by_expression = json!({ "items": orders(), "group_by": "${{ item.region }}" });
    assert_eq!(items(&world, "data.aggregate", by_expression).await[0], json!({ "region": "North", "count": 2 }));
}

#[tokio::test]
async fn aggregate_without_groups_has_one_row_even_of_nothing() {
    let world = World::new();
    let measures = json!({ "n": { "op": "count" }, "mean": { "op": "avg", "of": "amount" } });
    let output = world.run("data.aggregate", json!({ "items": [], "measures": measures })).await.unwrap();
    assert_eq!(output, json!({ "items": [{ "n": 0, "mean": null }], "totals": { "n": 0, "mean": null } }));
    let why = world.fails("data.aggregate", json!({ "items": [], "measures": { "x": { "op": "sum" } } })).await;
    assert_eq!(why.code, "invalid_parameters");
}

#[tokio::test]
async fn join_and_set_hand_over_what_they_are_given() {
    let world = World::new();
    let right = json!([{ "region": "North", "head": "Ann" }]);
    let joined = items(&world, "data.join", json!({ "left": orders(), "right": right, "on": "region", "kind": "left" })).await;
    assert_eq!((&joined[0]["head"], &joined[1]["head"]), (&json!("Ann"), &Value::Null));
    assert_eq!(world.run("data.set", json!({ "values": { "a": [1] } })).await.unwrap(), json!({ "a": [1] }));
}

#[tokio::test]
async fn unknown_parameters_are_named() {
    let why = World::new().fails("data.limit", json!({ "items": [], "count": 1, "cuont": 2 })).await;
    assert_eq!(why.code, "invalid_parameters");
    assert!(why.message.contains("cuont"), "{}", why.message);
}
