// What the twin can begin with: `?scene=NAME`.
import type { Snapshot } from "../types";
import { base, call, entry, everyone, me, openRoom, ring, rooms, says, tile } from "./people";

const [, ada, bo, chi, eva] = everyone as [typeof me, typeof me, typeof me, typeof me, typeof me];
const alone = [tile(me)];

const withRunningCall = () =>
  rooms().map((room, i) =>
    i === 0
      ? {
          ...room,
          active_call: {
            call_id: "call-7",
            call_type: "audio" as const,
            people: 2,
            joined_here: false,
            started_at: Date.now() - 93_000,
          },
        }
      : room,
  );

export const scenes: Record<string, () => Snapshot> = {
  starting: () => base({ account: { state: "starting" } }),
  "sign-in": () => base({ account: { state: "signed_out", server: "https://chat.example.org/", error: null } }),
  "sign-in-error": () =>
    base({
      account: {
        state: "signed_out",
        server: "https://chat.example.org/",
        error: "The name or the password is wrong. Check both and try again.",
      },
    }),
  "signing-in": () => base({ account: { state: "signing_in", server: "https://chat.example.org/" } }),
  rooms: () =>
    base({
      open_room: null,
      account: {
        state: "signed_in",
        me,
        server: "http://127.0.0.1:8008/",
        kept: { kind: "memory", reason: "There is no keyring on this system." },
      },
    }),
  room: () => base(),
  "room-empty": () => base({ open_room: { ...openRoom(), timeline: [] } }),
  "room-running": () =>
    base({
      rooms: withRunningCall(),
      open_room: {
        ...openRoom(),
        timeline: [
          ...openRoom().timeline,
          entry(ada, 1.5, { kind: "call_started", call_id: "call-7", call_type: "audio" }),
          entry(me, 1, {
            kind: "message",
            body: "Be right there",
            delivery: { state: "failed", reason: "the server did not answer." },
          }),
        ],
      },
    }),
  offline: () =>
    base({
      link: {
        state: "offline",
        retry_at: Date.now() + 4000,
        reason: "The server does not answer; next try in a moment.",
      },
    }),
  ring: () => base({ rings: [ring()] }),
  "ring-in-call": () =>
    base({
      call: call(),
      rings: [ring({ call_type: "audio", ends_current_call: true, is_direct: false, room_name: "Release 0.1" })],
    }),
  "call-starting": () =>
    base({ call: call({ phase: { phase: "starting" }, answered_at: null, tiles: alone, call_id: null }) }),
  "ringing-out": () =>
    base({
      call: call({ phase: { phase: "ringing_out" }, answered_at: null, tiles: alone, ringing: [ada, bo, chi, eva] }),
    }),
  connecting: () =>
    base({
      call: call({
        phase: { phase: "connecting" },
        tiles: [tile(me, { connecting: true, video: null }), tile(ada, { connecting: true, video: null })],
      }),
    }),
  call: () => base({ call: call() }),
  "call-two": () => base({ call: call({ tiles: [tile(me), tile(ada, { speaking: true })], can_end: false }) }),
  "call-audio": () =>
    base({
      call: call({
        call_type: "audio",
        camera_on: false,
        microphone_on: false,
        tiles: [me, ada, bo].map((who) =>
          tile(who, { camera_on: false, video: null, microphone_on: who !== me, speaking: who === bo }),
        ),
        ringing: [eva],
      }),
    }),
  "call-many": () =>
    base({
      call: call({
        tiles: [me, ada, bo, chi, eva, ada, bo, chi, eva, ada, bo].map((who, i) =>
          tile(who, {
            identity: `${who.participant_id}/${i}`,
            ...(i % 4 === 3 ? { video: null, camera_on: false } : {}),
          }),
        ),
      }),
    }),
  "call-elsewhere": () => base({ call: call({ room_id: "room-5", room_name: "Release 0.1" }) }),
  reconnecting: () => base({ call: call({ phase: { phase: "reconnecting" } }) }),
  ended: () =>
    base({
      call: call({ phase: { phase: "ended", outcome: { outcome: "ended", reason: "ended_by_user", by: ada } } }),
    }),
  failed: () =>
    base({
      call: call({
        phase: {
          phase: "ended",
          outcome: {
            outcome: "failed",
            message: "The media server cannot be reached. Nobody was rung. Try again in a minute.",
          },
        },
      }),
    }),
  notices: () =>
    base({
      notices: [
        { id: 1, level: "info", text: "Answered on another device.", room_id: null },
        { id: 2, level: "warning", text: "Missed call from Ada Lindqvist.", room_id: "room-2" },
        { id: 3, level: "error", text: "The camera cannot be opened: another program uses it.", room_id: null },
      ],
      open_room: { ...openRoom(), timeline: [...openRoom().timeline, entry(eva, 1, says("Who is coming along?"))] },
    }),
};
