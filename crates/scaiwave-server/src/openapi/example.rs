//! Examples, put together from those of the types.

use serde_json::{Map, Value, json};

/// The first example of a schema; what has none is put together from its parts. `definitions` finds what a `$ref` names.
pub(super) fn of<'a>(schema: &'a Value, definitions: &dyn Fn(&str) -> Option<&'a Value>) -> Value {
    let own = schema["examples"].get(0).or(schema.get("const")).or(schema["enum"].get(0));
    let default = schema.get("default").filter(|default| !default.is_null() && **default != json!([]));
    if let Some(given) = own.or(default) {
        return given.clone();
    }
    let mut parts: Vec<Value> = Vec::new();
    if let Some(named) = schema["$ref"].as_str().and_then(definitions) {
        parts.push(of(named, definitions));
    }
    for choice in ["oneOf", "anyOf"] {
        let alternatives = schema[choice].as_array().into_iter().flatten();
        parts.extend(alternatives.filter(|one| one["type"] != "null").take(1).map(|one| of(one, definitions)));
    }
    parts.extend(schema["allOf"].as_array().into_iter().flatten().map(|part| of(part, definitions)));
    if parts.is_empty() || schema.get("properties").is_some() {
        parts.push(plain(schema, definitions));
    }
    parts.into_iter().reduce(merged).unwrap_or_default()
}

fn plain<'a>(schema: &'a Value, definitions: &dyn Fn(&str) -> Option<&'a Value>) -> Value {
    let kinds = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |kinds| kinds.iter().collect());
    match kinds.into_iter().filter_map(Value::as_str).find(|kind| *kind != "null") {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, property)| (name.clone(), of(property, definitions))).collect()
        }
        Some("array") => json!([of(&schema["items"], definitions)]),
        Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or_default().max(0)),
        Some("boolean") => json!(true),
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => json!("2026-05-04T09:30:00Z"),
            Some("uuid") => json!("6fa459ea-ee8a-4ca4-894e-db77e160355e"),
            Some("uri") => json!("https://calls.example.org"),
            _ => json!("text"),
        },
        _ => Value::Object(Map::new()),
    }
}

fn merged(mut one: Value, other: Value) -> Value {
    match (&mut one, other) {
        (Value::Object(one), Value::Object(other)) => one.extend(other),
        (one, other) => *one = other,
    }
    one
}
