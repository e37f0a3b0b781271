//! Whom a call may ring and hold: ringing again, and members who are no longer members.

use call_model::{
    CallId, ParticipantId, RoomId,
    server::{Call, Input},
};

use super::{Calls, service::not_found, sfu::room_name, view::CallView};
use crate::error::{Answer, Failure};

impl Calls {
    /// Rings again: those named, else everybody who has not answered.
    pub async fn ring(&self, by: &ParticipantId, id: &CallId, names: Option<Vec<ParticipantId>>) -> Answer<CallView> {
        let call = self.store.call(id).await?.ok_or_else(not_found)?;
        let mut members = self.store.members(&call.room_id).await?;
        if let Some(names) = &names {
            members.retain(|member| names.contains(&member.person.id));
            if let Some(stranger) = names.iter().find(|name| !members.iter().any(|member| member.person.id == **name)) {
                return Err(Failure::validation(format!("participant_ids: {stranger} is no member of the room")));
            }
        }
        let whom = self.callees(&call.room_id, &members).await?;
        self.act(id, Input::Ring { by: by.clone(), whom, named: names.is_some() }).await
    }

    /// Somebody left a room or was put out of it: they are out of its call too. To be called after the commit, and not within a
    /// [`crate::publish::Turn`]; a call to it that is lost in a crash is made up for by the reconciler.
    pub async fn member_gone(&self, room: &RoomId, who: &ParticipantId) -> Answer<()> {
        let Some(live) = self.store.live_call(room).await? else { return Ok(()) };
        let call = self.change(&live.id, Input::MemberGone(who.clone())).await?;
        self.throw_out(&call, who);
        Ok(())
    }

    /// A room was closed or archived: its call is over. To be called like [`Calls::member_gone`].
    pub async fn room_closed(&self, room: &RoomId) -> Answer<()> {
        let Some(live) = self.store.live_call(room).await? else { return Ok(()) };
        self.change(&live.id, Input::RoomClosed).await.map(drop)
    }

    /// At once if the SFU answers; else the reconciler does it.
    fn throw_out(&self, call: &Call, who: &ParticipantId) {
        let theirs = call.devices.iter().filter(|device| device.identity.participant == *who);
        for identity in theirs.map(|device| device.identity.clone()) {
            let (sfu, room) = (self.sfu.clone(), room_name(&call.id));
            tokio::spawn(async move {
                if let Err(e) = sfu.remove_participant(&room, &identity).await {
                    tracing::warn!(room, %identity, cause = %e, "the SFU does not throw somebody out yet");
                }
            });
        }
    }

    /// Puts out of a call who is no member any more and was not put out in time, and whose account was disabled.
    pub(super) async fn expel(&self, call: &Call) -> Answer<()> {
        let members = self.store.members(&call.room_id).await?;
        for who in call.people() {
            let member = members.iter().any(|member| member.person.id == who);
            if !member || self.store.account(&who).await?.is_none_or(|account| account.disabled) {
                self.change(&call.id, Input::MemberGone(who)).await?;
            }
        }
        Ok(())
    }
}
