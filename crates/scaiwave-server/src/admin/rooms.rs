use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::RoomType;
use serde_json::{Value, json};

use super::{AdminError, users::known};
use crate::store::{RoomMember, Store};

fn usage(problem: impl Into<String>) -> anyhow::Error {
    AdminError::Usage(problem.into()).into()
}

/// `name:power`, or `name` alone for power 0.
async fn member(store: &Store, member: &str) -> anyhow::Result<(ParticipantId, PowerLevel)> {
    let (user, power) = member.split_once(':').unwrap_or((member, "0"));
    let power: Option<u8> = power.parse().ok().filter(|p| *p <= 100);
    let power = power.ok_or_else(|| usage(format!("{member:?}: power is 0 to 100")))?;
    Ok((known(store, user).await?.id, PowerLevel(power)))
}

/// Adds a group room; members are `name:power`.
pub async fn add_room(store: &Store, name: &str, members: &[String]) -> anyhow::Result<Value> {
    let mut rows: Vec<(ParticipantId, PowerLevel)> = Vec::new();
    for given in members {
        let row = member(store, given).await?;
        if rows.iter().any(|(other, _)| *other == row.0) {
            return Err(usage(format!("{given:?} is named twice")));
        }
        rows.push(row);
    }
    let id = store.add_room(RoomType::Group, name, &rows).await?;
    Ok(json!({ "room_id": id }))
}

/// Adds the direct room of two people, or names the one they have.
pub async fn add_direct(store: &Store, a: &str, b: &str) -> anyhow::Result<Value> {
    if a == b {
        return Err(usage("a direct room has two different people"));
    }
    let (a, b) = (known(store, a).await?.id, known(store, b).await?.id);
    let id = match store.direct_room(&a, &b).await? {
        Some(id) => id,
        None => store.add_room(RoomType::Dm, "", &[(a, PowerLevel::OWNER), (b, PowerLevel::OWNER)]).await?,
    };
    Ok(json!({ "room_id": id }))
}

pub(super) async fn list(store: &Store) -> anyhow::Result<Value> {
    let shown = store.every_room(None).await?.into_iter().map(|room| {
        json!({
            "room_id": room.id,
            "room_type": room.room_type,
            "name": room.name,
            "members": room.member_count,
            "created_at": room.created_at,
        })
    });
    Ok(shown.collect())
}

/// Who is in a room that is there.
async fn members_of(store: &Store, room: &RoomId) -> anyhow::Result<Vec<RoomMember>> {
    if store.every_room(Some(room)).await?.is_empty() {
        return Err(AdminError::NotFound(format!("there is no room {room}; list-rooms shows all")).into());
    }
    Ok(store.members(room).await?)
}

pub(super) async fn members(store: &Store, room: &RoomId) -> anyhow::Result<Value> {
    Ok(members_of(store, room).await?.into_iter().map(shown).collect())
}

fn shown(member: RoomMember) -> Value {
    json!({
        "name": member.person.local_id,
        "display_name": member.person.display_name,
        "participant_id": member.person.id,
        "power_level": member.power,
        "joined_at": member.joined_at,
    })
}

/// A direct room is of its two people, for good.
async fn not_direct(store: &Store, room: &RoomId) -> anyhow::Result<()> {
    let direct = store.every_room(Some(room)).await?.iter().any(|room| room.room_type == "dm");
    if direct { Err(usage("a direct room keeps its two people")) } else { Ok(()) }
}

pub(super) async fn add_member(store: &Store, room: &RoomId, given: &str) -> anyhow::Result<Value> {
    let there = members_of(store, room).await?;
    not_direct(store, room).await?;
    let (id, power) = member(store, given).await?;
    if there.iter().any(|member| member.person.id == id) {
        return Err(usage(format!("{given:?} is in the room already; set-power changes their power level")));
    }
    store.admin_put_member(room, &id, power).await?;
    Ok(json!({ "room_id": room, "participant_id": id, "power_level": power }))
}

/// Somebody who is in the room.
async fn in_room(store: &Store, room: &RoomId, name: &str) -> anyhow::Result<ParticipantId> {
    let there = members_of(store, room).await?;
    let id = known(store, name).await?.id;
    if there.iter().any(|member| member.person.id == id) {
        return Ok(id);
    }
    Err(AdminError::NotFound(format!("{name:?} is not in {room}")).into())
}

pub(super) async fn remove_member(store: &Store, room: &RoomId, name: &str) -> anyhow::Result<Value> {
    let id = in_room(store, room, name).await?;
    not_direct(store, room).await?;
    store.admin_remove_member(room, &id).await?;
    Ok(json!({ "room_id": room, "participant_id": id, "membership": "leave" }))
}

pub(super) async fn set_power(store: &Store, room: &RoomId, name: &str, power: u8) -> anyhow::Result<Value> {
    let id = in_room(store, room, name).await?;
    store.admin_put_member(room, &id, PowerLevel(power)).await?;
    Ok(json!({ "room_id": room, "participant_id": id, "power_level": power }))
}
