//! Which encoder is used.

/// The encoder to prefer; another is taken where it is not available.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub enum VideoEncoderBackend {
    /// The library's choice.
    #[default]
    Auto,
    /// In software.
    Software,
    /// Any hardware.
    Hardware,
    /// NVIDIA's.
    Nvenc,
    /// VAAPI.
    Vaapi,
    /// Apple's.
    VideoToolbox,
    /// Frames come encoded.
    PreEncoded,
}
