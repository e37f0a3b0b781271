//! The directory: whom one can find.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::{Person, Store, people::person};

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

/// Part of a text for `LIKE … ESCAPE '\\'`.
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn conditions<'a>(mut query: QueryBuilder<'a, Sqlite>, wanted: DirectoryQuery<'a>) -> QueryBuilder<'a, Sqlite> {
    query.push(" FROM participants WHERE tenant_id = ").push_bind(wanted.tenant);
    if let Some(text) = wanted.text {
        query.push(" AND (display_name LIKE ").push_bind(pattern(text)).push(" ESCAPE '\\' OR local_id LIKE ");
        query.push_bind(pattern(text)).push(" ESCAPE '\\')");
    }
    if let Some(kind) = wanted.participant_type {
        query.push(" AND participant_type = ").push_bind(kind);
    }
    query
}

fn entry(row: &sqlx::sqlite::SqliteRow) -> DirectoryEntry {
    DirectoryEntry { person: person(row), participant_type: row.get("participant_type") }
}

impl Store {
    /// A page of the people that fit, by name, and how many there are in all.
    pub async fn find_people(&self, wanted: DirectoryQuery<'_>) -> Result<(Vec<DirectoryEntry>, u64), sqlx::Error> {
        let mut count = conditions(QueryBuilder::new("SELECT count(*)"), wanted);
        let total: i64 = count.build().fetch_one(&self.read).await?.get(0);
        let mut page = conditions(QueryBuilder::new("SELECT *"), wanted);
        page.push(" ORDER BY display_name COLLATE NOCASE, participant_id LIMIT ").push_bind(wanted.limit);
        page.push(" OFFSET ").push_bind(wanted.offset);
        let rows = page.build().fetch_all(&self.read).await?;
        Ok((rows.iter().map(entry).collect(), total.unsigned_abs()))
    }

    /// The one with this local name.
    pub async fn by_alias(&self, tenant: &str, local_id: &str) -> Result<Option<DirectoryEntry>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM participants WHERE tenant_id = ? AND local_id = ?")
            .bind(tenant)
            .bind(local_id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(entry))
    }
}
