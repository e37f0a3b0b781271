// The development twin of `bridge.ts`: scripted snapshots that answer to commands, pictures painted below the page as the shell
// would. Only `--mode twin` builds see this file.
import type { Bridge } from "./bridge-types";
import { entry, me, openRoom, says } from "./twin/people";
import { scenes } from "./twin/scenes";
import { paint } from "./twin/stage";
import type { CallView, Snapshot, StageKind, UserCommand } from "./types";

const asked = new URLSearchParams(location.search);
let now: Snapshot = (scenes[asked.get("scene") ?? "room"] ?? scenes.room ?? fail("no scene"))();
let tell: (snapshot: Snapshot) => void = () => {};
const log: UserCommand[] = [];
Object.assign(window, {
  twin: { log, scenes: Object.keys(scenes), show: (name: string) => change(scenes[name]?.() ?? {}) },
});

function fail(message: string): never {
  throw new Error(message);
}

function change(part: Partial<Snapshot>): void {
  now = { ...now, ...part, revision: now.revision + 1 };
  // As over the real bridge, nothing is shared with what was sent before.
  tell(structuredClone(now));
}

function inCall(part: Partial<CallView>): void {
  if (now.call) change({ call: { ...now.call, ...part } });
}

function own(part: Partial<CallView["tiles"][number]>): CallView["tiles"] {
  return now.call?.tiles.map((tile) => (tile.is_local ? { ...tile, ...part } : tile)) ?? [];
}

function react(command: UserCommand): unknown {
  switch (command.command) {
    case "open_room":
      return change({
        open_room: openRoom(command.room_id, now.rooms.find((room) => room.room_id === command.room_id)?.name ?? ""),
      });
    case "send_message":
      return now.open_room
        ? change({
            open_room: { ...now.open_room, timeline: [...now.open_room.timeline, entry(me, 0, says(command.body))] },
          })
        : undefined;
    case "set_microphone":
      return inCall({ microphone_on: command.on, tiles: own({ microphone_on: command.on }) });
    case "set_camera":
      return inCall({
        camera_on: command.on,
        tiles: own({ camera_on: command.on, video: command.on ? "local" : null }),
      });
    case "set_volume":
      return inCall({
        tiles:
          now.call?.tiles.map((tile) =>
            tile.identity === command.identity ? { ...tile, volume: command.gain } : tile,
          ) ?? [],
      });
    case "leave":
      return inCall({ phase: { phase: "ended", outcome: { outcome: "left" } } });
    case "end_for_everyone":
      return inCall({ phase: { phase: "ended", outcome: { outcome: "ended", reason: "ended_by_user", by: me } } });
    case "dismiss_call":
      return change({ call: null });
    case "start_call":
      return change({ call: scenes["ringing-out"]?.().call ?? null });
    case "answer":
      return change({ rings: [], call: scenes["call-two"]?.().call ?? null });
    case "reject":
      return change({ rings: [] });
    case "dismiss_notice":
      return change({ notices: now.notices.filter((notice) => notice.id !== command.id) });
    case "set_processing":
      return change({ processing: command.processing });
    case "refresh_devices":
      return change({
        devices: [
          { kind: "microphone", id: "m1", name: "Built-in microphone", is_default: true, in_use: true },
          {
            kind: "microphone",
            id: "m2",
            name: "Studio headset with a rather long product name",
            is_default: false,
            in_use: false,
          },
          { kind: "speaker", id: "s1", name: "Built-in speakers", is_default: true, in_use: true },
        ],
      });
    case "sign_in":
      return change({ account: { state: "signed_in", me, server: command.server, kept: { kind: "keyring" } } });
    case "sign_out":
      return change({ account: { state: "signed_out", server: "https://chat.example.org/", error: null } });
    case "select_device":
    case "show_video":
      return;
  }
}

export const bridge: Bridge = {
  async snapshots(onSnapshot) {
    tell = onSnapshot;
    onSnapshot(structuredClone(now));
  },
  async dispatch(command) {
    log.push(command);
    if (asked.has("refuse")) throw { code: "twin", message: "The server did not accept this. Try again." };
    react(command);
  },
  async setStage(tiles) {
    if (!asked.has("port")) paint(tiles);
    Object.assign(window, { stageTiles: tiles });
  },
  async stageKind(onKind) {
    const port = asked.get("port");
    const kind: StageKind = port
      ? { kind: "web_socket", port: Number(port), secret: asked.get("secret") ?? "" }
      : { kind: "native" };
    onKind(kind);
  },
};
