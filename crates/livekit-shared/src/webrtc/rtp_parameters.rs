//! How an encoder gives way.

/// What an encoder keeps when the bandwidth does not suffice.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub enum DegradationPreference {
    /// Both; whole frames are dropped.
    MaintainFramerateAndResolution,
    /// The frame rate.
    MaintainFramerate,
    /// The size.
    MaintainResolution,
    /// A bit of both.
    #[default]
    Balanced,
}
