import type { Snapshot, UserCommand } from "./types";

/** Where a picture is to be painted, in CSS pixels of the window. */
export interface StageTile {
  view: number;
  video: string;
  x: number;
  y: number;
  width: number;
  height: number;
  mirror: boolean;
  radius: number;
}

/** Who paints the pictures. */
export type StageKind =
  /** The shell, below the transparent webview. */
  | { kind: "native" }
  /** We do: frames come from the engine's loopback socket. */
  | { kind: "web_socket"; port: number; secret: string }
  /** We shall, but no engine runs now. */
  | { kind: "idle" };

/** All that the UI may ask of the shell. `bridge.ts` is the real one, `bridge.dev.ts` its scripted twin. */
export interface Bridge {
  /** Calls back with each snapshot, beginning with the present one. */
  snapshots(onSnapshot: (snapshot: Snapshot) => void): Promise<void>;
  /** Rejects with a `UserError`. */
  dispatch(command: UserCommand): Promise<void>;
  /** Says which pictures are visible where, whole. */
  setStage(tiles: StageTile[]): Promise<void>;
  /** Calls back with the stage's kind, beginning with the present one. */
  stageKind(onKind: (kind: StageKind) => void): Promise<void>;
}
