import { describe, expect, it } from "vitest";
import { activity, day, duration, hue, initials, names, people, timer } from "./format";

const at = (text: string) => new Date(text).getTime();

describe("timer", () => {
  it("shows hours only when there are any", () => {
    expect([0, 7_400, 754_000, 3_723_000, -5].map((ms) => timer(ms))).toEqual([
      "0:00",
      "0:07",
      "12:34",
      "1:02:03",
      "0:00",
    ]);
  });
});

describe("duration", () => {
  it("rounds to what a person would say", () => {
    expect([400, 45_000, 12 * 60_000, 60 * 60_000, 65 * 60_000].map(duration)).toEqual([
      "0 s",
      "45 s",
      "12 min",
      "1 h",
      "1 h 5 min",
    ]);
  });
});

describe("day and activity", () => {
  const now = at("2026-11-23T00:10:00");
  it("counts calendar days, not hours", () => {
    expect(day(at("2026-11-23T00:01:00"), now)).toBe("Today");
    expect(day(at("2026-11-22T23:59:00"), now)).toBe("Yesterday");
    expect(day(at("2026-11-16T12:00:00"), now, "en-GB")).toMatch(/^Monday,? 16 November$/);
    expect(day(at("2025-11-16T12:00:00"), now, "en-GB")).toMatch(/^Sunday,? 16 November 2025$/);
  });
  it("is shorter the older it is", () => {
    expect(activity(at("2026-11-23T00:05:00"), now, "en-GB")).toBe("00:05");
    expect(activity(at("2026-11-20T12:00:00"), now, "en-GB")).toBe("Fri");
    expect(activity(at("2026-10-20T12:00:00"), now, "en-GB")).toBe("20 Oct");
    expect(activity(0, now)).toBe("");
  });
});

describe("names", () => {
  it("takes initials from first and last word", () => {
    expect(["Ada Lindqvist", "bo", "Eva van den Berg", "张伟", "🙂", ""].map(initials)).toEqual([
      "AL",
      "B",
      "EB",
      "张",
      "?",
      "?",
    ]);
  });
  it("lists at most two", () => {
    expect(names([])).toBe("");
    expect(names(["Ada", "Bo"])).toBe("Ada and Bo");
    expect(names(["Ada", "Bo", "Chi"])).toBe("Ada, Bo and 1 other");
  });
  it("counts people", () => {
    expect([people(1), people(3)]).toEqual(["1 person", "3 people"]);
  });
  it("gives an id the same colour each time", () => {
    expect(hue("p-1")).toBe(hue("p-1"));
    expect(hue("p-1")).toBeLessThan(8);
  });
});
