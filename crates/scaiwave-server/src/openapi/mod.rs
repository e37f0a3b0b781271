//! The server's description of itself: OpenAPI 3.1 of its routes, JSON Schema of its events, and both as a page to read. Everything is
//! read off the code: signatures of handlers ([`aide`]), types of the wire ([`schemars`]) and what each route adds ([`op`]).

mod events;
mod example;
mod finish;
mod operation;
mod page;

use std::sync::OnceLock;

use aide::openapi::OpenApi;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

pub(crate) use operation::{id_in_path, may_fail, needs_bearer, op};

use operation::BEARER;

/// `GET /v1/openapi.json`
pub fn openapi() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| pretty(&description()))
}

/// `GET /v1/events.schema.json`
pub fn events() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| pretty(&events::schema()))
}

/// Both, as Markdown.
pub fn page() -> String {
    page::render(&description(), &events::schema())
}

/// The files below `docs/`, as they should be.
pub fn files() -> [(&'static str, String); 3] {
    [("api/openapi.json", openapi().to_owned()), ("api/events.schema.json", events().to_owned()), ("api.md", page())]
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

const ABOUT: &str = "\
The ScaiWave API as far as this server speaks it. Answers stand in `data` (and `meta` for lists), failures in `error`: match on its \
`code`. What is marked \"ours\" is where the vendor's pages are silent. Events come by `GET /v1/stream`; their JSON Schema is at \
`/v1/events.schema.json`.";

fn description() -> Value {
    // aide collects in a context of this thread; OpenAPI 3.1 speaks JSON Schema 2020-12
    aide::generate::in_context(|ctx| {
        let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
        ctx.schema = SchemaGenerator::new(settings);
        ctx.schema.subschema_for::<scaiwave_wire::ErrorBody>();
    });
    let mut api = OpenApi::default();
    let _ = crate::http::routes().finish_api(&mut api);
    let mut api = serde_json::to_value(api).unwrap_or_default();
    api["info"] = json!({
        "title": "ScaiWave Calls reference server",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    api["components"]["securitySchemes"] = json!({
        BEARER: { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "From `POST /v1/auth/token`." }
    });
    finish::finish(&mut api);
    api
}
