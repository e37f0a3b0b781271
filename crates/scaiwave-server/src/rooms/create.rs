use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{CreateRoomRequest, ErrorCode, MAX_ROOM_NAME, MAX_ROOM_TOPIC, MemberContent, Membership, RoomType};

use super::Change;
use crate::{
    App,
    error::{Answer, Failure},
    store::{NewRoom, Person},
};

/// A workspace's id is not longer.
const MAX_WORKSPACE_ID: usize = 64;

fn invariant(message: &str) -> Failure {
    Failure::new(ErrorCode::RoomTypeInvariant, message)
}

/// A room's name: 1 to 200 characters, one line.
pub(super) fn checked_name(name: &str) -> Answer<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_ROOM_NAME || name.chars().any(char::is_control) {
        return Err(Failure::validation(format!("name: 1 to {MAX_ROOM_NAME} characters in one line")));
    }
    Ok(name)
}

/// A room's topic: at most 2000 characters; an empty one is none.
pub(super) fn checked_topic(topic: Option<&str>) -> Answer<Option<&str>> {
    let topic = topic.map(str::trim).filter(|topic| !topic.is_empty());
    let unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if topic.is_some_and(|topic| topic.chars().count() > MAX_ROOM_TOPIC || topic.chars().any(unfit)) {
        return Err(Failure::validation(format!("topic: at most {MAX_ROOM_TOPIC} characters of text")));
    }
    Ok(topic)
}

/// Whether everybody may join, by kind and wish.
fn checked_kind(request: &CreateRoomRequest) -> Answer<bool> {
    let public = match (request.room_type, request.is_public) {
        (RoomType::Group, wish) => wish.unwrap_or(false),
        (RoomType::Public, Some(false)) => return Err(invariant("A public room is public; make a group instead.")),
        (RoomType::Public, Some(true) | None) => true,
        (RoomType::Incognito, Some(true)) => return Err(invariant("An incognito room cannot be public.")),
        (RoomType::Incognito, Some(false) | None) => false,
        (RoomType::Dm, _) => return Err(invariant("Direct rooms are made by POST /v1/rooms/dm.")),
        (RoomType::Sidekick | RoomType::Bridge, _) => {
            return Err(invariant("Rooms of this kind are not made by people."));
        }
        (RoomType::Other, _) => return Err(Failure::validation("room_type: group, public or incognito")),
    };
    if request.scope_kind.is_some() && request.room_type != RoomType::Incognito {
        return Err(invariant("The scope incognito goes with the room type incognito."));
    }
    if request.visibility.is_some() {
        return Err(Failure::validation("visibility: this server has no restricted rooms; leave it out"));
    }
    if request.workspace_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > MAX_WORKSPACE_ID) {
        return Err(Failure::validation(format!("workspace_id: 1 to {MAX_WORKSPACE_ID} characters")));
    }
    Ok(public)
}

/// Makes a room; who makes it owns it.
pub(crate) async fn create(app: &App, by: &Person, request: &CreateRoomRequest) -> Answer<RoomId> {
    let new = NewRoom {
        tenant_id: &by.tenant_id,
        room_type: request.room_type,
        is_public: checked_kind(request)?,
        name: checked_name(&request.name)?,
        topic: checked_topic(request.topic.as_deref())?,
        workspace_id: request.workspace_id.as_deref(),
        members: &[(by.id.clone(), PowerLevel::OWNER)],
    };
    let turn = app.publisher.turn().await;
    let mut tx = app.store.begin().await?;
    let id = tx.insert_room(&new).await?;
    fill(Change::continuing(app, by, turn, tx, &id).await?, new.members).await?;
    Ok(id)
}

/// Makes the direct room of two people, or finds the one they have. Says whether it is new.
pub(crate) async fn direct(app: &App, by: &Person, with: &ParticipantId) -> Answer<(RoomId, bool)> {
    if by.id == *with {
        return Err(invariant("A direct room has two different people."));
    }
    let other = app.store.person(with).await?.filter(|person| person.tenant_id == by.tenant_id);
    let other = other.ok_or_else(|| Failure::validation("participant_id: there is nobody with this id"))?;
    let new = NewRoom {
        tenant_id: &by.tenant_id,
        room_type: RoomType::Dm,
        is_public: false,
        name: "",
        topic: None,
        workspace_id: None,
        members: &[(by.id.clone(), PowerLevel::OWNER), (other.id, PowerLevel::OWNER)],
    };
    let turn = app.publisher.turn().await;
    let mut tx = app.store.begin().await?;
    if let Some(id) = tx.direct_room_for_update(&by.id, with).await? {
        return Ok((id, false));
    }
    let id = tx.insert_room(&new).await?;
    fill(Change::continuing(app, by, turn, tx, &id).await?, new.members).await?;
    Ok((id, true))
}

/// Tells a new room's members that they are in it.
async fn fill(mut change: Change<'_>, members: &[(ParticipantId, PowerLevel)]) -> Answer<()> {
    for (member, power) in members {
        change
            .member_event(MemberContent {
                participant_id: member.clone(),
                membership: Membership::Join,
                changed_by: change.by.id.clone(),
                power_level: Some(*power),
                reason: None,
            })
            .await?;
    }
    change.commit().await
}
