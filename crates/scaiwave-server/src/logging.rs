//! What is logged. Nothing of ours logs a token; libraries might, when asked for every detail, so their details stay out.

use tracing_subscriber::{EnvFilter, filter::ParseError};

/// Libraries that would write frames, headers or addresses with tokens at their lowest levels.
const CAPPED: [&str; 8] = [
    "axum=info",
    "h2=info",
    // It warns of every idle connection that is closed.
    "hyper=error",
    "hyper_util=info",
    "reqwest=info",
    "sqlx=info",
    "tokio_tungstenite=info",
    "tungstenite=info",
];

/// Reads `SCAIWAVE_LOG`.
pub fn log_filter(directives: &str) -> Result<EnvFilter, ParseError> {
    CAPPED
        .iter()
        .try_fold(EnvFilter::builder().parse(directives)?, |filter, cap| Ok(filter.add_directive(cap.parse()?)))
}
