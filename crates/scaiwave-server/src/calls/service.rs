use std::{sync::Arc, time::Duration};

use call_model::{
    CallId, CallType, ParticipantId, PowerLevel, RoomId, SfuIdentity,
    server::{Call, Callee, Input, NewCall, Refusal, Timings},
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
    clock::Clock,
    config::Livekit,
    error::{Answer, Failure},
    publish::{Publisher, Turn},
    store::{Person, RoomMember, RoomRow, Store},
};

/// Takes what people and the SFU do to calls.
pub struct Calls {
    pub(super) store: Store,
    pub(super) publisher: Arc<Publisher>,
    pub(super) sfu: Arc<dyn Sfu>,
    livekit: Livekit,
    pub(super) timings: Timings,
    pub(super) clock: Clock,
    /// A due time may have come closer.
    pub(super) rearm: Notify,
}

pub(super) fn not_found() -> Failure {
    Failure::new(ErrorCode::CallNotFound, "There is no such call for you.")
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Ended => Failure::new(ErrorCode::CallEnded, "The call is over; start a new one."),
        Refusal::Forbidden => Failure::new(
            ErrorCode::CallForbidden,
            "Only who started the call, or a member with power level 50, ends it for everyone; leave instead.",
        ),
        Refusal::NotInCall => {
            Failure::new(ErrorCode::CallForbidden, "Only who is in the call rings others again: join it first.")
        }
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
    pub fn new(
        store: Store,
        publisher: Arc<Publisher>,
        sfu: Arc<dyn Sfu>,
        livekit: Livekit,
        timings: Timings,
        clock: Clock,
    ) -> Self {
        Self { store, publisher, sfu, livekit, timings, clock, rearm: Notify::new() }
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
            let id = CallId::new(format!("call-{}", Uuid::now_v7().simple()));
            let sfu_room = room_name(&id);
            self.sfu.ensure_room(&sfu_room).await.map_err(|e| unreachable_sfu(&e))?;
            match self.start(id, room, call_type, identity.clone()).await {
                Ok(Some(call)) => return Ok((self.grant(person, room.power, &call, &identity)?, true)),
                Ok(None) => self.drop_sfu_room(sfu_room),
                Err(e) => {
                    self.drop_sfu_room(sfu_room);
                    return Err(e);
                }
            }
        }
        Err(Failure::internal("calls of this room end faster than they can be joined"))
    }

    /// Writes a new call and rings; `None` if somebody else's came first.
    async fn start(
        &self,
        id: CallId,
        room: &RoomRow,
        call_type: CallType,
        initiator: SfuIdentity,
    ) -> Answer<Option<Call>> {
        let turn = self.turn().await?;
        // Read in turn, as memberships change in turn.
        let members = self.store.members(&room.id).await?;
        if !members.iter().any(|member| member.person.id == initiator.participant) {
            return Err(Failure::new(ErrorCode::RoomNotFound, "There is no such room for you."));
        }
        let mut invited = self.callees(&room.id, &members).await?;
        invited.retain(|callee| callee.participant != initiator.participant);
        let direct = room.room_type == RoomType::Dm;
        let (now, t) = (self.clock.now(), &self.timings);
        let call = Call::start(NewCall { id, room_id: room.id.clone(), direct, call_type, initiator, invited }, now, t);
        let mut tx = self.store.begin().await?;
        if !tx.add_call(&call, t).await? {
            return Ok(None);
        }
        let entry = keep_start(&mut *tx, &call).await?;
        tx.commit().await?;
        tracing::info!(call = %call.id, room = %call.room_id, "call started");
        let reached = Telling { turn: &turn, call: &call, members: &members, now }.started(&entry).await;
        drop(turn);
        self.rearm.notify_one();
        self.delivered(call, reached).await.map(Some)
    }

    /// Members to be rung, each as loudly as they want it.
    pub(super) async fn callees(&self, room: &RoomId, members: &[RoomMember]) -> Answer<Vec<Callee>> {
        let attention = self.store.attention(room).await?;
        let callee = |member: &RoomMember| {
            let quiet = attention.get(&member.person.id).and_then(|attention| attention.quiet());
            Callee { participant: member.person.id.clone(), quiet }
        };
        Ok(members.iter().map(callee).collect())
    }

    /// Notes whom a ring reached.
    async fn delivered(&self, call: Call, reached: Vec<ParticipantId>) -> Answer<Call> {
        if reached.is_empty() {
            return Ok(call);
        }
        self.step(&call.id, Input::Delivered(reached)).await.map(|(call, _)| call)
    }

    /// A room made for a call that did not come about, or came too late.
    pub(super) fn drop_sfu_room(&self, room: String) {
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

    /// Does something to a call and tells what came of it.
    pub(super) async fn change(&self, id: &CallId, input: Input) -> Answer<Call> {
        let (call, reached) = self.step(id, input).await?;
        self.delivered(call, reached).await
    }

    /// The right to change calls, by a clock that is right.
    pub(super) async fn turn(&self) -> Answer<Turn<'_>> {
        let turn = self.publisher.turn().await;
        self.follow_clock(&turn).await?;
        Ok(turn)
    }

    /// One step of the call's machine: read, apply, write back, commit, tell. Answers also whose sockets a ring reached.
    async fn step(&self, id: &CallId, input: Input) -> Answer<(Call, Vec<ParticipantId>)> {
        let turn = self.turn().await?;
        let mut tx = self.store.begin().await?;
        let before = tx.call_for_update(id).await?.ok_or_else(not_found)?;
        if let Input::Join(identity) = &input
            && !tx.is_member(&before.room_id, &identity.participant).await?
        {
            return Err(not_found());
        }
        let (mut call, now) = (before.clone(), self.clock.now());
        let news = call.apply(input, now, &self.timings).map_err(refused)?;
        if call == before {
            return Ok((call, Vec::new()));
        }
        if !tx.save_call(&before, &call, &self.timings).await? {
            return Err(Failure::internal("a call changed under the write lock"));
        }
        let ended = keep_end(&mut *tx, &call, &news).await?;
        tx.commit().await?;
        self.rearm.notify_one();
        if call.version == before.version {
            return Ok((call, Vec::new()));
        }
        let members = self.store.members(&call.room_id).await?;
        tracing::info!(call = %id, state = ?call.state, version = call.version.0, reason = ?call.end_reason, "call changed");
        let reached = Telling { turn: &turn, call: &call, members: &members, now }.changed(&news, ended.as_ref());
        Ok((call, reached))
    }
}
