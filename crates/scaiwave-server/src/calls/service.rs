use std::{sync::Arc, time::Duration};

use call_model::{
    CallId, CallType, ParticipantId, PowerLevel, RoomId, SfuIdentity,
    server::{Call, Input, NewCall, Refusal, SfuView, Timings},
};
use scaiwave_wire::{ErrorCode, JoinGrant, RoomType};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    news::{Telling, keep_end, keep_start},
    sfu::{Sfu, SfuError, join_token, room_name},
    view::{CallView, time},
};
use crate::{
    config::Livekit,
    error::{Answer, Failure},
    publish::Publisher,
    store::{Person, RoomMember, RoomRow, Store, now},
};

/// Takes what people and the SFU do to calls.
pub struct Calls {
    store: Store,
    publisher: Arc<Publisher>,
    sfu: Arc<dyn Sfu>,
    livekit: Livekit,
    timings: Timings,
    /// A due time may have come closer.
    pub(super) rearm: Notify,
}

fn not_found() -> Failure {
    Failure::new(ErrorCode::CallNotFound, "There is no such call for you.")
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Ended => Failure::new(ErrorCode::CallEnded, "The call is over; start a new one."),
        Refusal::Forbidden => Failure::new(
            ErrorCode::CallForbidden,
            "Only who started the call, or a member with power level 50, ends it for everyone; leave instead.",
        ),
    }
}

fn unreachable_sfu(e: &SfuError) -> Failure {
    tracing::error!(cause = %e, "SFU unreachable");
    Failure::new(
        ErrorCode::CallLivekitUnreachable,
        "The media server does not answer, so nobody can be called now. An administrator checks SCAIWAVE_LIVEKIT_URL.",
    )
    .retry_after(5)
}

impl Calls {
    /// Calls of this server.
    pub fn new(store: Store, publisher: Arc<Publisher>, sfu: Arc<dyn Sfu>, livekit: Livekit, timings: Timings) -> Self {
        Self { store, publisher, sfu, livekit, timings, rearm: Notify::new() }
    }

    /// Starts a call, or joins the one the room has. Says whether it is new.
    pub async fn initiate(
        &self,
        person: &Person,
        room: &RoomRow,
        call_type: CallType,
        identity: SfuIdentity,
    ) -> Answer<(JoinGrant, bool)> {
        // A call may end between being found and being joined: then the next round starts a new one.
        for _ in 0..3 {
            if let Some(live) = self.store.live_call(&room.id).await? {
                match self.join(person, room.power, &live.id, identity.clone()).await {
                    Err(e) if *e.code() == ErrorCode::CallEnded => continue,
                    joined => return joined.map(|grant| (grant, false)),
                }
            }
            let members = self.store.members(&room.id).await?;
            let call = self.new_call(room, &members, call_type, identity.clone());
            let sfu_room = room_name(&call.id);
            self.sfu.ensure_room(&sfu_room).await.map_err(|e| unreachable_sfu(&e))?;
            if let Some(call) = self.start(call, &members).await? {
                return Ok((self.grant(person, room.power, &call, &identity)?, true));
            }
            self.drop_sfu_room(sfu_room);
        }
        Err(Failure::internal("calls of this room end faster than they can be joined"))
    }

    fn new_call(&self, room: &RoomRow, members: &[RoomMember], call_type: CallType, initiator: SfuIdentity) -> Call {
        let invited = members.iter().map(|m| m.person.id.clone()).filter(|id| *id != initiator.participant).collect();
        let new = NewCall {
            id: CallId::new(format!("call-{}", Uuid::now_v7().simple())),
            room_id: room.id.clone(),
            direct: room.room_type == RoomType::Dm,
            call_type,
            initiator,
            invited,
        };
        Call::start(new, now(), &self.timings)
    }

    /// Writes a new call and rings; `None` if somebody else's came first.
    async fn start(&self, call: Call, members: &[RoomMember]) -> Answer<Option<Call>> {
        let turn = self.publisher.turn().await;
        let mut tx = self.store.begin().await?;
        if !self.store.add_call(&mut tx, &call, &self.timings).await? {
            return Ok(None);
        }
        let entry = keep_start(&self.store, &mut tx, &call).await?;
        tx.commit().await?;
        tracing::info!(call = %call.id, room = %call.room_id, "call started");
        let reached = Telling { turn: &turn, call: &call, members }.started(&entry);
        drop(turn);
        self.rearm.notify_one();
        if reached.is_empty() {
            return Ok(Some(call));
        }
        self.change(&call.id, Input::Delivered(reached)).await.map(Some)
    }

    /// A room made for a call that did not come about, or came too late.
    fn drop_sfu_room(&self, room: String) {
        let sfu = self.sfu.clone();
        tokio::spawn(async move {
            if let Err(e) = sfu.delete_room(&room).await {
                tracing::warn!(room, cause = %e, "an unused room stays at the SFU until it times out");
            }
        });
    }

    /// Lets a device in. The SFU's room is made anew if it was lost.
    pub async fn join(
        &self,
        person: &Person,
        power: PowerLevel,
        id: &CallId,
        identity: SfuIdentity,
    ) -> Answer<JoinGrant> {
        let call = self.store.call(id).await?.ok_or_else(not_found)?;
        if !call.state.is_live() {
            return Err(refused(Refusal::Ended));
        }
        self.sfu.ensure_room(&room_name(id)).await.map_err(|e| unreachable_sfu(&e))?;
        match self.change(id, Input::Join(identity.clone())).await {
            Ok(call) => self.grant(person, power, &call, &identity),
            Err(e) => {
                if *e.code() == ErrorCode::CallEnded {
                    self.drop_sfu_room(room_name(id));
                }
                Err(e)
            }
        }
    }

    fn grant(&self, person: &Person, power: PowerLevel, call: &Call, identity: &SfuIdentity) -> Answer<JoinGrant> {
        let room = room_name(&call.id);
        let lasts = Duration::from_millis(self.timings.token_ms.unsigned_abs());
        let (token, expires) = join_token(&self.livekit, &room, identity, person, lasts).map_err(Failure::internal)?;
        Ok(JoinGrant {
            call_id: call.id.clone(),
            livekit_url: self.livekit.url.clone(),
            livekit_token: token,
            livekit_room: room,
            token_expires_at: time(expires),
            call: CallView::from(call).shown_to(&person.id, power),
        })
    }

    /// Does something to a call that somebody can see; answers the call as it is then.
    pub async fn act(&self, id: &CallId, input: Input) -> Answer<CallView> {
        Ok(CallView::from(&self.change(id, input).await?))
    }

    /// A call and the room it is in, for its members; for everybody else it does not exist.
    pub async fn visible(&self, viewer: &ParticipantId, id: &CallId) -> Answer<(CallView, RoomRow)> {
        let call = self.store.call(id).await?.ok_or_else(not_found)?;
        let room = self.store.room_of(viewer, &call.room_id).await?.ok_or_else(not_found)?;
        Ok((CallView::from(&call), room))
    }

    /// The live call of a room.
    pub async fn live_in(&self, room: &RoomId) -> Answer<Option<CallView>> {
        Ok(self.store.live_call(room).await?.as_ref().map(CallView::from))
    }

    /// The live calls of all rooms somebody is in.
    pub async fn live_of(&self, viewer: &ParticipantId) -> Answer<Vec<CallView>> {
        Ok(self.store.live_calls_of(viewer).await?.iter().map(CallView::from).collect())
    }

    /// Asks the SFU who is in a call and brings the call in line.
    pub async fn observe(&self, id: &CallId) -> Answer<()> {
        let view = self.sfu.look(&room_name(id)).await.unwrap_or_else(|e| {
            tracing::warn!(call = %id, cause = %e, "SFU does not answer; nobody is removed");
            SfuView::Unknown
        });
        self.change(id, Input::Observed(view)).await.map(drop)
    }

    /// Lets the clock act on a call whose time has come; says whether the SFU has to be asked next, by [`Calls::due_at_sfu`].
    pub(super) async fn tick(&self, id: &CallId) -> Answer<bool> {
        let call = self.change(id, Input::Tick).await?;
        Ok(call.device_due(now(), &self.timings) || call.delete_at.is_some_and(|at| at <= now()))
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

    /// One step of the call's machine: read, apply, write back, commit, tell.
    async fn change(&self, id: &CallId, input: Input) -> Answer<Call> {
        let turn = self.publisher.turn().await;
        let mut tx = self.store.begin().await?;
        let before = self.store.call_for_update(&mut tx, id).await?.ok_or_else(not_found)?;
        let mut call = before.clone();
        let news = call.apply(input, now(), &self.timings).map_err(refused)?;
        if call == before {
            return Ok(call);
        }
        if !self.store.save_call(&mut tx, &before, &call, &self.timings).await? {
            return Err(Failure::internal("a call changed under the write lock"));
        }
        let ended = keep_end(&self.store, &mut tx, &call, &news).await?;
        tx.commit().await?;
        self.rearm.notify_one();
        if call.version != before.version {
            let members = self.store.members(&call.room_id).await?;
            tracing::info!(call = %id, state = ?call.state, version = call.version.0, reason = ?call.end_reason, "call changed");
            Telling { turn: &turn, call: &call, members: &members }.changed(&news, ended.as_ref());
        }
        Ok(call)
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }
}
