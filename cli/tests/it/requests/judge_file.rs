//! Whether a written file holds what it should, read the way its extension says.

use super::case::FileExpect;
use super::judge::found;
use crate::support::loose;
use serde_json::{Map, Value};

/// Adds what is wrong with one file.
pub fn judge(path: &str, content: &[u8], expected: &FileExpect, wrong: &mut Vec<String>) {
    let text = String::from_utf8_lossy(content);
    let mut complain = |what: String| wrong.push(format!("{path}: {what}; it holds {text}"));
    for needle in expected.contains.iter().filter(|needle| !found(&text, needle)) {
        complain(format!("does not contain {needle:?}"));
    }
    for needle in expected.not_contains.iter().filter(|needle| found(&text, needle)) {
        complain(format!("contains {needle:?}"));
    }
    if expected.text.as_ref().is_some_and(|wanted| wanted.trim() != text.trim()) {
        complain(format!("is not {:?}", expected.text));
    }
    if let Some(lines) = &expected.lines {
        let as_values = |lines: &mut dyn Iterator<Item = &str>| -> Vec<Value> { lines.map(|line| Value::from(line.trim())).collect() };
        let found = as_values(&mut text.lines().filter(|line| !line.trim().is_empty()));
        if !loose::same_list(&as_values(&mut lines.iter().map(String::as_str)), &found, expected.ordered) {
            complain(format!("does not have the lines {lines:?}"));
        }
    }
    let needs_data = expected.rows.is_some() || expected.values.is_some() || expected.json.is_some() || expected.number.is_some();
    if !needs_data {
        return;
    }
    let data = match parse(path, &text) {
        Ok(data) => data,
        Err(why) => return complain(why),
    };
    if let Some(wanted) = &expected.rows {
        let rows = data.as_array().cloned().unwrap_or_else(|| vec![data.clone()]);
        if !loose::same_list(wanted, &rows, expected.ordered) {
            complain(format!("does not have the rows {}", Value::Array(wanted.clone())));
        }
    }
    if let Some(wanted) = &expected.values
        && !same_values(wanted, &data, expected.ordered)
    {
        complain(format!("does not have the values {}", Value::Array(wanted.clone())));
    }
    if expected.json.as_ref().is_some_and(|wanted| !loose::same(wanted, &data)) {
        complain(format!("is not {:?}", expected.json));
    }
    if let Some(wanted) = expected.number {
        let numbers: Vec<f64> = match &data {
            Value::String(text) => loose::numbers(text),
            data => loose::scalars(data).iter().filter_map(loose::number).collect(),
        };
        if numbers.is_empty() || !numbers.iter().all(|number| loose::same_number(*number, wanted)) {
            complain(format!("does not hold the one number {wanted}"));
        }
    }
}

/// Rows by their values; the order of the columns does not matter.
fn same_values(wanted: &[Value], data: &Value, ordered: bool) -> bool {
    let sorted = |row: &Value| {
        let mut cells = loose::scalars(row);
        cells.sort_by_cached_key(|cell| match loose::number(cell) {
            Some(number) => format!("{number:020.2}"),
            None => cell.as_str().map_or_else(|| cell.to_string(), |text| text.trim().to_owned()),
        });
        Value::Array(cells)
    };
    let wanted: Vec<Value> = wanted.iter().map(sorted).collect();
    let by_item: Vec<Value> = loose::value_rows(data).iter().map(sorted).collect();
    // One result row may also stand there by itself, as an object.
    let whole = [sorted(data)];
    loose::same_list(&wanted, &by_item, ordered) || (wanted.len() == 1 && loose::same_list(&wanted, &whole, ordered))
}

/// A file's content as data; a text file is one text.
fn parse(path: &str, text: &str) -> Result<Value, String> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "json" => serde_json::from_str(text).map_err(|why| format!("is not JSON ({why})")),
        "jsonl" => {
            text.lines().map(|line| serde_json::from_str::<Value>(line).map_err(|why| format!("is not JSON lines ({why})"))).collect()
        }
        "yaml" | "yml" => serde_saphyr::from_str(text).map_err(|why| format!("is not YAML ({why})")),
        "csv" | "tsv" => csv_rows(text, if extension == "csv" { b',' } else { b'\t' }),
        _ => Ok(Value::from(text)),
    }
}

fn csv_rows(text: &str, delimiter: u8) -> Result<Value, String> {
    let complain = |why: csv::Error| format!("is not CSV ({why})");
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(complain)?.clone();
    let rows = reader.records().map(|record| {
        let record = record.map_err(complain)?;
        let fields = header.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), Value::from(cell)));
        Ok(Value::Object(fields.collect::<Map<_, _>>()))
    });
    rows.collect()
}
