// Groups a timeline for reading: by day, then runs of messages of one sender.
import type { Person, TimelineEntry } from "../types";
import { dayKey } from "./format";

const RUN_GAP_MS = 5 * 60 * 1000;

/** What is drawn as one block. */
export type Block =
  | { kind: "day"; key: string; at: number }
  | { kind: "run"; key: string; sender: Person; isOwn: boolean; at: number; entries: TimelineEntry[] }
  | { kind: "call"; key: string; entry: TimelineEntry };

/** Entries come oldest first and stay in that order. */
export function blocks(entries: readonly TimelineEntry[]): Block[] {
  const out: Block[] = [];
  let today = "";
  let lastAt = 0;
  for (const entry of entries) {
    const day = dayKey(entry.at);
    if (day !== today) {
      out.push({ kind: "day", key: day, at: entry.at });
      today = day;
    }
    const before = out[out.length - 1];
    if (entry.item.kind !== "message") {
      out.push({ kind: "call", key: entry.event_id, entry });
    } else if (
      before?.kind === "run" &&
      before.sender.participant_id === entry.sender.participant_id &&
      entry.at - lastAt < RUN_GAP_MS
    ) {
      before.entries.push(entry);
    } else {
      out.push({
        kind: "run",
        key: entry.event_id,
        sender: entry.sender,
        isOwn: entry.is_own,
        at: entry.at,
        entries: [entry],
      });
    }
    lastAt = entry.at;
  }
  return out;
}
