use serde::{Deserialize, Serialize};

/// `GET /health`: 200 or 503.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Health {
    /// As a whole.
    pub status: HealthWord,
    /// One by one.
    pub checks: HealthChecks,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthChecks {
    /// The database.
    pub database: HealthWord,
    /// The server's version.
    #[cfg_attr(feature = "schema", schemars(example = &"1.1.0"))]
    pub version: String,
}

/// Well or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthWord {
    /// Well.
    Ok,
    /// The log says why.
    Failed,
}

/// `GET /readyz` (ours): 200 or 503.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Readiness {
    /// Whether requests may be sent here.
    pub status: ReadyWord,
}

/// Ready or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadyWord {
    /// Ready.
    Ok,
    /// The database does not answer.
    Failed,
    /// The server was told to stop.
    Stopping,
}
