import { createStore } from "solid-js/store";
import { describe, expect, it } from "vitest";
import { base, call, entry, me, openRoom, says } from "../twin/people";
import type { Snapshot } from "../types";
import { fold } from "./fold";

function follower(first: Snapshot) {
  const [state, setState] = createStore<{ now: Snapshot | undefined }>({ now: undefined });
  const take = (next: Snapshot) => fold(state, setState, structuredClone(next));
  take(first);
  return { state, take };
}

describe("fold", () => {
  it("shows exactly the last snapshot, whatever came before", () => {
    const scenes: Partial<Snapshot>[] = [
      { call: call() },
      { call: call({ tiles: call().tiles.toReversed(), phase: { phase: "reconnecting" } }) },
      { call: null, open_room: null, rooms: [] },
      { account: { state: "signed_out", server: null, error: "Expired." } },
      { rooms: base().rooms.toReversed(), link: { state: "offline", retry_at: 1, reason: "gone" } },
    ];
    const { state, take } = follower(base({ revision: 0 }));
    for (const [i, scene] of scenes.entries()) {
      const next = base({ ...scene, revision: i + 1 });
      expect(take(next)).toBe(true);
      expect(structuredClone(JSON.parse(JSON.stringify(state.now)))).toEqual(JSON.parse(JSON.stringify(next)));
    }
  });

  it("drops what is not newer", () => {
    const { state, take } = follower(base({ revision: 5 }));
    expect(take(base({ revision: 5, rooms: [] }))).toBe(false);
    expect(take(base({ revision: 4, rooms: [] }))).toBe(false);
    expect(state.now?.rooms.length).toBeGreaterThan(0);
  });

  it("keeps what did not change: a tile stays the same object when others come and go", () => {
    const { state, take } = follower(base({ revision: 1, call: call() }));
    const ada = state.now?.call?.tiles[1];
    const tiles = call().tiles.slice(1);
    take(base({ revision: 2, call: call({ tiles: tiles.map((tile) => ({ ...tile, speaking: false })) }) }));
    expect(state.now?.call?.tiles[0]).toBe(ada);
    expect(ada?.speaking).toBe(false);
  });

  it("appends to a timeline without touching the lines above", () => {
    const room = openRoom();
    const { state, take } = follower(base({ revision: 1, open_room: room }));
    const first = state.now?.open_room?.timeline[0];
    take(base({ revision: 2, open_room: { ...room, timeline: [...room.timeline, entry(me, 0, says("more"))] } }));
    expect(state.now?.open_room?.timeline[0]).toBe(first);
    expect(state.now?.open_room?.timeline).toHaveLength(room.timeline.length + 1);
  });
});
