// The snapshot as a store: each new one is folded in by the stable keys of its lists, so that only what changed is drawn again.

import { createStore, reconcile, type SetStoreFunction } from "solid-js/store";
import { bridge } from "#bridge";
import type { Snapshot, UserCommand, UserError } from "../types";
import { complain } from "./view";

interface SessionState {
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
  setState("now", "revision", next.revision);
  for (const field of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    setState("now", field, reconcile(next[field], { key: KEYS[field] }) as never);
  }
  return true;
}

const [state, setState] = createStore<SessionState>({ now: undefined });

/** The present snapshot; reads are tracked. */
export const session = state;

/** Starts following the shell. */
export function follow(): Promise<void> {
  return bridge.snapshots((next) => fold(state, setState, next));
}

/** What a refused command says. Anything else than a `UserError` is our own fault and shown as it is. */
export function errorText(error: unknown): string {
  const message = (error as Partial<UserError> | null)?.message;
  return typeof message === "string" && message !== "" ? message : String(error);
}

/** Asks for something; a refusal becomes a message on the screen. */
export function send(command: UserCommand): void {
  bridge.dispatch(command).catch((error: unknown) => complain(errorText(error)));
}

/** Asks for something; a refusal is the caller's to show. */
export function ask(command: UserCommand): Promise<void> {
  return bridge.dispatch(command);
}
