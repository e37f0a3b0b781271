// The session as the shell tells it, and the one way to ask for something.

import { createStore } from "solid-js/store";
import { bridge } from "#bridge";
import type { UserCommand, UserError } from "../types";
import { fold, type SessionState } from "./fold";
import { complain } from "./view";

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
