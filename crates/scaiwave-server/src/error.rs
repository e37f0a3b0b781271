//! Failures as the API shows them: `{"error": {"code", "message"}}` with the status of the code.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use scaiwave_wire::{ApiError, ErrorBody, ErrorCode};

use crate::store::StoreError;

/// A failed request.
#[derive(Debug)]
pub struct Failure {
    code: ErrorCode,
    message: String,
    retry_after: Option<u32>,
}

/// What handlers answer.
pub type Answer<T> = Result<T, Failure>;

impl Failure {
    /// A failure with a code and a message that says what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// The same, to be tried again after so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A field is missing or wrong.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Validation, message)
    }

    /// Our own fault: the cause goes to the log, not to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(ErrorCode::Internal, "The server failed; its log says why. Try again.")
    }

    /// The code it carries.
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Self::internal(format_args!("database: {e}"))
    }
}

/// Which codes an operation fails with is told by its extractors and its route.
impl aide::OperationOutput for Failure {
    type Inner = ErrorBody;
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ErrorBody { error: ApiError { code: self.code, message: self.message } };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
