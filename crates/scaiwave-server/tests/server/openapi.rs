//! The server's description of itself: complete, true, and the same in `docs/`.

use std::{collections::BTreeSet, path::Path};

use scaiwave_server::openapi;
use serde_json::{Value, json};

use crate::world::{World, id_of};

#[test]
fn the_files_in_docs_are_those_that_the_code_gives() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (name, text) in openapi::files() {
        let kept = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
        assert!(kept == text, "docs/{name} is not up to date: cargo run -p scaiwave-server -- openapi --write docs");
    }
}

#[tokio::test]
async fn everybody_may_read_the_description_and_the_schema_of_the_events() {
    let world = World::start().await;
    let nobody = world.nobody();
    for (path, text) in [("/v1/openapi.json", openapi::openapi()), ("/v1/events.schema.json", openapi::events())] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, serde_json::from_str::<Value>(text).unwrap(), "{path}");
    }
}

fn operations(api: &Value) -> Vec<(&str, &str, &Value)> {
    let items = api["paths"].as_object().unwrap().iter();
    items.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(m, o)| (&**path, &**m, o))).collect()
}

#[test]
fn every_operation_says_what_it_is_takes_and_answers() {
    let api: Value = serde_json::from_str(openapi::openapi()).unwrap();
    assert_eq!(api["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&api) {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().expect(&what)), "{what}: its id is another's too");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{what}");
        let in_path: Vec<&str> = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let told: Vec<&str> = parameters.filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(told, in_path, "{what}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2') || status == "101"), "{what}: no good answer");
        for status in ["429", "500"] {
            assert!(answers.contains_key(status), "{what}: {status}");
        }
        assert!(operation["security"].is_null() || answers.contains_key("401"), "{what}: 401");
        assert!(
            operation.as_object().unwrap().keys().all(|key| !key.starts_with("x-")),
            "{what}: something is left over"
        );
    }
    assert!(ids.contains("initiate_call"));
    let sync = api["paths"]["/v1/sync"]["get"]["parameters"].as_array().unwrap();
    let bounds =
        |name| sync.iter().find(|p| p["name"] == name).map(|p| (&p["schema"]["minimum"], &p["schema"]["maximum"]));
    assert_eq!(bounds("limit"), Some((&json!(1), &json!(500))), "as the handler has it");
    assert_eq!(bounds("since"), Some((&json!(0), &json!(u64::MAX))), "as the type has it");
}

#[test]
fn every_reference_leads_somewhere() {
    fn look(value: &Value, root: &Value, seen: &mut usize) {
        if let Some(reference) = value["$ref"].as_str() {
            assert!(root.pointer(&reference[1..]).is_some(), "{reference}");
            *seen += 1;
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|field| look(field, root, seen)),
            Value::Array(items) => items.iter().for_each(|item| look(item, root, seen)),
            _ => {}
        }
    }
    for text in [openapi::openapi(), openapi::events()] {
        let (root, mut seen) = (serde_json::from_str(text).unwrap(), 0);
        look(&root, &root, &mut seen);
        assert!(seen > 0);
    }
}

#[test]
fn what_one_answer_gives_leads_to_the_operations_that_take_it() {
    let api: Value = serde_json::from_str(openapi::openapi()).unwrap();
    let link = |path: &str, method: &str, status: &str, to: &str| {
        api["paths"][path][method]["responses"][status]["links"][to].clone()
    };
    let call = json!({ "operationId": "join_call", "parameters": { "call_id": "$response.body#/data/call_id" } });
    assert_eq!(link("/v1/calls/initiate", "post", "201", "join_call"), call);
    assert_eq!(link("/v1/calls/initiate", "post", "200", "join_call"), call);
    assert_eq!(
        link("/v1/rooms", "get", "200", "initiate_call"),
        json!({ "operationId": "initiate_call", "requestBody": { "room_id": "$response.body#/data/0/id" } })
    );
}

/// The fields that a frame must and may have.
fn fields(kind: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let schema: Value = serde_json::from_str(openapi::events()).unwrap();
    let kinds = schema["oneOf"].as_array().unwrap();
    let own = kinds.iter().find(|one| one["properties"]["type"]["const"] == kind).expect(kind);
    let names = |of: &Value| of.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let must: BTreeSet<String> = names(&schema["required"]);
    let known = |of: &Value| of["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let (must_too, may): (BTreeSet<String>, _) = (names(&own["required"]), &known(&schema) | &known(own));
    (&must | &must_too, may)
}

#[tokio::test]
async fn frames_are_as_the_schema_of_the_events_says() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut events = alice.stream().await;
    let content = json!({ "content": { "msgtype": "swp.text", "body": "Hello" } });
    alice.post(&format!("/v1/rooms/{}/send", world.team), content).await.ok();
    let call = id_of(&alice.initiate(&world.team).await.ok());
    alice.call(&call, "end").await.ok();
    let mut seen = BTreeSet::new();
    for frame in events.until("swp.call.ended").await {
        let kind = frame["type"].as_str().unwrap();
        let (must, may) = fields(kind);
        let has: BTreeSet<String> = frame.as_object().unwrap().keys().cloned().collect();
        assert!(must.is_subset(&has), "{kind} lacks {:?}", &must - &has);
        assert!(has.is_subset(&may), "{kind} has more: {:?}", &has - &may);
        seen.insert(kind.to_owned());
    }
    for kind in ["swp.room.message", "swp.call.started", "swp.call.state", "swp.call.ended"] {
        assert!(seen.contains(kind), "{kind} did not come: {seen:?}");
    }
}
