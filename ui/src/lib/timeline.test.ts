import { describe, expect, it } from "vitest";
import type { Person, TimelineEntry, TimelineItem } from "../types";
import { blocks } from "./timeline";

const ada: Person = { participant_id: "p-1", display_name: "Ada" };
const bo: Person = { participant_id: "p-2", display_name: "Bo" };
const START = new Date("2026-11-23T10:00:00").getTime();
const MINUTE = 60_000;

let count = 0;
const entry = (sender: Person, minutes: number, item?: TimelineItem): TimelineEntry => ({
  event_id: `evt-${++count}`,
  sender,
  is_own: sender === ada,
  at: START + minutes * MINUTE,
  item: item ?? { kind: "message", body: "hello", delivery: { state: "sent" } },
});
const started: TimelineItem = { kind: "call_started", call_id: "call-1", call_type: "audio" };
const shape = (entries: TimelineEntry[]) =>
  blocks(entries).map((block) =>
    block.kind === "run" ? `${block.sender.display_name} ${block.entries.length}` : block.kind,
  );

describe("blocks", () => {
  it("joins what one person says in a row", () => {
    expect(shape([entry(ada, 0), entry(ada, 1), entry(bo, 2), entry(ada, 3)])).toEqual([
      "day",
      "Ada 2",
      "Bo 1",
      "Ada 1",
    ]);
  });

  it("begins anew after a pause of five minutes since the last message", () => {
    expect(shape([entry(ada, 0), entry(ada, 4), entry(ada, 8), entry(ada, 13)])).toEqual(["day", "Ada 3", "Ada 1"]);
  });

  it("begins anew after a call and on a new day", () => {
    expect(shape([entry(ada, 0), entry(bo, 1, started), entry(ada, 2), entry(ada, 24 * 60)])).toEqual([
      "day",
      "Ada 1",
      "call",
      "Ada 1",
      "day",
      "Ada 1",
    ]);
  });

  it("keeps every entry, in order", () => {
    const entries = [entry(ada, 0), entry(bo, 1, started), entry(bo, 2), entry(bo, 3)];
    const kept = blocks(entries).flatMap((block) =>
      block.kind === "run" ? block.entries : block.kind === "call" ? [block.entry] : [],
    );
    expect(kept).toEqual(entries);
  });

  it("is empty for an empty room", () => {
    expect(blocks([])).toEqual([]);
  });
});
