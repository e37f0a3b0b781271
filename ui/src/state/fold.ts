// The snapshot as a store: each new one is folded in by the stable keys of its lists, so that only what changed is drawn again.
import { batch } from "solid-js";
import { reconcile, type SetStoreFunction } from "solid-js/store";
import type { Snapshot } from "../types";

export interface SessionState {
  /** Absent until the shell has answered for the first time. */
  now: Snapshot | undefined;
}

const KEYS = {
  account: null,
  link: null,
  rooms: "room_id",
  open_room: "event_id",
  rings: "call_id",
  call: "identity",
  notices: "id",
  devices: "id",
  processing: null,
} as const satisfies Record<Exclude<keyof Snapshot, "revision">, string | null>;

/** Folds a snapshot in; one that is not newer is dropped. Says whether it was taken. */
export function fold(state: SessionState, setState: SetStoreFunction<SessionState>, next: Snapshot): boolean {
  if (state.now === undefined) {
    setState("now", next);
    return true;
  }
  if (next.revision <= state.now.revision) return false;
  batch(() => {
    setState("now", "revision", next.revision);
    for (const field of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
      setState("now", field, reconcile(next[field], { key: KEYS[field] }) as never);
    }
  });
  return true;
}
