import { describe, expect, it } from "vitest";
import { outcome, phase, quality, timelineCall } from "./words";

describe("timelineCall", () => {
  const ended = {
    kind: "call_ended",
    call_id: "call-1",
    call_type: "video",
    reason: "all_left",
    duration_ms: 0,
    missed: false,
  } as const;
  it("says who started it", () => {
    const started = { kind: "call_started", call_id: "call-1", call_type: "audio" } as const;
    expect(timelineCall(started, "Ada", false).title).toBe("Ada started an audio call");
    expect(timelineCall(started, "Ada", true).title).toBe("You started an audio call");
  });
  it("says how long it was, or why there was none", () => {
    expect(timelineCall({ ...ended, duration_ms: 42 * 60_000 }, "Ada", false)).toEqual({
      title: "Video call ended",
      detail: "42 min",
    });
    expect(timelineCall({ ...ended, reason: "no_answer" }, "Ada", true).detail).toBe("nobody answered");
  });
  it("says that it was missed, and from whom", () => {
    expect(timelineCall({ ...ended, missed: true }, "Ada", false)).toEqual({
      title: "Missed video call",
      detail: "from Ada",
    });
  });
});

describe("outcome and phase", () => {
  const by = { participant_id: "p-1", display_name: "Ada" };
  it("names who ended it for everyone", () => {
    expect(outcome({ outcome: "ended", reason: "ended_by_user", by })).toBe("Ada ended the call for everyone.");
    expect(outcome({ outcome: "ended", reason: "ended_by_user", by: null })).toBe("The call was ended for everyone.");
    expect(outcome({ outcome: "ended", reason: "declined", by })).toBe("The call was declined.");
  });
  it("passes a failure on as it is", () => {
    expect(phase({ phase: "ended", outcome: { outcome: "failed", message: "Try again." } }, "audio")).toBe(
      "Try again.",
    );
  });
});

describe("quality", () => {
  it("marks only what is bad", () => {
    expect((["unknown", "excellent", "good"] as const).map(quality)).toEqual([undefined, undefined, undefined]);
    expect(quality("poor")).toBe("Poor connection");
  });
});
