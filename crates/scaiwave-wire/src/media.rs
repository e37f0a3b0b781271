use call_model::{MediaId, ParticipantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A file: answer of `POST /v1/media/upload` and `GET /v1/media/{id}/info`.
///
/// The upload is `multipart/form-data` with one `file` and, optionally, `tenant_scope`. Who may see a file (ours): who uploaded it, and
/// the members of the rooms with a message that carries it. `tenant_scope` opens it to nobody else: the vendor's example sets it on
/// every upload, and a picture sent in a direct room is not the whole tenant's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Media {
    /// `med-…`; a thumbnail's is `med-thumb-…`.
    pub media_id: MediaId,
    /// Of the content, as hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// What the content looks like; `application/octet-stream` where that is unknown or something a browser would run (ours).
    pub mime_type: String,
    /// A small picture of it, to be fetched like any other media; null if there is none.
    pub thumbnail_id: Option<MediaId>,
    /// Pixels as shown, for pictures and video.
    pub width: Option<u32>,
    /// Pixels as shown, for pictures and video.
    pub height: Option<u32>,
    /// Where no scanner is configured, `clean` (ours).
    pub scan_status: ScanStatus,
    /// As the uploader named it, made safe (ours).
    #[serde(default)]
    pub file_name: String,
    /// Of sound and video, where known (ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Who uploaded it; absent for what the server made itself (ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploader_id: Option<ParticipantId>,
    /// When (ours).
    pub created_at: Timestamp,
}

/// What a virus scanner said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    /// Not looked at yet.
    Pending,
    /// Nothing found.
    Clean,
    /// Something found; the file is gone.
    Infected,
}

/// `GET /v1/media/signed/{id}`: an address that needs no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedUrl {
    /// To be joined to the API's address: a path of this server, or a whole URL where files lie elsewhere (ours).
    pub url: String,
    /// Good until then; 5 minutes (ours).
    pub expires_at: Timestamp,
}
