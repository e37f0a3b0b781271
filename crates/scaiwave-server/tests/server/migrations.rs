//! Data of an older server.

use std::borrow::Cow;

use call_model::{InviteState, UnixMillis};
use scaiwave_server::store;
use sqlx::{migrate::Migrator, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

#[tokio::test]
async fn a_call_that_rang_before_the_update_rings_on_after_it() {
    let dir = TempDir::new().unwrap();
    let file = SqliteConnectOptions::new().filename(dir.path().join("scaiwave.sqlite3")).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(file).await.unwrap();
    let first: Vec<_> = sqlx::migrate!().iter().filter(|migration| migration.version == 1).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }.run(&pool).await.unwrap();
    for statement in [
        "INSERT INTO tenants VALUES ('t', 'T', 0)",
        "INSERT INTO participants (participant_id, tenant_id, local_id, display_name, created_at)
         VALUES ('a', 't', 'alice', 'Alice', 0), ('b', 't', 'bob', 'Bob', 0)",
        "INSERT INTO rooms (room_id, tenant_id, room_type, name, creator_id, created_at)
         VALUES ('r', 't', 'group', 'R', 'a', 0)",
        "INSERT INTO calls (call_id, room_id, direct, call_type, state, version, initiator_id, started_at,
                            ring_expires_at, sfu_lost, next_due)
         VALUES ('c', 'r', 0, 'audio', 'ringing', 1, 'a', 1000, 46000, 0, 31000)",
        "INSERT INTO call_invites VALUES ('c', 'b', 'ringing', NULL)",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let store = store::open(dir.path()).await.unwrap();
    let call = store.call(&"c".into()).await.unwrap().unwrap();
    let invite = &call.invites[0];
    assert_eq!((invite.state, invite.ring, invite.quiet), (InviteState::Ringing, 1, None));
    assert_eq!((invite.rung_at, invite.expires_at), (UnixMillis(1000), UnixMillis(46000)));
    store.close().await;
}
