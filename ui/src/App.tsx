import { createEffect, createMemo, Match, on, onCleanup, Show, Switch } from "solid-js";
import { CallBar } from "./call/CallBar";
import { Rings } from "./call/RingBanner";
import { Stage } from "./call/Stage";
import { Mark } from "./icons";
import { Notices } from "./Notices";
import { Room } from "./room/Room";
import type { SignedIn } from "./rooms/AccountMenu";
import { RoomList } from "./rooms/RoomList";
import { SignIn } from "./SignIn";
import { send, session } from "./state/session";
import { atCall, chatBeside, listInFront, matches, setAtCall, setListInFront } from "./state/view";
import type { Link, Snapshot } from "./types";

const WIDE = "(min-width: 1080px)";

export function App() {
  return (
    <Show when={session.now} fallback={<Waiting />}>
      {(now) => (
        <Switch fallback={<SignIn account={now().account as Exclude<Snapshot["account"], { state: "signed_in" }>} />}>
          <Match when={now().account.state === "starting"}>
            <Waiting />
          </Match>
          <Match when={now().account.state === "signed_in" && (now().account as SignedIn)}>
            {(account) => <Main now={now()} account={account()} />}
          </Match>
        </Switch>
      )}
    </Show>
  );
}

function Waiting() {
  return (
    <main class="sign-in" aria-busy="true" aria-label="Starting">
      <Mark size={56} />
    </main>
  );
}

function Main(props: { now: Snapshot; account: SignedIn }) {
  const wide = matches(WIDE);
  const openRoomId = () => props.now.open_room?.room_id;
  const openRoom = (roomId: string) => {
    setListInFront(false);
    setAtCall(roomId === props.now.call?.room_id);
    if (roomId !== openRoomId()) send({ command: "open_room", room_id: roomId });
  };
  const toCall = () => {
    const call = props.now.call;
    if (call) openRoom(call.room_id);
  };
  // A call that begins comes to the front; one that has ended stays where it is.
  const liveRoom = createMemo(() => (props.now.call?.phase.phase === "ended" ? undefined : props.now.call?.room_id));
  createEffect(on(liveRoom, (roomId) => roomId !== undefined && toCall()));

  const stage = () => (atCall() ? props.now.call : null) ?? undefined;
  const beside = () => wide() && chatBeside() && openRoomId() === stage()?.room_id;
  const room = () => (stage() && !beside() ? undefined : props.now.open_room) ?? undefined;
  const badge = () => props.now.rooms.find((other) => other.room_id === openRoomId())?.active_call ?? null;

  createEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setListInFront(true);
      document.getElementById("room-search")?.focus();
    };
    document.addEventListener("keydown", onKey);
    onCleanup(() => document.removeEventListener("keydown", onKey));
  });

  return (
    <div class="app" classList={{ "list-in-front": listInFront() }}>
      <RoomList account={props.account} rooms={props.now.rooms} openRoomId={openRoomId()} onOpen={openRoom} />
      <div class="top">
        <LinkBar link={props.now.link} />
        <Show when={!stage() || listInFront() ? props.now.call : null}>
          {(call) => <CallBar call={call()} onReturn={toCall} />}
        </Show>
        <Rings rings={props.now.rings} />
      </div>
      <main class="main" classList={{ beside: beside() }}>
        <Show when={stage()}>
          {(call) => (
            <Stage
              call={call()}
              devices={props.now.devices}
              processing={props.now.processing}
              wide={wide()}
              onShowRoom={() => setAtCall(false)}
            />
          )}
        </Show>
        <Show when={room()} fallback={<Show when={!stage()}>{<Nothing />}</Show>}>
          {(open) => <Room room={open()} badge={badge()} aside={stage() !== undefined} />}
        </Show>
      </main>
      <Notices notices={props.now.notices} onOpenRoom={openRoom} />
    </div>
  );
}

function Nothing() {
  return (
    <section class="nothing">
      <Mark size={56} />
      <p class="muted">Choose a room to read, write and call.</p>
    </section>
  );
}

function LinkBar(props: { link: Link }) {
  const reason = () => (props.link.state === "offline" ? props.link.reason : undefined);
  return (
    <div role="status" class="link-slot">
      <Show when={props.link.state === "connecting"}>
        <p class="link-bar small">Connecting to the server…</p>
      </Show>
      <Show when={reason()}>
        {(why) => (
          <p class="link-bar offline small" data-testid="link-offline">
            Reconnecting… {why()}
          </p>
        )}
      </Show>
    </div>
  );
}
