//! The directory: whom one can find.

use async_trait::async_trait;

use super::{Person, Stored};

/// Somebody as the directory lists them.
#[derive(Clone, Debug)]
pub struct DirectoryEntry {
    /// Who.
    pub person: Person,
    /// `human`, `model`, …
    pub participant_type: String,
}

/// What is looked for, within one tenant.
#[derive(Clone, Copy, Debug)]
pub struct DirectoryQuery<'a> {
    /// Where.
    pub tenant: &'a str,
    /// Part of the shown or the local name.
    pub text: Option<&'a str>,
    /// `human`, `model`, …
    pub participant_type: Option<&'a str>,
    /// So many at most.
    pub limit: u32,
    /// Left out before.
    pub offset: u32,
}

/// People, by what one knows of them.
#[async_trait]
pub trait Directory {
    /// A page of the people that fit, by name, and how many there are in all.
    async fn find_people(&self, wanted: DirectoryQuery<'_>) -> Stored<(Vec<DirectoryEntry>, u64)>;

    /// The one with this local name.
    async fn by_alias(&self, tenant: &str, local_id: &str) -> Stored<Option<DirectoryEntry>>;
}
