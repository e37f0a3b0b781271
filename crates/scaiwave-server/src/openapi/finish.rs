//! What no single route knows: error codes become responses, values that one answer gives and another takes become links, and
//! everything gets its example.

use std::collections::{BTreeMap, BTreeSet};

use scaiwave_wire::ErrorCode;
use serde_json::{Map, Value, json};

use super::{
    example,
    operation::{FAILS, GIVES},
};

const SCHEMAS: &str = "#/components/schemas/";
/// What every operation may answer.
pub(super) const EVERYWHERE: [ErrorCode; 3] =
    [ErrorCode::RateLimitExceeded, ErrorCode::Overloaded, ErrorCode::Internal];

/// The one refusal without a body, made before there is a request: the response's name, its status, what it says.
pub(super) const HEAD_TOO_LARGE: (&str, u16, &str) =
    ("HeadTooLarge", 431, "The request's line and headers have more than 32 KB. The answer has no body.");

pub(super) fn finish(api: &mut Value) {
    bounds(api);
    name_ids(&mut api["paths"]);
    failures(api);
    links(api);
    let schemas = api["components"]["schemas"].clone();
    for operation in operations(&mut api["paths"]) {
        describe_answers(operation, &schemas);
        examples(operation, &schemas);
    }
}

fn operations(paths: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    items.flat_map(Map::values_mut).filter_map(Value::as_object_mut)
}

pub(super) fn definition<'a>(schemas: &'a Value, reference: &str) -> Option<&'a Value> {
    schemas.get(reference.rsplit('/').next()?)
}

/// Integers end where their types do; schemars tells the type by `format` alone.
fn bounds(schema: &mut Value) {
    let ends = match schema["format"].as_str() {
        Some("uint32") => Some((json!(0), json!(u32::MAX))),
        Some("uint64") => Some((json!(0), json!(u64::MAX))),
        Some("int64") => Some((json!(i64::MIN), json!(i64::MAX))),
        _ => None,
    };
    if let (Value::Object(schema), Some((least, most))) = (&mut *schema, ends) {
        schema.entry("minimum").or_insert(least);
        schema.entry("maximum").or_insert(most);
    }
    match schema {
        Value::Object(parts) => parts.values_mut().for_each(bounds),
        Value::Array(parts) => parts.iter_mut().for_each(bounds),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The ids in a path are named by it, in its order.
fn name_ids(paths: &mut Value) {
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        let names: Vec<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
            for (parameter, name) in parameters.filter(|parameter| parameter["in"] == "path").zip(&names) {
                parameter["name"] = json!(name);
            }
        }
    }
}

fn failures(api: &mut Value) {
    let mut shared = Map::new();
    for operation in operations(&mut api["paths"]) {
        let own = operation.remove(FAILS).unwrap_or_default();
        let own = own.as_array().into_iter().flatten().filter_map(Value::as_str).map(|code| code.to_owned().into());
        let codes: BTreeMap<String, ErrorCode> =
            own.chain(EVERYWHERE).map(|code: ErrorCode| (code.as_str().to_owned(), code)).collect();
        let mut by_status: BTreeMap<u16, Vec<&ErrorCode>> = BTreeMap::new();
        for code in codes.values() {
            by_status.entry(code.status()).or_default().push(code);
        }
        let answers = operation.entry("responses").or_insert_with(|| json!({}));
        for (status, codes) in by_status {
            // What the operation itself says of a status goes before: an unhealthy server is no overloaded one.
            if !answers[status.to_string()].is_null() {
                continue;
            }
            let name = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(".");
            answers[status.to_string()] = shared_response(&name);
            shared.entry(name).or_insert_with(|| failure(status, &codes));
        }
        let (name, status, _) = HEAD_TOO_LARGE;
        answers[status.to_string()] = shared_response(name);
    }
    let (name, _, says) = HEAD_TOO_LARGE;
    shared.insert(name.to_owned(), json!({ "description": says }));
    api["components"]["responses"] = Value::Object(shared);
}

/// How an operation refers to a response that several share.
pub(super) fn shared_response(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn failure(status: u16, codes: &[&ErrorCode]) -> Value {
    let meanings: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}", code.meaning())).collect();
    let mut response = json!({
        "description": meanings.join("\n\n"),
        "content": { "application/json": {
            "schema": {
                "$ref": format!("{SCHEMAS}ErrorBody"),
                "properties": { "error": { "properties": { "code": { "enum": codes } } } },
            },
            "example": { "error": { "code": codes[0], "message": codes[0].meaning() } },
        } },
    });
    if matches!(status, 429 | 503) {
        let seconds = json!({ "type": "integer", "minimum": 0 });
        response["headers"] =
            json!({ "Retry-After": { "description": "Seconds to wait.", "schema": seconds, "example": 5 } });
    }
    response
}

/// An operation's side of the links: what it gives, and what it takes.
struct Side {
    id: String,
    gives: BTreeMap<String, String>,
    in_path: BTreeSet<String>,
    in_body: BTreeSet<String>,
}

fn links(api: &mut Value) {
    let schemas = api["components"]["schemas"].clone();
    let sides: Vec<Side> = operations(&mut api["paths"]).map(|operation| side(operation, &schemas)).collect();
    for (operation, source) in operations(&mut api["paths"]).zip(&sides) {
        let links: Map<String, Value> = sides.iter().filter_map(|target| link(source, target)).collect();
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten();
        for (_, answer) in answers.filter(|(status, _)| status.starts_with('2') && !links.is_empty()) {
            answer["links"] = Value::Object(links.clone());
        }
    }
}

fn side(operation: &mut Map<String, Value>, schemas: &Value) -> Side {
    let gives = operation.remove(GIVES).unwrap_or_default();
    let gives = gives.as_object().into_iter().flatten();
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let in_path = parameters.filter(|parameter| parameter["in"] == "path");
    let body = operation.get("requestBody").map(|body| &body["content"]["application/json"]["schema"]);
    let body = body.map(|schema| schema["$ref"].as_str().and_then(|name| definition(schemas, name)).unwrap_or(schema));
    let in_body = body.and_then(|schema| schema["required"].as_array()).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Side {
        id: operation.get("operationId").map(text).unwrap_or_default(),
        gives: gives.map(|(name, pointer)| (name.clone(), text(pointer))).collect(),
        in_path: in_path.map(|parameter| text(&parameter["name"])).collect(),
        in_body: in_body.map(text).collect(),
    }
}

/// From an answer to an operation that takes something of it, if everything else in the path is known too.
fn link(source: &Side, target: &Side) -> Option<(String, Value)> {
    let given = |name: &String| source.gives.get(name).map(|pointer| format!("$response.body#{pointer}"));
    let asked = |name: &String| source.in_path.contains(name).then(|| format!("$request.path.{name}"));
    let parameters: Option<BTreeMap<&String, String>> =
        target.in_path.iter().map(|name| Some((name, given(name).or_else(|| asked(name))?))).collect();
    let parameters = parameters?;
    let body: BTreeMap<&String, String> = target.in_body.iter().filter_map(|name| Some((name, given(name)?))).collect();
    if source.id == target.id
        || !target.in_path.iter().chain(&target.in_body).any(|name| source.gives.contains_key(name))
    {
        return None;
    }
    let mut link = json!({ "operationId": target.id });
    if !parameters.is_empty() {
        link["parameters"] = json!(parameters);
    }
    if !body.is_empty() {
        link["requestBody"] = json!(body);
    }
    Some((target.id.clone(), link))
}

/// An answer is described by what stands in its envelope.
fn describe_answers(operation: &mut Map<String, Value>, schemas: &Value) {
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
        let data = &answer["content"]["application/json"]["schema"]["properties"]["data"];
        let named = data["$ref"].as_str().or(data["items"]["$ref"].as_str());
        let described = named.and_then(|name| definition(schemas, name)).map(|schema| schema["description"].clone());
        if let Some(description) = described.filter(Value::is_string) {
            answer["description"] = description;
        }
    }
}

fn examples(operation: &mut Map<String, Value>, schemas: &Value) {
    let of = |schema: &Value| example::of(schema, &|reference| definition(schemas, reference));
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        parameter["example"] = of(&parameter["schema"]);
    }
    let body = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut());
    for content in body.into_iter().flat_map(Map::values_mut) {
        content["example"] = of(&content["schema"]);
    }
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for json in answers.filter_map(|answer| answer.pointer_mut("/content/application~1json")) {
        json["example"] = of(&json["schema"]);
    }
}
