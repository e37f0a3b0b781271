//! Extractors whose refusals are answers of the API: JSON with a code, naming the field. Each describes itself: what it reads, and the
//! codes it refuses with.

use std::sync::Arc;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, ReferenceOr},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};
use call_model::DeviceId;
use scaiwave_wire::ErrorCode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tower_http::timeout::TimeoutError;

use super::{admit::ClientAddress, observe};
use crate::{
    App,
    auth::Claims,
    error::Failure,
    openapi::{id_in_path, may_fail, needs_bearer},
    store::Person,
};

/// The signed-in caller.
pub(super) struct Caller(pub Person);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| Failure::new(ErrorCode::AuthInvalidToken, "Send Authorization: Bearer <access token>."))?;
        let address = parts.extensions.get().copied().unwrap_or(ClientAddress::UNKNOWN);
        caller(app, token, address).await.map(|(_, person)| Self(person))
    }
}

impl OperationInput for Caller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        needs_bearer(operation);
        may_fail(operation, &[ErrorCode::AuthInvalidToken, ErrorCode::AuthExpiredToken]);
    }
}

/// Who a token speaks for. A good one counts for its owner's rate, a bad one for the address it came from.
pub(super) async fn caller(app: &App, token: &str, from: ClientAddress) -> Result<(Claims, Person), Failure> {
    match owner(app, token).await {
        Ok((claims, person)) => {
            observe::asked_by(&person.id);
            app.rates.caller(&person.id)?;
            Ok((claims, person))
        }
        Err(refusal) => app.rates.address(from.0).and(Err(refusal)),
    }
}

async fn owner(app: &App, token: &str) -> Result<(Claims, Person), Failure> {
    let claims = app.auth.verify(token)?;
    let account = app.store.account(&claims.sub).await?.filter(|account| account.person.tenant_id == claims.tenant_id);
    match account {
        Some(account) if !account.disabled && account.generation == claims.generation => Ok((claims, account.person)),
        Some(_) => Err(Failure::new(ErrorCode::AuthInvalidToken, "The token was taken back: sign in again.")),
        None => Err(Failure::new(ErrorCode::AuthInvalidToken, "The token's owner is not known here: sign in again.")),
    }
}

/// The raw body, within the limit.
pub(super) struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        Bytes::from_request(request, state).await.map(Self).map_err(|e: BytesRejection| match e.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Failure::new(ErrorCode::ContentTooLarge, "The request body is too large; content may have 64 KB.")
            }
            _ if paused(&e) => Failure::new(ErrorCode::RequestTooSlow, "The request body came too slowly."),
            _ => Failure::validation("The request body could not be read to its end."),
        })
    }
}

/// Whether a body ended because nothing of it came for too long.
pub(super) fn paused(e: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(e), |e| e.source()).any(|e| e.is::<TimeoutError>())
}

impl OperationInput for Body {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Bytes::operation_input(ctx, operation);
        may_fail(operation, &BODY);
    }
}

/// How a body is refused.
pub(super) const BODY: [ErrorCode; 3] = [ErrorCode::ContentTooLarge, ErrorCode::RequestTooSlow, ErrorCode::Validation];

/// A JSON body; an error names the field.
pub(super) struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Body(body) = Body::from_request(request, state).await?;
        // serde would take a list for an object's fields in their order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Failure::validation("body: a JSON object is wanted, not a list"));
        }
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let path = e.path().to_string();
            // serde_path_to_error writes `.` for the whole and `?` where the text broke off.
            if path == "." || path == "?" {
                Failure::validation(format!("body: {}", e.inner()))
            } else {
                Failure::validation(format!("{path}: {}", e.inner()))
            }
        })?;
        json.end().map_err(|e| Failure::validation(format!("body: {e}")))?;
        Ok(Self(value))
    }
}

impl<T: JsonSchema> OperationInput for Json<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(ctx, operation);
        may_fail(operation, &BODY);
    }
}

/// A JSON body that may be left out.
pub(super) struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let Body(bytes) = Body::from_request(Request::from_parts(parts.clone(), body), state).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        Json::from_request(request, state).await.map(|Json(value)| Self(value))
    }
}

impl<T: JsonSchema> OperationInput for OptionalJson<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Json::<T>::operation_input(ctx, operation);
        if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
            body.required = false;
        }
    }
}

/// An `application/x-www-form-urlencoded` body.
pub(super) struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        axum::Form::from_request(request, state).await.map(|axum::Form(value)| Self(value)).map_err(|e| {
            match e.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Failure::new(ErrorCode::ContentTooLarge, "The request body is too large.")
                }
                _ if paused(&e) => Failure::new(ErrorCode::RequestTooSlow, "The request body came too slowly."),
                _ => Failure::validation(format!("form: {}", e.body_text())),
            }
        })
    }
}

impl<T: JsonSchema> OperationInput for Form<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Form::<T>::operation_input(ctx, operation);
        may_fail(operation, &BODY);
    }
}

/// A form, or the query where there is no body.
pub(super) struct FormOrQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormOrQuery<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Body(bytes) = Body::from_request(Request::from_parts(parts.clone(), body), state).await?;
        if bytes.is_empty() {
            return Query::from_request_parts(&mut parts, state).await.map(|Query(value)| Self(value));
        }
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        Form::from_request(request, state).await.map(|Form(value)| Self(value))
    }
}

/// Described as the form: OpenAPI cannot say that one stands for the other.
impl<T: JsonSchema> OperationInput for FormOrQuery<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Form::<T>::operation_input(ctx, operation);
    }
}

/// Query parameters.
pub(super) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(e) => Err(Failure::validation(format!("query: {}", e.body_text()))),
        }
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::extract::Query::<T>::operation_input(ctx, operation);
        may_fail(operation, &[ErrorCode::Validation]);
    }
}

/// The id in the path. One that cannot be read names nothing.
pub(super) struct Id<T>(pub T);

impl<S: Send + Sync, T: From<String>> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id.into())),
            Err(_) => Err(Failure::new(ErrorCode::NotFound, "There is nothing at this address.")),
        }
    }
}

impl<T: JsonSchema> OperationInput for Id<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        id_in_path::<T>(ctx, operation);
        may_fail(operation, &[ErrorCode::NotFound]);
    }
}

/// The two ids in the path. Ones that cannot be read name nothing.
pub(super) struct Ids<A, B>(pub A, pub B);

impl<S: Send + Sync, A: From<String>, B: From<String>> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((a, b))) => Ok(Self(a.into(), b.into())),
            Err(_) => Err(Failure::new(ErrorCode::NotFound, "There is nothing at this address.")),
        }
    }
}

impl<A: JsonSchema, B: JsonSchema> OperationInput for Ids<A, B> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Id::<A>::operation_input(ctx, operation);
        Id::<B>::operation_input(ctx, operation);
    }
}

/// The caller's device: at most 64 letters, digits, `-`, `_`, `.`; absent, `default`.
pub(super) fn device(given: Option<DeviceId>) -> Result<DeviceId, Failure> {
    let Some(device) = given else { return Ok(DeviceId::new("default")) };
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if device.as_str().is_empty() || device.as_str().len() > 64 || !device.as_str().chars().all(fine) {
        return Err(Failure::validation("device_id: 1 to 64 letters, digits, '-', '_' or '.'"));
    }
    Ok(device)
}
