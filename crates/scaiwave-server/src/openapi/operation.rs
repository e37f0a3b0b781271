//! What a route says of itself beyond its handler's signature, and the words that extractors describe themselves with.

use std::{convert::Infallible, sync::Arc};

use aide::{
    axum::routing::{ApiMethodRouter, delete_with, get_with, post_with, put_with},
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, RequestBody, Response, SchemaObject, StatusCode},
    operation::{
        OperationHandler, OperationInput, OperationOutput, ParamLocation, add_parameters, parameters_from_schema,
    },
};
use axum::handler::Handler;
use scaiwave_wire::ErrorCode;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::App;

/// Error codes an operation may answer, until they become its responses.
pub(super) const FAILS: &str = "x-fails";
/// Values in an operation's answer that others take, until they become links.
pub(super) const GIVES: &str = "x-gives";
/// The name of the one security scheme.
pub(super) const BEARER: &str = "bearer";

macro_rules! methods {
    ($($name:ident, $with:ident;)*) => {
        #[allow(dead_code, reason = "each method has its form, used or not")]
        impl Op {
            $(
                /// The operation, with its handler.
                pub(crate) fn $name<H, I, O, T>(self, handler: H) -> ApiMethodRouter<Arc<App>, Infallible>
                where
                    H: Handler<T, Arc<App>> + OperationHandler<I, O>,
                    I: OperationInput,
                    O: OperationOutput,
                    T: 'static,
                {
                    $with(handler, |mut inferred| {
                        self.add_to(inferred.inner_mut());
                        inferred
                    })
                }
            )*
        }
    };
}

methods! {
    get, get_with;
    post, post_with;
    put, put_with;
    delete, delete_with;
}

/// A described operation, to be given its handler by [`Op::get`], [`Op::post`], …
pub(crate) struct Op {
    operation: Operation,
}

/// Begins a description: a unique `snake_case` id, and what the operation does in a few words.
pub(crate) fn op(id: &str, summary: &str) -> Op {
    let operation =
        Operation { operation_id: Some(id.to_owned()), summary: Some(summary.to_owned()), ..Operation::default() };
    Op { operation }
}

impl Op {
    /// What the summary leaves out.
    pub(crate) fn note(mut self, text: &str) -> Self {
        self.operation.description = Some(text.to_owned());
        self
    }

    /// The error codes of the handler itself; those of its extractors are known from them.
    pub(crate) fn fails(mut self, codes: &[ErrorCode]) -> Self {
        may_fail(&mut self.operation, codes);
        self
    }

    /// Where its answer has a value that other operations take under this name (in path or body): a JSON pointer.
    pub(crate) fn gives(mut self, name: &str, pointer: &str) -> Self {
        let given = self.operation.extensions.entry(GIVES.to_owned()).or_insert_with(|| json!({}));
        given[name] = pointer.into();
        self
    }

    /// An answer that the handler's signature does not tell: its status and body.
    pub(crate) fn answers<T: JsonSchema>(mut self, status: u16, description: &str) -> Self {
        let schema = aide::generate::in_context(|ctx| ctx.schema.subschema_for::<T>());
        put_response(&mut self.operation, status, description, "application/json", schema);
        self
    }

    /// An answer that is no JSON.
    pub(crate) fn answers_as(mut self, status: u16, description: &str, media_type: &str) -> Self {
        let schema = schemars::json_schema!({ "type": "string" });
        put_response(&mut self.operation, status, description, media_type, schema);
        self
    }

    /// An answer without a body.
    pub(crate) fn answers_nothing(mut self, status: u16, description: &str) -> Self {
        put(&mut self.operation, status, Response { description: description.to_owned(), ..Response::default() });
        self
    }

    /// A body that the handler's signature does not tell.
    pub(crate) fn takes<T: JsonSchema>(mut self, media_type: &str) -> Self {
        let schema = aide::generate::in_context(|ctx| ctx.schema.subschema_for::<T>());
        let content = content(media_type, schema);
        self.operation.request_body =
            Some(ReferenceOr::Item(RequestBody { content, required: true, ..RequestBody::default() }));
        self
    }

    fn add_to(self, inferred: &mut Operation) {
        let Operation { operation_id, summary, description, responses, request_body, mut extensions, .. } =
            self.operation;
        inferred.operation_id = operation_id;
        inferred.summary = summary;
        inferred.description = description;
        inferred.request_body = request_body.or(inferred.request_body.take());
        for code in extensions.shift_remove(FAILS).iter().filter_map(Value::as_array).flatten() {
            fails(inferred).push(code.clone());
        }
        inferred.extensions.extend(extensions);
        let known = &mut inferred.responses.get_or_insert_default().responses;
        known.extend(responses.unwrap_or_default().responses);
    }
}

fn fails(operation: &mut Operation) -> &mut Vec<Value> {
    let list = operation.extensions.entry(FAILS.to_owned()).or_insert_with(|| json!([]));
    match list {
        Value::Array(list) => list,
        other => unreachable!("{FAILS} is a list, not {other}"),
    }
}

/// Notes codes that an operation may answer with.
pub(crate) fn may_fail(operation: &mut Operation, codes: &[ErrorCode]) {
    fails(operation).extend(codes.iter().map(|code| Value::from(code.as_str())));
}

/// Notes that an operation is for the signed-in only.
pub(crate) fn needs_bearer(operation: &mut Operation) {
    operation.security.push([(BEARER.to_owned(), Vec::new())].into_iter().collect());
}

/// Notes an id in the path; the path itself names it, ids being told in its order.
pub(crate) fn id_in_path<T: JsonSchema>(ctx: &mut GenContext, operation: &mut Operation) {
    let place = operation.parameters.len().to_string();
    let schema = ctx.schema.subschema_for::<T>();
    let object = schemars::json_schema!({ "type": "object", "properties": { &place: schema }, "required": [&place] });
    let parameters = parameters_from_schema(ctx, object, ParamLocation::Path);
    add_parameters(ctx, operation, parameters);
}

fn put_response(
    operation: &mut Operation,
    status: u16,
    description: &str,
    media_type: &str,
    json_schema: schemars::Schema,
) {
    let content = content(media_type, json_schema);
    put(operation, status, Response { description: description.to_owned(), content, ..Response::default() });
}

fn put(operation: &mut Operation, status: u16, response: Response) {
    let responses = operation.responses.get_or_insert_default();
    responses.responses.insert(StatusCode::Code(status), ReferenceOr::Item(response));
}

/// The one kind of content there is.
fn content<T: FromIterator<(String, MediaType)>>(media_type: &str, json_schema: schemars::Schema) -> T {
    let schema = Some(SchemaObject { json_schema, external_docs: None, example: None });
    [(media_type.to_owned(), MediaType { schema, ..MediaType::default() })].into_iter().collect()
}
