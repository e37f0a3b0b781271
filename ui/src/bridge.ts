// The one place that knows Tauri.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Bridge } from "./bridge-types";
import type { Snapshot, StageKind, StageLayout } from "./types";

// Listening starts before the first question, so that nothing falls between; the store drops what is older than it has.
async function follow<T>(event: string, question: string, onValue: (value: T) => void): Promise<void> {
  await listen<T>(event, ({ payload }) => onValue(payload));
  onValue(await invoke<T>(question));
}

export const bridge: Bridge = {
  snapshots: (onSnapshot) => follow<Snapshot>("snapshot", "snapshot", onSnapshot),
  dispatch: (command) => invoke("dispatch", { command }),
  setStage: (tiles) => invoke("set_stage", { layout: { tiles } satisfies StageLayout }),
  stageKind: (onKind) => follow<StageKind>("stage", "stage_kind", onKind),
};
