//! What the clock and the SFU do to calls.

use call_model::{
    CallId, SfuIdentity,
    server::{Call, Input, SfuView},
};

use super::{Calls, service::not_found, sfu::room_name};
use crate::{error::Answer, publish::Turn};

impl Calls {
    /// Asks the SFU who is in a call and brings the call in line, and the SFU: who has no business there is thrown out.
    pub async fn observe(&self, id: &CallId) -> Answer<()> {
        let asked_at = self.clock.now();
        let view = self.sfu.look(&room_name(id)).await.unwrap_or_else(|e| {
            tracing::warn!(call = %id, cause = %e, "SFU does not answer; nobody is removed");
            SfuView::Unknown
        });
        let there = match &view {
            SfuView::Present { devices } => devices.clone(),
            SfuView::Gone | SfuView::Unknown => Vec::new(),
        };
        let call = self.change(id, Input::Observed { asked_at, view }).await?;
        self.turn_away(&call, &there).await;
        Ok(())
    }

    /// A device came to the SFU, says a hint.
    pub(super) async fn seen(&self, id: &CallId, identity: SfuIdentity, sid: String) -> Answer<()> {
        let call = self.change(id, Input::SfuJoined { identity: identity.clone(), sid: sid.clone() }).await?;
        self.turn_away(&call, &[(identity, sid)]).await;
        Ok(())
    }

    /// Throws out who has no business in a live call; a call that is over loses its whole room.
    async fn turn_away(&self, call: &Call, there: &[(SfuIdentity, String)]) {
        if !call.state.is_live() {
            return;
        }
        let room = room_name(&call.id);
        for identity in call.strangers(there, self.clock.now(), &self.timings) {
            tracing::info!(call = %call.id, %identity, "thrown out of the SFU's room");
            if let Err(e) = self.sfu.remove_participant(&room, &identity).await {
                tracing::warn!(call = %call.id, %identity, cause = %e, "the SFU does not throw somebody out yet");
            }
        }
    }

    /// Lets the clock act on a call whose time has come; says whether the SFU has to be asked next, by [`Calls::due_at_sfu`].
    pub(super) async fn tick(&self, id: &CallId) -> Answer<bool> {
        let call = self.change(id, Input::Tick).await?;
        let now = self.clock.now();
        Ok(call.device_due(now, &self.timings) || call.delete_at.is_some_and(|at| at <= now))
    }

    /// What a due call wants of the SFU: to know whether a device is really gone, or its room deleted.
    pub(super) async fn due_at_sfu(&self, id: &CallId) -> Answer<()> {
        let call = self.store.call(id).await?.ok_or_else(not_found)?;
        if call.state.is_live() {
            return self.observe(id).await;
        }
        let deleted = self.sfu.delete_room(&room_name(id)).await;
        let input = deleted.map_or_else(
            |e| {
                tracing::warn!(call = %id, cause = %e, "cannot delete the SFU's room yet");
                Input::DeleteFailed
            },
            |()| Input::RoomDeleted,
        );
        self.change(id, input).await.map(drop)
    }

    /// Moves all open calls along if the wall clock was set.
    pub(super) async fn follow_clock(&self, turn: &Turn<'_>) -> Answer<()> {
        let Some(jump) = self.clock.jump() else { return Ok(()) };
        tracing::warn!(jump_ms = jump, "the wall clock was set; the times of open calls move along");
        self.shift(turn, |_| jump).await?;
        self.clock.follow(jump);
        self.rearm.notify_one();
        Ok(())
    }

    /// At the start: a clock that was set back while no server ran must not make calls last longer. One that was set forward
    /// cannot be told from time that passed: rings run out, but who is in a call stays, since the SFU is asked.
    pub async fn recover(&self) -> Answer<()> {
        let (turn, now) = (self.publisher.turn().await, self.clock.now());
        self.shift(&turn, |call| -call.ahead_of(now)).await
    }

    async fn shift(&self, _turn: &Turn<'_>, by: impl Fn(&Call) -> i64) -> Answer<()> {
        let open = self.store.open_calls().await?;
        let mut tx = self.store.begin().await?;
        for id in open {
            let Some(before) = tx.call_for_update(&id).await? else { continue };
            let mut call = before.clone();
            call.shift(by(&before));
            if call != before {
                tx.save_call(&before, &call, &self.timings).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}
