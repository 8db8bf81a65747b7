//! When two values are the same.

use serde_json::Value;

/// Whether two values are written the same, members in the same order.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let written = |value: &Value| value.to_string();
    one == other && written(one) == written(other)
}
