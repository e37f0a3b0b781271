//! An answer for people: a list is a table, anything else one line for each field.

use serde_json::{Map, Value};

pub(super) fn text(answer: &Value) -> String {
    match answer {
        Value::Array(rows) => table(rows),
        Value::Object(fields) => {
            names(fields).into_iter().map(|name| format!("{}: {}\n", title(name), word(&fields[name]))).collect()
        }
        other => format!("{}\n", word(other)),
    }
}

fn title(name: &str) -> String {
    name.replace('_', " ")
}

/// What people chose themselves is shown without control characters, which a terminal would obey.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Fields that people look for first; the others follow by name.
const FIRST: [&str; 6] = ["name", "display_name", "power_level", "room_type", "members", "disabled"];

fn names(fields: &Map<String, Value>) -> Vec<&String> {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_by_key(|name| (FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()), *name));
    names
}

/// Columns are the first row's fields.
fn table(rows: &[Value]) -> String {
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else { return "none\n".to_owned() };
    let columns: Vec<(Vec<String>, usize)> = names(first)
        .into_iter()
        .map(|name| {
            let cells = rows.iter().map(|row| row.get(name).map(word).unwrap_or_default());
            let column: Vec<String> = std::iter::once(title(name)).chain(cells).collect();
            let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or_default();
            (column, width)
        })
        .collect();
    let line = |n: usize| {
        let cells: String = columns.iter().map(|(column, width)| format!("{:<width$}  ", column[n])).collect();
        format!("{}\n", cells.trim_end())
    };
    (0..=rows.len()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_a_table_and_obeys_no_control_character() {
        let rows = json!([{ "name": "alice", "created": 7 }, { "name": "b\u{1b}[2J", "created": null }]);
        assert_eq!(text(&rows), "name   created\nalice  7\nb\u{fffd}[2J  -\n");
        assert_eq!(text(&json!([])), "none\n");
        assert_eq!(text(&json!({ "room_id": "room-1", "disabled": false })), "disabled: no\nroom id: room-1\n");
    }
}
