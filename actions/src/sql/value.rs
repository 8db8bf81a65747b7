//! Between JSON and the five storage classes of SQLite.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sayflow_engine::action::StepError;
use serde_json::{Map, Number, Value};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow, SqliteValueRef};
use sqlx::{Column, Decode, Row, Sqlite, TypeInfo, ValueRef};

type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds a value: true and false as 1 and 0, lists and objects as their JSON text.
///
/// # Errors
/// When a whole number does not fit into 64 bits.
pub(super) fn bind<'q>(query: Bound<'q>, value: &Value) -> Result<Bound<'q>, StepError> {
    Ok(match value {
        Value::Null => query.bind(None::<i64>),
        Value::Bool(flag) => query.bind(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => query.bind(whole),
            (None, Some(_)) => {
                return Err(StepError::new("invalid_parameters", format!("{number} is larger than SQLite's whole numbers"))
                    .help("hand it over as text"));
            }
            (None, None) => query.bind(number.as_f64()),
        },
        Value::String(text) => query.bind(text.clone()),
        deep => query.bind(deep.to_string()),
    })
}

/// A row as an object in column order, and about how many bytes it takes. A name that comes twice gets a number.
///
/// # Errors
/// What SQLite or the text's encoding says.
pub(super) fn object(row: &SqliteRow) -> Result<(Value, usize), String> {
    let mut object = Map::new();
    let mut bytes = 2;
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at).map_err(|why| why.to_string())?;
        let value = json(raw).map_err(|why| format!("column \"{}\": {why}", column.name()))?;
        let mut name = column.name().to_owned();
        let mut copy = 1;
        while object.contains_key(&name) {
            copy += 1;
            name = format!("{}_{copy}", column.name());
        }
        bytes += name.len() + 4 + size(&value);
        object.insert(name, value);
    }
    Ok((Value::Object(object), bytes))
}

fn json(raw: SqliteValueRef<'_>) -> Result<Value, String> {
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    let decoded = match kind.as_str() {
        "INTEGER" => <i64 as Decode<Sqlite>>::decode(raw).map(Value::from),
        // Infinity has no JSON form.
        "REAL" => <f64 as Decode<Sqlite>>::decode(raw).map(|real| Number::from_f64(real).map_or(Value::Null, Value::Number)),
        "TEXT" => <String as Decode<Sqlite>>::decode(raw).map(Value::String),
        _ => <Vec<u8> as Decode<Sqlite>>::decode(raw).map(|blob| Value::String(STANDARD.encode(blob))),
    };
    decoded.map_err(|why| why.to_string())
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        _ => 8,
    }
}
