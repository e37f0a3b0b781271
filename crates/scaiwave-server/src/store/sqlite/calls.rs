use std::collections::HashSet;

use async_trait::async_trait;
use call_model::{
    CallId, CallVersion, ParticipantId, RoomId, SfuIdentity, UnixMillis,
    server::{Call, Device, Invite, Timings},
};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Sqlite, SqliteChange};
use crate::store::{CallChanges, Calls, Stored, calls::WEBHOOKS_KEPT_MS, from_word, now, word};

fn opt<T: From<String>>(row: &SqliteRow, column: &str) -> Option<T> {
    row.get::<Option<String>, _>(column).map(T::from)
}

fn ms(row: &SqliteRow, column: &str) -> Option<UnixMillis> {
    row.get::<Option<i64>, _>(column).map(UnixMillis)
}

fn call(row: &SqliteRow) -> Stored<Call> {
    Ok(Call {
        id: row.get::<String, _>("call_id").into(),
        room_id: row.get::<String, _>("room_id").into(),
        direct: row.get("direct"),
        call_type: from_word(row.get("call_type"))?,
        state: from_word(row.get("state"))?,
        version: CallVersion(row.get::<i64, _>("version").unsigned_abs()),
        initiator: row.get::<String, _>("initiator_id").into(),
        started_at: UnixMillis(row.get("started_at")),
        answered_at: ms(row, "answered_at"),
        ended_at: ms(row, "ended_at"),
        end_reason: opt::<String>(row, "end_reason").map(from_word).transpose()?,
        ended_by: opt(row, "ended_by"),
        ring_expires_at: UnixMillis(row.get("ring_expires_at")),
        empty_until: ms(row, "empty_until"),
        delete_at: ms(row, "delete_at"),
        sfu_lost: row.get("sfu_lost"),
        invites: Vec::new(),
        devices: Vec::new(),
    })
}

fn invite(row: &SqliteRow) -> Stored<Invite> {
    Ok(Invite {
        participant: row.get::<String, _>("participant_id").into(),
        state: from_word(row.get("state"))?,
        device: opt(row, "device_id"),
        ring: u32::try_from(row.get::<i64, _>("ring")).unwrap_or(u32::MAX),
        rung_at: UnixMillis(row.get("rung_at")),
        expires_at: UnixMillis(row.get("expires_at")),
        settled_at: ms(row, "settled_at"),
        quiet: opt::<String>(row, "quiet").map(from_word).transpose()?,
    })
}

fn device(row: &SqliteRow) -> Stored<Device> {
    Ok(Device {
        identity: SfuIdentity {
            participant: row.get::<String, _>("participant_id").into(),
            device: row.get::<String, _>("device_id").into(),
        },
        state: from_word(row.get("state"))?,
        since: UnixMillis(row.get("since")),
        joined_at: ms(row, "joined_at"),
        left_at: ms(row, "left_at"),
        left_reason: opt::<String>(row, "left_reason").map(from_word).transpose()?,
        deadline: ms(row, "deadline"),
        last_seen: ms(row, "last_seen"),
        sfu_sid: opt(row, "sfu_sid"),
    })
}

/// Reads the invites and devices that belong to a call.
async fn complete(db: &mut SqliteConnection, row: Option<SqliteRow>) -> Stored<Option<Call>> {
    let Some(row) = row else { return Ok(None) };
    let mut call = call(&row)?;
    let rows = sqlx::query("SELECT * FROM call_invites WHERE call_id = ? ORDER BY participant_id")
        .bind(call.id.as_str())
        .fetch_all(&mut *db)
        .await?;
    call.invites = rows.iter().map(invite).collect::<Result<_, _>>()?;
    let rows = sqlx::query("SELECT * FROM call_devices WHERE call_id = ? ORDER BY participant_id, device_id")
        .bind(call.id.as_str())
        .fetch_all(&mut *db)
        .await?;
    call.devices = rows.iter().map(device).collect::<Result<_, _>>()?;
    Ok(Some(call))
}

async fn call_of(db: &mut SqliteConnection, id: &CallId) -> Stored<Option<Call>> {
    let row = sqlx::query("SELECT * FROM calls WHERE call_id = ?").bind(id.as_str()).fetch_optional(&mut *db).await?;
    complete(db, row).await
}

#[async_trait]
impl Calls for Sqlite {
    async fn call(&self, id: &CallId) -> Stored<Option<Call>> {
        // One transaction, so that call, invites and devices are of the same moment.
        let mut tx = self.read.begin().await?;
        call_of(&mut tx, id).await
    }

    async fn live_call(&self, room: &RoomId) -> Stored<Option<Call>> {
        let mut tx = self.read.begin().await?;
        let row = sqlx::query("SELECT * FROM calls WHERE room_id = ? AND state IN ('ringing', 'active')")
            .bind(room.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        complete(&mut tx, row).await
    }

    async fn live_calls_of(&self, viewer: &ParticipantId) -> Stored<Vec<Call>> {
        let mut tx = self.read.begin().await?;
        let rows = sqlx::query(
            "SELECT c.* FROM calls c JOIN members m USING (room_id)
             WHERE m.participant_id = ? AND m.membership = 'join' AND c.state IN ('ringing', 'active')",
        )
        .bind(viewer.as_str())
        .fetch_all(&mut *tx)
        .await?;
        let mut calls = Vec::with_capacity(rows.len());
        for row in rows {
            calls.extend(complete(&mut tx, Some(row)).await?);
        }
        Ok(calls)
    }

    async fn live_calls(&self) -> Stored<Vec<CallId>> {
        let rows = sqlx::query("SELECT call_id FROM calls WHERE state IN ('ringing', 'active')").fetch_all(&self.read);
        Ok(rows.await?.iter().map(|row| row.get::<String, _>(0).into()).collect())
    }

    async fn open_calls(&self) -> Stored<Vec<CallId>> {
        let rows = sqlx::query(
            "SELECT call_id FROM calls WHERE state IN ('ringing', 'active')
             UNION SELECT call_id FROM calls WHERE next_due IS NOT NULL",
        );
        Ok(rows.fetch_all(&self.read).await?.iter().map(|row| row.get::<String, _>(0).into()).collect())
    }

    async fn live_calls_by_tenant(&self) -> Stored<Vec<(String, i64)>> {
        let rows = sqlx::query(
            "SELECT tenant_id, coalesce(live, 0) FROM tenants LEFT JOIN (
                 SELECT r.tenant_id, count(*) AS live FROM calls c JOIN rooms r USING (room_id)
                 WHERE c.state IN ('ringing', 'active') GROUP BY r.tenant_id) USING (tenant_id)",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn next_due(&self) -> Stored<Vec<(CallId, UnixMillis)>> {
        let rows =
            sqlx::query("SELECT call_id, next_due FROM calls WHERE next_due IS NOT NULL ORDER BY next_due LIMIT 200")
                .fetch_all(&self.read)
                .await?;
        Ok(rows.iter().map(|row| (row.get::<String, _>(0).into(), UnixMillis(row.get(1)))).collect())
    }

    async fn first_time(&self, webhook: &str) -> Stored<bool> {
        let mut tx = self.begin_immediate().await?;
        sqlx::query("DELETE FROM webhooks_seen WHERE seen_at < ?")
            .bind(now().0 - WEBHOOKS_KEPT_MS)
            .execute(&mut *tx)
            .await?;
        let noted = sqlx::query("INSERT INTO webhooks_seen VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(webhook)
            .bind(now().0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(noted.rows_affected() == 1)
    }
}

#[async_trait]
impl CallChanges for SqliteChange {
    async fn call_for_update(&mut self, id: &CallId) -> Stored<Option<Call>> {
        call_of(&mut self.0, id).await
    }

    async fn is_member(&mut self, room: &RoomId, who: &ParticipantId) -> Stored<bool> {
        let row = sqlx::query("SELECT 1 FROM members WHERE room_id = ? AND participant_id = ? AND membership = 'join'")
            .bind(room.as_str())
            .bind(who.as_str())
            .fetch_optional(&mut *self.0)
            .await?;
        Ok(row.is_some())
    }

    async fn add_call(&mut self, call: &Call, t: &Timings) -> Stored<bool> {
        let added = sqlx::query(
            "INSERT INTO calls (call_id, room_id, direct, call_type, state, version, initiator_id, started_at,
                                ring_expires_at, sfu_lost, next_due)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING",
        )
        .bind(call.id.as_str())
        .bind(call.room_id.as_str())
        .bind(call.direct)
        .bind(word(call.call_type))
        .bind(word(call.state))
        .bind(call.version.0 as i64)
        .bind(call.initiator.as_str())
        .bind(call.started_at.0)
        .bind(call.ring_expires_at.0)
        .bind(call.next_due(t).map(|due| due.0))
        .execute(&mut *self.0)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        put_invites(&mut self.0, &call.id, &call.invites).await?;
        for device in &call.devices {
            put_device(&mut self.0, &call.id, device).await?;
        }
        Ok(true)
    }

    async fn save_call(&mut self, before: &Call, after: &Call, t: &Timings) -> Stored<bool> {
        let saved = sqlx::query(
            "UPDATE calls SET state = ?, version = ?, started_at = ?, answered_at = ?, ended_at = ?, end_reason = ?,
                              ended_by = ?, ring_expires_at = ?, empty_until = ?, delete_at = ?, sfu_lost = ?, next_due = ?
             WHERE call_id = ? AND version = ?",
        )
        .bind(word(after.state))
        .bind(after.version.0 as i64)
        .bind(after.started_at.0)
        .bind(after.answered_at.map(|at| at.0))
        .bind(after.ended_at.map(|at| at.0))
        .bind(after.end_reason.map(word))
        .bind(after.ended_by.as_ref().map(ParticipantId::as_str))
        .bind(after.ring_expires_at.0)
        .bind(after.empty_until.map(|at| at.0))
        .bind(after.delete_at.map(|at| at.0))
        .bind(after.sfu_lost)
        .bind(after.next_due(t).map(|due| due.0))
        .bind(after.id.as_str())
        .bind(before.version.0 as i64)
        .execute(&mut *self.0)
        .await?;
        if saved.rows_affected() == 0 {
            return Ok(false);
        }
        let known: HashSet<&Invite> = before.invites.iter().collect();
        put_invites(&mut self.0, &after.id, after.invites.iter().filter(|invite| !known.contains(invite))).await?;
        for device in after.devices.iter().filter(|device| !before.devices.contains(device)) {
            put_device(&mut self.0, &after.id, device).await?;
        }
        Ok(true)
    }
}

/// In one statement: a large room has many, and everybody else waits meanwhile.
async fn put_invites(
    db: &mut SqliteConnection,
    call: &CallId,
    invites: impl IntoIterator<Item = &Invite>,
) -> Stored<()> {
    let row = |i: &Invite| {
        let (rung_at, expires_at, settled_at) = (i.rung_at.0, i.expires_at.0, i.settled_at.map(|at| at.0));
        json!([&i.participant, i.state, &i.device, i.ring, rung_at, expires_at, settled_at, i.quiet])
    };
    let rows: Vec<Value> = invites.into_iter().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO call_invites
             (call_id, participant_id, state, device_id, ring, rung_at, expires_at, settled_at, quiet)
         SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM json_each(?)",
    )
    .bind(call.as_str())
    .bind(Value::Array(rows).to_string())
    .execute(&mut *db)
    .await?;
    Ok(())
}

async fn put_device(db: &mut SqliteConnection, call: &CallId, device: &Device) -> Stored<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO call_devices
             (call_id, participant_id, device_id, state, since, joined_at, left_at, left_reason, deadline, last_seen, sfu_sid)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(call.as_str())
    .bind(device.identity.participant.as_str())
    .bind(device.identity.device.as_str())
    .bind(word(device.state))
    .bind(device.since.0)
    .bind(device.joined_at.map(|at| at.0))
    .bind(device.left_at.map(|at| at.0))
    .bind(device.left_reason.map(word))
    .bind(device.deadline.map(|at| at.0))
    .bind(device.last_seen.map(|at| at.0))
    .bind(device.sfu_sid.as_deref())
    .execute(&mut *db)
    .await?;
    Ok(())
}
