// The world of the development twin: a few people, rooms and a conversation.
import type {
  CallView,
  OpenRoom,
  Person,
  Ring,
  RoomSummary,
  Snapshot,
  Tile,
  TimelineEntry,
  TimelineItem,
} from "../types";

const NOW = Date.now();
const MINUTE = 60_000;

const person = (participant_id: string, display_name: string): Person => ({ participant_id, display_name });
export const me = person("p-1", "Noor Haddad");
const ada = person("p-2", "Ada Lindqvist");
const bo = person("p-3", "Bo Tanaka");
const chi = person("p-4", "Chidi Okafor");
const eva = person("p-5", "Eva Březinová");
export const everyone = [me, ada, bo, chi, eva];

let lastEvent = 0;
export function entry(sender: Person, minutesAgo: number, item: TimelineItem): TimelineEntry {
  lastEvent += 1;
  return { event_id: `evt-${lastEvent}`, sender, is_own: sender === me, at: NOW - minutesAgo * MINUTE, item };
}
export const says = (body: string): TimelineItem => ({ kind: "message", body, delivery: { state: "sent" } });

const room = (room_id: string, name: string, minutesAgo: number, more: Partial<RoomSummary> = {}): RoomSummary => ({
  room_id,
  name,
  is_direct: false,
  unread: 0,
  active_call: null,
  last_activity: NOW - minutesAgo * MINUTE,
  preview: null,
  ...more,
});

export const rooms = (): RoomSummary[] => [
  room("room-1", "Product team", 4, { preview: "Ada: The new waveform is in review." }),
  room("room-2", ada.display_name, 26, { is_direct: true, unread: 2, preview: "Can we talk for five minutes?" }),
  room("room-3", "Field engineers", 71, {
    preview: "Chidi started a video call",
    active_call: {
      call_id: "call-9",
      call_type: "video",
      people: 3,
      joined_here: false,
      started_at: NOW - 11 * MINUTE,
    },
  }),
  room("room-4", bo.display_name, 60 * 26, { is_direct: true, preview: "You: Thanks, see you on Monday" }),
  room("room-5", "Release 0.1", 60 * 24 * 3, { unread: 128, preview: "Eva: The packages are signed." }),
  room("room-6", "Everybody at the Rotterdam office and friends", 60 * 24 * 12, { preview: "Lunch is at noon." }),
];

export const timeline = (): TimelineEntry[] => [
  entry(ada, 60 * 25, says("Good morning! The designs for the call stage are in the folder.")),
  entry(bo, 60 * 25 - 2, { kind: "call_started", call_id: "call-1", call_type: "video" }),
  entry(bo, 60 * 24 + 18, {
    kind: "call_ended",
    call_id: "call-1",
    call_type: "video",
    reason: "all_left",
    duration_ms: 42 * MINUTE,
    missed: false,
  }),
  entry(chi, 64, {
    kind: "call_ended",
    call_id: "call-2",
    call_type: "audio",
    reason: "no_answer",
    duration_ms: 0,
    missed: true,
  }),
  entry(chi, 62, says("Tried to call you. Nothing urgent: the audio test on the train worked.")),
  entry(
    chi,
    61,
    says(
      "Full report follows, but the short form is:\nno drop-outs, 38 ms, and the headset switched over by itself when I pulled the plug.",
    ),
  ),
  entry(me, 22, says("That is very good news. Which headset was it?")),
  entry(chi, 18, says("The old one, on purpose 🙂")),
  entry(ada, 5, says("The new waveform is in review.")),
  entry(me, 4, { kind: "message", body: "I will look at it after lunch.", delivery: { state: "sending" } }),
];

export const openRoom = (room_id = "room-1", name = "Product team"): OpenRoom => ({
  room_id,
  name,
  is_direct: false,
  members: everyone.map((who, i) => ({ person: who, power_level: i === 0 ? 100 : 0 })),
  timeline: timeline(),
  loading: false,
});

export const tile = (who: Person, more: Partial<Tile> = {}): Tile => ({
  identity: `${who.participant_id}/device`,
  person: who,
  device_id: "device",
  is_local: who === me,
  microphone_on: true,
  camera_on: true,
  video: who === me ? "local" : `TR_${who.participant_id}`,
  speaking: false,
  quality: "excellent",
  connecting: false,
  volume: 1,
  ...more,
});

export const call = (more: Partial<CallView> = {}): CallView => ({
  call_id: "call-7",
  room_id: "room-1",
  room_name: "Product team",
  call_type: "video",
  phase: { phase: "connected" },
  answered_at: Date.now() - 754_000,
  microphone_on: true,
  camera_on: true,
  listen_only: false,
  can_end: true,
  tiles: [
    tile(me),
    tile(ada, { speaking: true }),
    tile(bo, { microphone_on: false, quality: "poor" }),
    tile(chi, { camera_on: false, video: null }),
  ],
  ringing: [],
  ...more,
});

export const ring = (more: Partial<Ring> = {}): Ring => ({
  call_id: "call-8",
  room_id: "room-2",
  room_name: ada.display_name,
  is_direct: true,
  caller: ada,
  call_type: "video",
  expires_at: NOW + 45_000,
  audible: true,
  pops_up: true,
  ends_current_call: false,
  ...more,
});

export const base = (more: Partial<Snapshot> = {}): Snapshot => ({
  revision: 1,
  account: { state: "signed_in", me, server: "https://chat.example.org/", kept: { kind: "keyring" } },
  link: { state: "online" },
  rooms: rooms(),
  open_room: openRoom(),
  rings: [],
  call: null,
  notices: [],
  devices: [],
  processing: { echo_cancellation: true, noise_suppression: true, gain_control: true },
  ...more,
});
