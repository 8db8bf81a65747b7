//! What the parts above are held to.

use super::*;
use serde_json::json;

fn entities(text: &str) -> Vec<Entity> {
    tokenize(text).into_iter().filter_map(|token| token.entity().cloned()).collect()
}

#[test]
fn things_with_a_form_are_recognised_inside_sentences() {
    let found = entities("Get https://api.example/orders?x=1, keep data/in.csv (or shop.db) and mail bob@x.example. Post to #ops, @team!");
    assert_eq!(
        found,
        [
            Entity::Url("https://api.example/orders?x=1".into()),
            Entity::Path("data/in.csv".into()),
            Entity::Database("shop.db".into()),
            Entity::Email("bob@x.example".into()),
            Entity::Channel("#ops".into()),
            Entity::Chat("@team".into()),
        ]
    );
}

#[test]
fn quotes_json_clocks_and_dates_are_recognised() {
    assert_eq!(entities("say 'it's fine' at 8:30pm"), [Entity::Quoted("it's fine".into()), Entity::Clock(20, 30)]);
    assert_eq!(entities("post {\"a\": 1} and {b: 'x'}"), [Entity::Json(json!({"a": 1})), Entity::Json(json!({"b": "x"}))]);
    assert_eq!(entities("since 2026-11-20, wait 30s"), [Entity::Date(jiff::civil::date(2026, 11, 20)), Entity::Span(30_000)]);
    assert_eq!(entities("the file \"my data.csv\""), [Entity::Quoted("my data.csv".into())]);
}

#[test]
fn list_marks_become_breaks_and_typing_errors_are_mended() {
    let tokens = tokenize("1. read a.csv\n2. sort by price");
    assert_eq!(tokens.iter().filter(|token| token.kind == TokenKind::Break).count(), 3);
    assert_eq!(tokenize("evry monday")[0].norm, "every");
}

#[test]
fn numbers_carry_money_and_percent() {
    let kinds: Vec<_> = tokenize("$1,000.50 5% 10k 100€ 1st").into_iter().map(|token| token.kind).collect();
    let number = |value, currency, percent| TokenKind::Number(Number { value, currency, percent });
    assert_eq!(
        kinds,
        [
            number(1000.5, true, false),
            number(5.0, false, true),
            number(10_000.0, false, false),
            number(100.0, true, false),
            TokenKind::Word
        ]
    );
}
