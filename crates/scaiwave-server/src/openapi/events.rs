//! JSON Schema of the event stream's frames.

use scaiwave_wire::StreamFrame;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{example, finish::definition};

/// One frame, with an example of each type.
pub(super) fn schema() -> Value {
    let frame = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<StreamFrame>();
    let mut schema = frame.to_value();
    let of = |part: &Value| example::of(part, &|reference| definition(&schema["$defs"], reference));
    let common = json!({ "type": "object", "properties": schema["properties"] });
    let examples: Vec<Value> =
        schema["oneOf"].as_array().into_iter().flatten().map(|kind| of(&json!({ "allOf": [kind, common] }))).collect();
    schema["examples"] = json!(examples);
    schema
}
