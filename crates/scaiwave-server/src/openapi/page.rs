//! The description as a page to read: endpoints by area, then types, then events.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::finish::{EVERYWHERE, HEAD_TOO_LARGE, definition, shared_response};

const HEAD: &str = "\
# The API

Made by `cargo run -p scaiwave-server -- openapi --write docs` from the code; do not edit. For machines: \
[openapi.json](api/openapi.json) and [events.schema.json](api/events.schema.json), which a server also answers at \
`/v1/openapi.json` and `/v1/events.schema.json`.
";

pub(super) fn render(api: &Value, events: &Value) -> String {
    let mut page = format!(
        "{HEAD}\n{}\n\nEvery operation may also answer:\n\n| answer | |\n|---|---|\n",
        text(&api["info"]["description"])
    );
    for code in EVERYWHERE {
        let _ = writeln!(page, "| {} | `{code}`: {} |", code.status(), code.meaning());
    }
    let (_, status, says) = HEAD_TOO_LARGE;
    let _ = writeln!(page, "| {status} | {says} |");
    let operations = operations(api);
    let mut tags: Vec<&str> = Vec::new();
    for (_, _, operation) in &operations {
        let tag = text(&operation["tags"][0]);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    for tag in tags {
        let _ = write!(page, "\n## {}\n", capital(tag));
        for (path, method, operation) in operations.iter().filter(|(_, _, one)| text(&one["tags"][0]) == tag) {
            endpoint(&mut page, path, method, operation, &api["components"]);
        }
    }
    page += "\n## Types\n";
    for (name, schema) in object(&api["components"]["schemas"]) {
        named_type(&mut page, name, schema);
    }
    page += "\n## The event stream's frames\n\nEvery frame has these; `type` says what else it has.\n\n";
    fields(&mut page, events, &[]);
    for kind in array(&events["oneOf"]) {
        let _ = write!(page, "\n### `{}`\n\n{}\n\n", text(&kind["properties"]["type"]["const"]), prose(kind));
        fields(&mut page, kind, &["type"]);
    }
    page
}

/// How each operation refers to what stands once for all of them.
fn everywhere() -> impl Iterator<Item = Value> {
    let names = EVERYWHERE.into_iter().map(|code| code.to_string()).chain([HEAD_TOO_LARGE.0.to_owned()]);
    names.map(|name| shared_response(&name))
}

fn operations(api: &Value) -> Vec<(&str, &str, &Value)> {
    let items = object(&api["paths"]);
    items
        .flat_map(|(path, item)| object(item).map(move |(method, one)| (path.as_str(), method.as_str(), one)))
        .collect()
}

fn endpoint(page: &mut String, path: &str, method: &str, operation: &Value, components: &Value) {
    let _ = write!(page, "\n### `{} {path}`\n\n{}.", method.to_uppercase(), text(&operation["summary"]));
    if let Some(note) = operation["description"].as_str() {
        let _ = write!(page, " {note}");
    }
    page.push_str(if operation["security"].is_array() { "\n" } else { " No bearer.\n" });
    let parameters: Vec<&Value> = array(&operation["parameters"]).collect();
    if !parameters.is_empty() {
        page.push_str("\n| parameter | in | type | |\n|---|---|---|---|\n");
    }
    for one in parameters {
        let schema = &one["schema"];
        let named = schema["$ref"].as_str().and_then(|name| definition(&components["schemas"], name));
        let meaning = one["description"].as_str().or(named.and_then(|schema| schema["description"].as_str()));
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            text(&one["name"]),
            text(&one["in"]),
            kind(schema),
            line(meaning.unwrap_or_default())
        );
    }
    for (media_type, content) in object(&operation["requestBody"]["content"]) {
        let needed = if operation["requestBody"]["required"] == true { "" } else { ", may be left out" };
        let _ = write!(page, "\nBody ({media_type}{needed}): {}\n", kind(&content["schema"]));
    }
    page.push_str("\n| answer | |\n|---|---|\n");
    let own = object(&operation["responses"]).filter(|(_, answer)| !everywhere().any(|same| same == **answer));
    for (status, answer) in own {
        let shared = answer["$ref"].as_str().and_then(|name| definition(&components["responses"], name));
        let said = shared.map_or_else(|| success(answer), |failure| line(text(&failure["description"])));
        let _ = writeln!(page, "| {status} | {said} |");
    }
}

fn success(answer: &Value) -> String {
    let said = line(text(&answer["description"]));
    let Some((media_type, content)) = object(&answer["content"]).next() else { return said };
    let data = &content["schema"]["properties"]["data"];
    match media_type.as_str() {
        // what the type says stands with the type
        "application/json" if !data.is_null() => format!("`data`: {}", kind(data)),
        "application/json" => format!("{said} {}", kind(&content["schema"])),
        other => format!("{said} ({other})"),
    }
}

fn named_type(page: &mut String, name: &str, schema: &Value) {
    let _ = write!(page, "\n### {name}\n\n{}\n\n", prose(schema));
    let words: Vec<&Value> = array(&schema["oneOf"]).filter(|one| one["const"].is_string()).collect();
    if schema["properties"].is_object() {
        fields(page, schema, &[]);
    } else if !words.is_empty() {
        for word in words {
            let _ = writeln!(page, "- `{}`: {}", text(&word["const"]), line(text(&word["description"])));
        }
    } else {
        let _ = writeln!(page, "{}", kind(schema));
    }
}

/// What a type or an event is, in its own words.
fn prose(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or("–")
}

fn fields(page: &mut String, schema: &Value, but: &[&str]) {
    let fields: Vec<_> = object(&schema["properties"]).filter(|(name, _)| !but.contains(&name.as_str())).collect();
    if fields.is_empty() {
        return;
    }
    page.push_str("| field | type | |\n|---|---|---|\n");
    for (name, field) in fields {
        let needed = array(&schema["required"]).any(|one| one == name);
        let optional = if needed { "" } else { ", optional" };
        let _ = writeln!(page, "| `{name}` | {}{optional} | {} |", kind(field), line(text(&field["description"])));
    }
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let alternatives: Vec<String> = array(&schema["anyOf"])
        .chain(array(&schema["oneOf"]))
        .map(|one| one["const"].as_str().map_or_else(|| kind(one), |word| format!("`{word}`")))
        .collect();
    if !alternatives.is_empty() {
        return alternatives.join(" or ");
    }
    let words: Vec<String> = array(&schema["enum"]).map(|word| format!("`{}`", text(word))).collect();
    if !words.is_empty() {
        return words.join(", ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => array(several).map(text).collect(),
    };
    let named = kinds.iter().map(|kind| match *kind {
        "array" => format!("list of {}", self::kind(&schema["items"])),
        "string" => schema["format"]
            .as_str()
            .or(schema["pattern"].as_str())
            .map_or("string".into(), |how| format!("string (`{how}`)")),
        "integer" => format!("integer{}", bounds(schema)),
        other => other.to_owned(),
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() { "anything".into() } else { named.join(" or ") }
}

/// Bounds that are meant, not those of the machine's integers.
fn bounds(schema: &Value) -> String {
    let from = schema["minimum"].as_i64().filter(|from| *from != i64::MIN);
    let to = schema["maximum"].as_i64().filter(|to| *to < i64::from(u32::MAX));
    match (from, to) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" from {from}"),
        (None, Some(to)) => format!(" to {to}"),
        (Some(from), Some(to)) => format!(" {from} to {to}"),
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// As one line of a table.
fn line(text: &str) -> String {
    text.replace("\n\n", "<br>").replace('\n', " ").replace('|', "\\|")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
