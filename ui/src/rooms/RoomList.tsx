import { createMemo, createSignal, For, Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { activity, people } from "../lib/format";
import { search } from "../lib/search";
import { createClock } from "../state/clock";
import { send } from "../state/session";
import type { RoomSummary } from "../types";
import { AccountMenu, type SignedIn } from "./AccountMenu";

interface Props {
  account: SignedIn;
  rooms: RoomSummary[];
  openRoomId: string | undefined;
  onOpen: (roomId: string) => void;
}

export function RoomList(props: Props) {
  const [query, setQuery] = createSignal("");
  const found = createMemo(() => search(props.rooms, query()));
  const now = createClock(60_000);
  const openFirst = (event: KeyboardEvent) => {
    const first = found()[0];
    if (event.key === "Enter" && first) {
      props.onOpen(first.room_id);
      setQuery("");
    } else if (event.key === "Escape") {
      setQuery("");
    }
  };
  return (
    <nav class="rooms" aria-label="Rooms">
      <AccountMenu account={props.account} />
      <label class="search">
        <Icon name="search" size={18} />
        <input
          id="room-search"
          type="search"
          aria-label="Search rooms"
          placeholder="Search rooms"
          title="Search rooms (Ctrl+K)"
          aria-keyshortcuts="Control+K"
          value={query()}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={openFirst}
        />
      </label>
      <ul class="room-list">
        <For each={found()}>
          {(room) => (
            <RoomItem
              room={room}
              now={now()}
              open={room.room_id === props.openRoomId}
              onOpen={() => props.onOpen(room.room_id)}
            />
          )}
        </For>
      </ul>
      <Show when={found().length === 0}>
        <p class="empty">{props.rooms.length === 0 ? "No rooms yet." : "No room has that name."}</p>
      </Show>
    </nav>
  );
}

function RoomItem(props: { room: RoomSummary; now: number; open: boolean; onOpen: () => void }) {
  const unread = () => (props.room.unread > 99 ? "99+" : String(props.room.unread));
  return (
    <li class="room-item" classList={{ open: props.open }} data-testid="room-item" data-room-id={props.room.room_id}>
      <button type="button" class="room-button" aria-current={props.open ? "page" : undefined} onClick={props.onOpen}>
        <Avatar id={props.room.room_id} name={props.room.name} square={!props.room.is_direct} />
        <span class="room-lines">
          <span class="room-line">
            <span class="room-name" classList={{ strong: props.room.unread > 0 }}>
              {props.room.name}
            </span>
            <time class="muted small">{activity(props.room.last_activity, props.now)}</time>
          </span>
          <Show when={props.room.preview !== null || props.room.unread > 0}>
            <span class="room-line">
              <span class="room-preview muted small">{props.room.preview ?? ""}</span>
              <Show when={props.room.unread > 0}>
                <span class="count" role="img" aria-label={`${unread()} unread`}>
                  {unread()}
                </span>
              </Show>
            </span>
          </Show>
        </span>
      </button>
      <Show when={props.room.active_call}>
        {(call) => (
          <div class="room-call">
            <span class="live small">
              <Icon name={call().call_type === "video" ? "camera" : "phone"} size={16} />
              {call().joined_here ? "You are in this call" : people(call().people)}
            </span>
            <Show when={!call().joined_here}>
              <button
                type="button"
                class="small-button"
                data-testid="room-join"
                aria-label={`Join the call in ${props.room.name}`}
                onClick={() =>
                  send({ command: "start_call", room_id: props.room.room_id, call_type: call().call_type })
                }
              >
                Join
              </button>
            </Show>
          </div>
        )}
      </Show>
    </li>
  );
}
