//! What an older server wrote is still there.

use scaiwave_server::store;
use scaiwave_wire::RoomPhase;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// Two people, their direct room, made twice as a race of older servers could, and a message in it.
const OLD: &str = "
    INSERT INTO tenants VALUES ('tenant-default', 'Default', 0);
    INSERT INTO participants (participant_id, tenant_id, local_id, display_name, created_at)
        VALUES ('a', 'tenant-default', 'alice', 'Alice', 0), ('b', 'tenant-default', 'bob', 'Bob', 0);
    INSERT INTO rooms (room_id, tenant_id, room_type, name, creator_id, created_at)
        VALUES ('room-1', 'tenant-default', 'dm', '', 'a', 0), ('room-2', 'tenant-default', 'dm', '', 'b', 1);
    INSERT INTO members VALUES ('room-1', 'b', 'join', 100, 0), ('room-1', 'a', 'join', 100, 0),
                               ('room-2', 'a', 'join', 100, 1), ('room-2', 'b', 'join', 100, 1);
    INSERT INTO events (event_id, room_id, sender_id, event_type, content, created_at)
        VALUES ('evt-1', 'room-1', 'a', 'swp.room.message', '{\"msgtype\":\"swp.text\",\"body\":\"old\"}', 0);
";

#[tokio::test]
async fn rooms_of_an_older_server_are_kept() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("scaiwave.sqlite3");
    let old =
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(path).create_if_missing(true)).await.unwrap();
    let mut first = sqlx::migrate!();
    first.migrations = first.migrations.iter().filter(|migration| migration.version == 1).cloned().collect();
    first.run(&old).await.unwrap();
    sqlx::raw_sql(OLD).execute(&old).await.unwrap();
    old.close().await;
    let store = store::open(dir.path()).await.unwrap();
    let (alice, bob) = ("a".into(), "b".into());
    assert_eq!(store.direct_room(&alice, &bob).await.unwrap().unwrap().as_str(), "room-1", "the older one");
    let rooms = store.rooms_of(&bob).await.unwrap();
    assert_eq!(rooms.len(), 2);
    assert_eq!((&*rooms[0].name, rooms[0].phase, rooms[0].member_count), ("Alice", RoomPhase::Open, 2));
    let read = store.read_state(&rooms[0].id, &bob).await.unwrap();
    assert_eq!(read.unread, 0, "what was there before there were markers counts as read");
    assert_eq!(store.events_since(&bob, 0, 10).await.unwrap()[0].content["body"], "old");
}
