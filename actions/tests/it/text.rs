//! Text, dates, hashes, templates, formats and scripts.

use crate::support::World;
use serde_json::{Value, json};

async fn run(action: &str, with: Value) -> Value {
    World::new().run(action, with).await.unwrap()
}

#[tokio::test]
async fn match_hands_back_groups_and_all_occurrences() {
    let found = run("text.match", json!({ "text": "v1.2 and v3.4", "pattern": r"v(?P<major>\d)\.(\d)" })).await;
    assert_eq!(
        found,
        json!({ "matched": true, "match": "v1.2", "groups": { "major": "1", "2": "2" }, "matches": ["v1.2", "v3.4"], "count": 2 })
    );
    assert_eq!(run("text.match", json!({ "text": "x", "pattern": "y" })).await["matched"], json!(false));
    let why = World::new().fails("text.match", json!({ "text": "", "pattern": "(" })).await;
    assert_eq!(why.code, "invalid_pattern");
}

#[tokio::test]
async fn split_and_replace() {
    assert_eq!(run("text.split", json!({ "text": "a\r\nb\n" })).await["items"], json!(["a", "b"]));
    let with = json!({ "text": "a, ,b", "separator": ",", "trim": true, "skip_empty": true });
    assert_eq!(run("text.split", with).await, json!({ "items": ["a", "b"], "count": 2 }));
    assert_eq!(run("text.split", json!({ "text": "a1b22c", "pattern": "[0-9]+" })).await["items"], json!(["a", "b", "c"]));
    assert_eq!(
        run("text.replace", json!({ "text": "a.b.c", "find": ".", "replace": "$1" })).await,
        json!({ "text": "a$1b$1c", "count": 2 })
    );
    let with = json!({ "text": "Ann Lee", "find": r"(\w+) (\w+)", "replace": "$2, $1", "mode": "regex" });
    assert_eq!(run("text.replace", with).await["text"], json!("Lee, Ann"));
}

#[tokio::test]
async fn template_loops_over_lists_and_says_what_is_missing() {
    let template = "{% for item in items %}- {{ item.title }}\n{% endfor %}";
    let with = json!({ "template": template, "values": [{ "title": "<A>" }, { "title": "B" }] });
    assert_eq!(run("text.template", with).await["text"], json!("- <A>\n- B\n"));
    let why = World::new().fails("text.template", json!({ "template": "hello\n{{ nobody }}", "values": {} })).await;
    assert_eq!(why.code, "template_failed");
    assert!(why.message.contains("line 2"), "{}", why.message);
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert_eq!(World::new().fails("text.template", json!({ "template": endless })).await.code, "template_failed");
}

#[tokio::test]
async fn dates_are_read_in_every_usual_form() {
    for date in [
        json!("2026-11-20T08:30:00Z"),
        json!("Fri, 20 Nov 2026 09:30:00 +0100"),
        json!(1_795_163_400),
        json!("1795163400"),
        json!(1_795_163_400_000_i64),
        json!("2026-11-20T09:30:00"),
        Value::Null,
    ] {
        let text = run("date.format", json!({ "date": date, "format": "%d.%m.%Y %H:%M" })).await["text"].take();
        assert_eq!(text, json!("20.11.2026 09:30"), "{date}");
    }
    let tokyo = run("date.format", json!({ "date": "2026-11-20T08:30:00Z", "timezone": "Asia/Tokyo", "format": "%A %H:%M" })).await;
    assert_eq!(tokyo, json!({ "text": "Friday 17:30", "date": "2026-11-20T17:30:00+09:00", "unix": 1_795_163_400 }));
    assert_eq!(run("date.format", json!({ "date": "2026-02-03" })).await["text"], json!("2026-02-03"));
    let world = World::new();
    assert_eq!(world.fails("date.format", json!({ "date": "next week" })).await.code, "invalid_date");
    assert_eq!(world.fails("date.format", json!({ "timezone": "Mars/Base" })).await.code, "unknown_timezone");
    assert_eq!(world.fails("date.format", json!({ "format": "%!" })).await.code, "invalid_format");
}

#[tokio::test]
async fn hashes_are_those_that_everyone_gets() {
    for (algorithm, expected) in [
        ("sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
        ("sha1", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("md5", "5d41402abc4b2a76b9719d911017c592"),
    ] {
        assert_eq!(run("hash.digest", json!({ "text": "hello", "algorithm": algorithm })).await, json!({ "digest": expected }));
    }
    assert_eq!(
        run("hash.digest", json!({ "text": "hello", "encoding": "base64" })).await["digest"],
        json!("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
    );
}

#[tokio::test]
async fn texts_become_values_and_back() {
    assert_eq!(run("json.parse", json!({ "text": "{\"a\": [1]}" })).await["value"], json!({ "a": [1] }));
    assert_eq!(run("json.format", json!({ "value": { "a": 1 }, "style": "compact" })).await["text"], json!("{\"a\":1}"));
    assert_eq!(run("yaml.parse", json!({ "text": "a: 1\nb: [x, 'no']\n" })).await["value"], json!({ "a": 1, "b": ["x", "no"] }));
    let written = run("yaml.format", json!({ "value": { "a": "no", "b": [1, "2"], "c": "" } })).await["text"].take();
    assert_eq!(run("yaml.parse", json!({ "text": written })).await["value"], json!({ "a": "no", "b": [1, "2"], "c": "" }), "{written}");
    assert_eq!(run("xml.parse", json!({ "text": "<r><i>1</i><i>2</i></r>" })).await["value"], json!({ "r": { "i": ["1", "2"] } }));
    assert_eq!(
        run("csv.parse", json!({ "text": "1|x\n", "delimiter": "|", "header": false })).await["items"],
        json!([{ "column_1": 1, "column_2": "x" }])
    );
    assert_eq!(run("csv.format", json!({ "items": [{ "a": 1, "b": "x;y" }], "delimiter": ";" })).await["text"], json!("a;b\n1;\"x;y\"\n"));
}

#[tokio::test]
async fn malformed_text_is_placed() {
    let world = World::new();
    let json = world.fails("json.parse", json!({ "text": "{\n  \"a\": }" })).await;
    assert_eq!((json.code.as_str(), json.message.as_str()), ("malformed", "the text:2:8: not valid JSON: expected value"));
    let yaml = world.fails("yaml.parse", json!({ "text": "a: 1\nb: [1, 2\n" })).await;
    assert!(yaml.message.starts_with("the text:"), "{}", yaml.message);
}

#[tokio::test]
async fn a_script_sees_its_input() {
    let with = json!({ "script": "const doubled = input.map(x => x * 2); return { doubled };", "input": [1, 2] });
    assert_eq!(run("code.javascript", with).await, json!({ "doubled": [2, 4] }));
}
