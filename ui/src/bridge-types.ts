import type { Snapshot, StageKind, StageTile, UserCommand } from "./types";

/** All that the UI may ask of the shell. `bridge.ts` is the real one, `bridge.dev.ts` its scripted twin. */
export interface Bridge {
  /** Calls back with each snapshot, beginning with the present one. */
  snapshots(onSnapshot: (snapshot: Snapshot) => void): Promise<void>;
  /** Rejects with a `UserError`. */
  dispatch(command: UserCommand): Promise<void>;
  /** Says which pictures are visible where, whole, in CSS pixels of the window. */
  setStage(tiles: StageTile[]): Promise<void>;
  /** Calls back with the stage's kind, beginning with the present one. */
  stageKind(onKind: (kind: StageKind) => void): Promise<void>;
}
