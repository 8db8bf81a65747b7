//! Tables: CSV and TSV with a header line.

use super::{Format, FormatError};
use csv::{ReaderBuilder, StringRecord, Terminator, Trim, WriterBuilder};
use indexmap::IndexSet;
use serde_json::{Map, Value};

/// How a table is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// What stands between the fields; found out when reading and a comma when writing, if not given.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns.
    pub header: Header,
}

/// Whether the first line names the columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header {
    /// It does.
    #[default]
    Yes,
    /// It is data; columns are called `column_1`, `column_2`, ….
    No,
}

impl CsvOptions {
    /// Parted by tabs.
    pub fn tab() -> Self {
        Self { delimiter: Some(b'\t'), header: Header::Yes }
    }

    fn format(self) -> Format {
        if self.delimiter == Some(b'\t') { Format::Tsv } else { Format::Csv }
    }
}

/// Reads a table to a list of objects. Values that look like plain numbers become numbers (not those with leading
/// zeros, plus signs or more than 15 digits, which are codes rather than amounts); the rest is text.
///
/// # Errors
/// With the line of a row that has more or fewer fields than the header.
pub fn parse_csv(text: &str, options: CsvOptions) -> Result<Vec<Value>, FormatError> {
    let (columns, records) = read(text, options)?;
    Ok(records.iter().map(|record| row(&columns, record)).collect())
}

fn row(columns: &[String], record: &StringRecord) -> Value {
    Value::Object(columns.iter().cloned().zip(record.iter().map(cell)).collect())
}

/// The column names and the rows.
fn read(text: &str, options: CsvOptions) -> Result<(Vec<String>, Vec<StringRecord>), FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = options.delimiter.unwrap_or_else(|| sniff(first));
    // "a, b" is common where people write tables by hand; the blank is not part of the value then.
    let spaced = first.contains(&format!("{} ", char::from(delimiter)));
    let trim = if spaced { Trim::All } else { Trim::Headers };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).trim(trim).from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(record.map_err(|why| malformed(options.format(), &why))?);
    }
    let columns = match options.header {
        Header::No => (1..=records.first().map_or(0, StringRecord::len)).map(|n| format!("column_{n}")).collect(),
        Header::Yes if records.is_empty() => Vec::new(),
        Header::Yes => column_names(&records.remove(0)),
    };
    Ok((columns, records))
}

fn malformed(format: Format, why: &csv::Error) -> FormatError {
    let found = match why.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            FormatError::new(format, format!("the row has {len} fields where the header has {expected_len}"))
        }
        _ => FormatError::new(format, why.to_string()),
    };
    match why.position() {
        Some(place) => found.at(place.line(), 1),
        None => found,
    }
}

/// The delimiter that the first line has most of, outside quotes.
fn sniff(first: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        for (candidate, count) in &mut counts {
            *count += usize::from(!quoted && byte == *candidate);
        }
    }
    // The comma wins a tie.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(candidate, _)| *candidate)
}

/// Names for all columns, each different.
fn column_names(header: &StringRecord) -> Vec<String> {
    let mut names = IndexSet::new();
    for (index, name) in header.iter().enumerate() {
        let name = name.trim();
        let base = if name.is_empty() { format!("column_{}", index + 1) } else { name.to_owned() };
        let mut unique = base.clone();
        let mut n = 2;
        while names.contains(&unique) {
            unique = format!("{base}_{n}");
            n += 1;
        }
        names.insert(unique);
    }
    names.into_iter().collect()
}

fn cell(text: &str) -> Value {
    plain_number(text.trim()).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn plain_number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = all_digits(whole)
        && fraction.is_none_or(all_digits)
        && (whole == "0" || !whole.starts_with('0'))
        && whole.len() + fraction.map_or(0, str::len) <= 15;
    if !plain || text == "-0" {
        return None;
    }
    match fraction {
        None => text.parse::<i64>().ok().map(Value::from),
        Some(_) => text.parse::<f64>().ok().map(Value::from),
    }
}

/// Writes a list of objects as a table whose columns are the members in the order they are first met; an object is
/// one row, a list of plain values one column `value`, a list of lists rows without a header, and text is taken to be
/// a table already.
///
/// # Errors
/// When objects and other values are mixed.
pub fn render_csv(value: &Value, options: CsvOptions) -> Result<String, FormatError> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    let items = rows_of(value);
    if !items.is_empty() && items.iter().all(Value::is_array) {
        let rows = items.iter().map(|row| row.as_array().into_iter().flatten().map(cell_text).collect());
        return write(options, rows);
    }
    let rows = objects(items, options)?;
    let columns = columns_of(&rows);
    let header = (options.header == Header::Yes && !columns.is_empty()).then(|| columns.iter().cloned().collect());
    write(options, header.into_iter().chain(rows.iter().map(|row| cells(row, &columns))))
}

/// The text of a table with more rows behind it; what comes in keeps its exact form unless new columns make the
/// header longer.
///
/// # Errors
/// When what is there is no table, or what is added cannot be rows.
pub fn append_csv(existing: &str, value: &Value, options: CsvOptions) -> Result<String, FormatError> {
    if existing.trim_matches(['\u{feff}', ' ', '\n', '\r']).is_empty() {
        return render_csv(value, options);
    }
    if let Value::String(text) = value {
        return Ok(joined(existing, text));
    }
    let rows = objects(rows_of(value), options)?;
    let first = existing.lines().next().unwrap_or_default();
    let options = CsvOptions { delimiter: options.delimiter.or(Some(sniff(first))), ..options };
    let (known, records) = read(existing, options)?;
    let mut columns: IndexSet<String> = known.iter().cloned().collect();
    columns.extend(columns_of(&rows));
    let added = rows.iter().map(|row| cells(row, &columns));
    if columns.len() == known.len() {
        return Ok(joined(existing, &write(options, added)?));
    }
    let padding = columns.len() - known.len();
    let old = records.iter().map(|record| record.iter().map(str::to_owned).chain(std::iter::repeat_n(String::new(), padding)).collect());
    write(options, std::iter::once(columns.iter().cloned().collect()).chain(old).chain(added))
}

fn joined(existing: &str, more: &str) -> String {
    let gap = if existing.ends_with('\n') || existing.is_empty() { "" } else { "\n" };
    format!("{existing}{gap}{more}")
}

fn rows_of(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn objects(items: &[Value], options: CsvOptions) -> Result<Vec<Map<String, Value>>, FormatError> {
    if items.iter().all(|item| !item.is_object()) {
        return Ok(items.iter().map(|item| Map::from_iter([("value".to_owned(), item.clone())])).collect());
    }
    items
        .iter()
        .map(|item| match item {
            Value::Object(object) => Ok(object.clone()),
            other => Err(FormatError::new(options.format(), format!("the rows are objects, but one is {}", crate::items::describe(other)))),
        })
        .collect()
}

fn columns_of(rows: &[Map<String, Value>]) -> IndexSet<String> {
    rows.iter().flat_map(|row| row.keys().cloned()).collect()
}

fn cells(row: &Map<String, Value>, columns: &IndexSet<String>) -> Vec<String> {
    columns.iter().map(|column| row.get(column).map(cell_text).unwrap_or_default()).collect()
}

fn cell_text(value: &Value) -> String {
    crate::items::plain_text(value)
}

fn write(options: CsvOptions, rows: impl Iterator<Item = Vec<String>>) -> Result<String, FormatError> {
    let failed = |why: &dyn std::fmt::Display| FormatError::new(options.format(), why.to_string());
    let mut writer = WriterBuilder::new()
        .delimiter(options.delimiter.unwrap_or(b','))
        .terminator(Terminator::Any(b'\n'))
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(|why| failed(&why))?;
    }
    let bytes = writer.into_inner().map_err(|why| failed(&why))?;
    String::from_utf8(bytes).map_err(|why| failed(&why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(text: &str) -> Value {
        Value::Array(parse_csv(text, CsvOptions::default()).unwrap())
    }

    #[test]
    fn plain_numbers_become_numbers_and_codes_stay_text() {
        let rows = parsed("n,zip,phone,long,flag,none\n-1.50,01234,+49,1234567890123456,true,\n");
        assert_eq!(rows, json!([{"n": -1.5, "zip": "01234", "phone": "+49", "long": "1234567890123456", "flag": "true", "none": ""}]));
    }

    #[test]
    fn delimiter_mark_and_blanks_are_seen() {
        assert_eq!(parsed("\u{feff}a;b\n1;x,y\n"), json!([{"a": 1, "b": "x,y"}]));
        assert_eq!(parsed("a\tb\n1\t2\n"), json!([{"a": 1, "b": 2}]));
        assert_eq!(parsed("name, age\nAnn, 3\n"), json!([{"name": "Ann", "age": 3}]));
        assert_eq!(parsed("a,\"b;c;d\"\n1,2\n"), json!([{"a": 1, "b;c;d": 2}]));
    }

    #[test]
    fn quoted_line_breaks_stay_in_the_value() {
        assert_eq!(parsed("a,b\r\n\"x\ny\",\"say \"\"hi\"\"\"\r\n"), json!([{"a": "x\ny", "b": "say \"hi\""}]));
    }

    #[test]
    fn a_row_of_another_length_is_named_by_line() {
        let why = parse_csv("a,b\n1,2\n3\n", CsvOptions::default()).unwrap_err();
        assert_eq!((why.line, why.message.as_str()), (Some(3), "the row has 1 fields where the header has 2"));
    }

    #[test]
    fn unnamed_and_repeated_columns_get_names_of_their_own() {
        assert_eq!(parsed("a,,a\n1,2,3\n"), json!([{"a": 1, "column_2": 2, "a_2": 3}]));
    }

    #[test]
    fn columns_are_the_union_in_the_order_met() {
        let text = render_csv(&json!([{"a": 1}, {"b": [1, 2], "a": null}]), CsvOptions::default()).unwrap();
        assert_eq!(text, "a,b\n1,\n,\"[1,2]\"\n");
        assert_eq!(render_csv(&json!({"x": true}), CsvOptions::default()).unwrap(), "x\ntrue\n");
        assert_eq!(render_csv(&json!(["p", 2]), CsvOptions::default()).unwrap(), "value\np\n2\n");
        assert_eq!(render_csv(&json!([]), CsvOptions::default()).unwrap(), "");
    }

    #[test]
    fn appending_keeps_the_header_and_adds_columns_where_it_must() {
        let options = CsvOptions::default();
        assert_eq!(append_csv("a;b\n1;2", &json!([{"b": 4, "a": 3}]), options).unwrap(), "a;b\n1;2\n3;4\n");
        assert_eq!(append_csv("a\n1\n", &json!({"c": 2}), options).unwrap(), "a,c\n1,\n,2\n");
        assert_eq!(append_csv("", &json!({"c": 2}), options).unwrap(), "c\n2\n");
    }
}
