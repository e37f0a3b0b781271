//! How connections are made.

/// A STUN or TURN server.
#[derive(Debug, Clone)]
pub struct IceServer {
    /// `stun:` and `turn:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: String,
    /// For TURN.
    pub password: String,
}

/// Whether candidates are looked for after the first round.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum ContinualGatheringPolicy {
    /// Once.
    GatherOnce,
    /// As networks come and go.
    GatherContinually,
}

/// Which candidates are used.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceTransportsType {
    /// TURN only.
    Relay,
    /// No addresses of this machine.
    NoHost,
    /// All.
    All,
}

/// How a connection is made. Start from the default and set what differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RtcConfiguration {
    /// In place of those the SFU names; empty takes the SFU's.
    pub ice_servers: Vec<IceServer>,
    /// Whether candidates are looked for after the first round.
    pub continual_gathering_policy: ContinualGatheringPolicy,
    /// Which candidates are used.
    pub ice_transport_type: IceTransportsType,
}

impl Default for RtcConfiguration {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            continual_gathering_policy: ContinualGatheringPolicy::GatherContinually,
            ice_transport_type: IceTransportsType::All,
        }
    }
}
