use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{ErrorCode, MAX_ROOM_MEMBERS, MemberContent, Membership, ParticipantRequest, RoomPhase};

use super::{Change, forbidden, no_room, settings::set_phase, takes_news};
use crate::{
    App,
    error::{Answer, Failure},
    store::{Person, RoomMember},
};

/// A reason is not longer, in characters.
pub(super) const MAX_REASON: usize = 500;

/// What is given as a reason.
pub(super) fn checked_reason(reason: Option<String>) -> Answer<Option<String>> {
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON) {
        return Err(Failure::validation(format!("reason: at most {MAX_REASON} characters")));
    }
    Ok(reason)
}

fn nobody() -> Failure {
    Failure::validation("participant_id: there is nobody with this id")
}

impl Change<'_> {
    /// Somebody of the tenant, and their row in the room if there is one.
    async fn target(&mut self, who: &ParticipantId) -> Answer<Option<RoomMember>> {
        let member = self.tx.member_for_update(&self.room.id, who).await?;
        if member.is_none() {
            let person = self.app.store.person(who).await?;
            person.filter(|person| person.tenant_id == self.by.tenant_id).ok_or_else(nobody)?;
        }
        Ok(member)
    }

    /// Nobody acts on their equals.
    fn outranks(&self, target: Option<&RoomMember>) -> Answer<()> {
        match target {
            Some(target) if target.power >= self.room.power => {
                Err(forbidden("Their power level is as high as yours: this is for somebody above both of you."))
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn has_place(&mut self) -> Answer<()> {
        if self.tx.places_taken(&self.room.id).await? < MAX_ROOM_MEMBERS {
            return Ok(());
        }
        Err(Failure::new(ErrorCode::RoomCapacity, format!("A room holds {MAX_ROOM_MEMBERS} people; this one is full.")))
    }

    /// Writes somebody's new membership, with its event. Rights are for members: who comes or goes has none.
    async fn put(
        &mut self,
        who: &ParticipantId,
        before: Option<Membership>,
        membership: Membership,
        reason: Option<String>,
    ) -> Answer<()> {
        let (room, power) = (self.room.id.clone(), PowerLevel::default());
        self.tx.put_member(&room, who, membership, power, &self.by.id).await?;
        let content = MemberContent {
            participant_id: who.clone(),
            membership,
            changed_by: self.by.id.clone(),
            power_level: Some(power),
            reason,
        };
        let position = self.member_event(content).await?;
        if membership == Membership::Join {
            self.tx.came_at(&room, who, position).await?;
            return Ok(());
        }
        if before == Some(Membership::Join) {
            self.tx.went_at(&room, who, position).await?;
        }
        self.also.push(who.clone());
        Ok(())
    }

    /// Commits; who was a member before leaves the room's call, too.
    async fn commit_departure(self, who: &ParticipantId, before: Option<Membership>) -> Answer<()> {
        let (app, room) = (self.app, self.room.id.clone());
        self.commit().await?;
        if before == Some(Membership::Join) {
            app.calls.member_gone(&room, who).await?;
        }
        Ok(())
    }
}

/// Joins a public room, or one to which one is invited.
pub(crate) async fn join(app: &App, person: &Person, id: &RoomId) -> Answer<()> {
    let mut change = Change::of_any(app, person, id).await?;
    let before = change.room.membership;
    match before {
        Some(Membership::Ban) if change.room.is_public => return Err(forbidden("You are banned from this room.")),
        Some(Membership::Join | Membership::Invite) => {}
        Some(Membership::Leave | Membership::Knock) | None if change.room.is_public => {}
        Some(Membership::Ban | Membership::Leave | Membership::Knock) | None => return Err(no_room()),
    }
    change.not_direct()?;
    takes_news(&change.room)?;
    match before {
        Some(Membership::Join) => return Ok(()),
        // An invited person's place is kept.
        Some(Membership::Invite) => {}
        Some(Membership::Leave | Membership::Ban | Membership::Knock) | None => change.has_place().await?,
    }
    change.put(&person.id, before, Membership::Join, None).await?;
    change.commit().await
}

/// Leaves a room, or declines an invitation; once more does nothing.
pub(crate) async fn leave(app: &App, person: &Person, id: &RoomId) -> Answer<()> {
    let mut change = Change::of_any(app, person, id).await?;
    let before = change.room.membership;
    match before {
        Some(Membership::Join | Membership::Invite) => {}
        Some(Membership::Leave) => return Ok(()),
        Some(Membership::Ban | Membership::Knock) | None => return Err(no_room()),
    }
    change.not_direct()?;
    takes_news(&change.room)?;
    change.put(&person.id, before, Membership::Leave, None).await?;
    if change.room.power == PowerLevel::OWNER {
        change.pass_on().await?;
    }
    change.commit_departure(&person.id, before).await
}

impl Change<'_> {
    /// A room whose last owner left goes to the highest and longest member.
    async fn pass_on(&mut self) -> Answer<()> {
        let Some(heir) = self.tx.heir(&self.room.id).await? else { return Ok(()) };
        self.put_power(&heir, PowerLevel::OWNER).await
    }

    async fn put_power(&mut self, who: &ParticipantId, power: PowerLevel) -> Answer<()> {
        self.tx.set_power(&self.room.id, who, power).await?;
        let content = MemberContent {
            participant_id: who.clone(),
            membership: Membership::Join,
            changed_by: self.by.id.clone(),
            power_level: Some(power),
            reason: None,
        };
        self.member_event(content).await.map(drop)
    }
}

/// Opens an archived room again, for its owners; or takes back one's own leaving.
pub(crate) async fn rejoin(app: &App, person: &Person, id: &RoomId) -> Answer<()> {
    let mut change = Change::of_any(app, person, id).await?;
    let before = change.room.membership;
    match before {
        Some(Membership::Join) if change.room.phase == RoomPhase::Open => return Ok(()),
        Some(Membership::Join) => return set_phase(change, RoomPhase::Open).await,
        Some(Membership::Leave) => {}
        Some(Membership::Ban | Membership::Invite | Membership::Knock) | None => return Err(no_room()),
    }
    let own = change.target(&person.id).await?.filter(|m| m.was_in && m.changed_by.as_ref() == Some(&person.id));
    own.ok_or_else(no_room)?;
    takes_news(&change.room)?;
    change.has_place().await?;
    change.put(&person.id, before, Membership::Join, None).await?;
    change.commit().await
}

/// Invites somebody; every member may.
pub(crate) async fn invite(app: &App, by: &Person, id: &RoomId, who: &ParticipantId) -> Answer<()> {
    let mut change = Change::by_member(app, by, id).await?;
    change.not_direct()?;
    takes_news(&change.room)?;
    let before = change.target(who).await?.map(|member| member.membership);
    match before {
        Some(Membership::Join | Membership::Invite) => return Ok(()),
        Some(Membership::Ban) => {
            return Err(forbidden("They are banned: somebody with power level 50 unbans them first."));
        }
        Some(Membership::Leave | Membership::Knock) | None => change.has_place().await?,
    }
    change.put(who, before, Membership::Invite, None).await?;
    change.commit().await
}

/// Puts a member out, or takes an invitation back; once more does nothing.
pub(crate) async fn kick(app: &App, by: &Person, id: &RoomId, request: ParticipantRequest) -> Answer<()> {
    let (who, reason) = (&request.participant_id, checked_reason(request.reason)?);
    let mut change = moderating(app, by, id).await?;
    let target = change.target(who).await?.ok_or_else(|| Failure::validation("participant_id: is not a member"))?;
    match target.membership {
        Membership::Join | Membership::Invite | Membership::Knock => {}
        Membership::Leave | Membership::Ban => return Ok(()),
    }
    change.outranks(Some(&target))?;
    change.put(who, Some(target.membership), Membership::Leave, reason).await?;
    change.commit_departure(who, Some(target.membership)).await
}

/// Keeps somebody out, member or not; once more does nothing.
pub(crate) async fn ban(app: &App, by: &Person, id: &RoomId, request: ParticipantRequest) -> Answer<()> {
    let (who, reason) = (&request.participant_id, checked_reason(request.reason)?);
    let mut change = moderating(app, by, id).await?;
    if *who == by.id {
        return Err(forbidden("You cannot ban yourself; leave instead."));
    }
    let target = change.target(who).await?;
    let before = target.as_ref().map(|target| target.membership);
    if before == Some(Membership::Ban) {
        return Ok(());
    }
    change.outranks(target.as_ref())?;
    change.put(who, before, Membership::Ban, reason).await?;
    change.commit_departure(who, before).await
}

/// Lets somebody back who was kept out: they may be invited again; once more does nothing.
pub(crate) async fn unban(app: &App, by: &Person, id: &RoomId, who: &ParticipantId) -> Answer<()> {
    let mut change = moderating(app, by, id).await?;
    let target = change.target(who).await?.ok_or_else(|| Failure::validation("participant_id: is not banned"))?;
    if target.membership != Membership::Ban {
        return Ok(());
    }
    change.put(who, Some(Membership::Ban), Membership::Leave, None).await?;
    change.commit().await
}

/// Sets a member's rights, up to one's own.
pub(crate) async fn set_power(
    app: &App,
    by: &Person,
    id: &RoomId,
    who: &ParticipantId,
    power: PowerLevel,
) -> Answer<()> {
    if power > PowerLevel::OWNER {
        return Err(Failure::validation("power_level: 0 to 100"));
    }
    let mut change = Change::by_member(app, by, id).await?;
    change.not_direct()?;
    takes_news(&change.room)?;
    change.needs(PowerLevel::OWNER)?;
    let target = change.tx.member_for_update(id, who).await?;
    let target = target.filter(|target| target.membership == Membership::Join);
    let target = target.ok_or_else(|| Failure::new(ErrorCode::NotFound, "There is no such member in this room."))?;
    if target.power == power {
        return Ok(());
    }
    if *who == by.id {
        if !change.tx.has_other_owner(id, who).await? {
            let message = "You are the room's only owner: give somebody else power level 100 first.";
            return Err(Failure::new(ErrorCode::RoomTypeInvariant, message));
        }
    } else {
        change.outranks(Some(&target))?;
    }
    change.put_power(who, power).await?;
    change.commit().await
}

async fn moderating<'a>(app: &'a App, by: &'a Person, id: &RoomId) -> Answer<Change<'a>> {
    let change = Change::by_member(app, by, id).await?;
    change.not_direct()?;
    takes_news(&change.room)?;
    change.needs(PowerLevel::MODERATOR)?;
    Ok(change)
}
