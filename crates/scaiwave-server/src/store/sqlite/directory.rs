use async_trait::async_trait;
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

use super::{Sqlite, people::person};
use crate::store::{Directory, DirectoryEntry, DirectoryQuery, Stored};

/// Part of a text for `LIKE … ESCAPE '\\'`.
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn conditions<'a>(
    mut query: QueryBuilder<'a, sqlx::Sqlite>,
    wanted: DirectoryQuery<'a>,
) -> QueryBuilder<'a, sqlx::Sqlite> {
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

fn entry(row: &SqliteRow) -> DirectoryEntry {
    DirectoryEntry { person: person(row), participant_type: row.get("participant_type") }
}

#[async_trait]
impl Directory for Sqlite {
    async fn find_people(&self, wanted: DirectoryQuery<'_>) -> Stored<(Vec<DirectoryEntry>, u64)> {
        let mut count = conditions(QueryBuilder::new("SELECT count(*)"), wanted);
        let total: i64 = count.build().fetch_one(&self.read).await?.get(0);
        let mut page = conditions(QueryBuilder::new("SELECT *"), wanted);
        page.push(" ORDER BY display_name COLLATE NOCASE, participant_id LIMIT ").push_bind(wanted.limit);
        page.push(" OFFSET ").push_bind(wanted.offset);
        let rows = page.build().fetch_all(&self.read).await?;
        Ok((rows.iter().map(entry).collect(), total.unsigned_abs()))
    }

    async fn by_alias(&self, tenant: &str, local_id: &str) -> Stored<Option<DirectoryEntry>> {
        let row = sqlx::query("SELECT * FROM participants WHERE tenant_id = ? AND local_id = ?")
            .bind(tenant)
            .bind(local_id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(entry))
    }
}
