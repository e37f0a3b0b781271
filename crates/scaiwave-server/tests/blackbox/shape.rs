//! Whether JSON is as an example of the documents has it. An example is JSON whose strings may stand for many:
//! `<string>`, `<bool>`, `<int>`, `<time>` (ISO 8601 with Z), `<seconds>` (Unix, of these days), `<uuid>`, `<url>`, `<any>`, and `room-*`
//! for a prefix; `?` before the `>` allows null or absence. Everything else stands for itself. Keys that the example does not
//! name may be there: servers add.

use serde_json::Value;

/// Asserts that `value` is as in `example`.
#[track_caller]
pub fn is_like(value: &Value, example: Value) {
    if let Err((path, problem)) = compare(value, &example) {
        panic!("{path}: {problem}\nin {value:#}");
    }
}

fn compare(value: &Value, example: &Value) -> Result<(), (String, String)> {
    let at = |step: String| move |(path, problem): (String, String)| (format!("{step}{path}"), problem);
    match (value, example) {
        (Value::Object(given), Value::Object(wanted)) => wanted.iter().try_for_each(|(key, wanted)| {
            let given = given.get(key).unwrap_or(&Value::Null);
            compare(given, wanted).map_err(at(format!(".{key}")))
        }),
        // One example for all items, of which there has to be one.
        (Value::Array(given), Value::Array(wanted)) if wanted.len() == 1 && !given.is_empty() => {
            given.iter().enumerate().try_for_each(|(i, item)| compare(item, &wanted[0]).map_err(at(format!("[{i}]"))))
        }
        (given, Value::String(wanted)) if stands_for(wanted, given) => Ok(()),
        (given, wanted) if given == wanted => Ok(()),
        (given, wanted) => Err((String::new(), format!("{given} is not like {wanted}"))),
    }
}

fn stands_for(wanted: &str, given: &Value) -> bool {
    let text = given.as_str();
    if let Some(prefix) = wanted.strip_suffix('*') {
        return text.is_some_and(|text| text.len() > prefix.len() && text.starts_with(prefix));
    }
    let Some(kind) = wanted.strip_prefix('<').and_then(|kind| kind.strip_suffix('>')) else { return false };
    let (kind, may_be_null) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
    if given.is_null() {
        return may_be_null;
    }
    match kind {
        "any" => true,
        "string" => text.is_some(),
        "bool" => given.is_boolean(),
        "int" => given.is_u64() || given.is_i64(),
        "time" => text.is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()),
        "seconds" => given.as_i64().is_some_and(|s| (s - jiff::Timestamp::now().as_second()).abs() < 3600),
        "uuid" => text.is_some_and(|text| text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()),
        "url" => text.is_some_and(|text| url::Url::parse(text).is_ok()),
        other => panic!("no such kind: {other}"),
    }
}

#[test]
fn an_example_stands_for_what_it_says() {
    use serde_json::json;
    let good = json!({ "id": "evt-1", "ts": "2026-05-04T10:00:00Z", "list": [{ "n": 1 }, { "n": 2 }], "more": true });
    is_like(&good, json!({ "id": "evt-*", "ts": "<time>", "list": [{ "n": "<int>" }], "gone": "<string?>" }));
    for wrong in [
        json!({ "id": "call-*" }),
        json!({ "id": "evt-1*" }),
        json!({ "ts": "<seconds>" }),
        json!({ "list": [{ "n": 1 }] }),
        json!({ "list": [] }),
        json!({ "gone": "<any>" }),
        json!({ "more": "<string>" }),
    ] {
        assert!(compare(&good, &wrong).is_err(), "{wrong}");
    }
}
