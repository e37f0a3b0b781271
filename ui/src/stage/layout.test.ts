import { describe, expect, it } from "vitest";
import { type Box, backdropPath, grid, type Layout, largest, type Rect, spotlight } from "./layout";

const STAGES: Box[] = [
  { width: 976, height: 640 },
  { width: 404, height: 520 },
  { width: 336, height: 360 },
  { width: 3500, height: 1990 },
];
const GAP = 8;

const apart = (a: Rect, b: Rect) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

function expectSound(layout: Layout, stage: Box) {
  const shown = layout.rects.filter((rect) => rect.width > 0);
  for (const rect of shown) {
    expect(Object.values(rect).every(Number.isInteger)).toBe(true);
    expect(rect.x).toBeGreaterThanOrEqual(0);
    expect(rect.y).toBeGreaterThanOrEqual(0);
    expect(rect.x + rect.width).toBeLessThanOrEqual(stage.width);
    expect(rect.y + rect.height).toBeLessThanOrEqual(stage.height);
  }
  for (const [i, a] of shown.entries()) for (const b of shown.slice(i + 1)) expect(apart(a, b)).toBe(true);
}

describe("largest", () => {
  it("fills the tighter side and keeps 16:9", () => {
    expect(largest({ width: 1600, height: 2000 })).toEqual({ width: 1600, height: 900 });
    expect(largest({ width: 1600, height: 450 })).toEqual({ width: 800, height: 450 });
    expect(largest({ width: 0, height: 450 })).toEqual({ width: 0, height: 0 });
  });
});

describe("grid", () => {
  it("keeps every tile on the stage and apart from the others", () => {
    for (const stage of STAGES) {
      for (let count = 1; count <= 16; count++) {
        const layout = grid(count, stage, GAP);
        expect(layout.rects).toHaveLength(count);
        expect(layout.hidden).toBe(0);
        expectSound(layout, stage);
      }
    }
  });

  it("puts two side by side where it is wide and above each other where it is high", () => {
    const [a, b] = grid(2, { width: 1600, height: 500 }, GAP).rects;
    expect(a?.y).toBe(b?.y);
    const [c, d] = grid(2, { width: 400, height: 700 }, GAP).rects;
    expect(c?.x).toBe(d?.x);
  });

  it("centres the last row", () => {
    const [, , last] = grid(3, { width: 976, height: 640 }, GAP).rects;
    if (!last) throw new Error("a third tile");
    expect(Math.abs(last.x * 2 + last.width - 976)).toBeLessThanOrEqual(1);
  });

  it("has nothing to draw before the stage has a size", () => {
    expect(grid(3, { width: 0, height: 0 }, GAP)).toEqual({ rects: [], hidden: 3 });
  });
});

describe("spotlight", () => {
  it("makes the chosen one the largest and hides what does not fit", () => {
    for (const stage of STAGES) {
      for (let count = 2; count <= 20; count++) {
        const layout = spotlight(count, 1, stage, GAP);
        expectSound(layout, stage);
        const shown = layout.rects.filter((rect) => rect.width > 0);
        expect(shown.length + layout.hidden).toBe(count);
        const focus = layout.rects[1];
        if (!focus) throw new Error("the chosen tile");
        for (const rect of layout.rects.filter((other) => other !== focus)) {
          expect(rect.width).toBeLessThan(focus.width);
        }
      }
    }
  });

  it("puts the others where the large one gets larger", () => {
    expect(spotlight(2, 0, { width: 796, height: 600 }, GAP).rects[0]?.width).toBe(796);
    expect(spotlight(2, 0, { width: 1200, height: 500 }, GAP).rects[0]?.width).toBe(888);
  });

  it("is the grid for somebody alone", () => {
    expect(spotlight(1, 0, { width: 800, height: 600 }, GAP)).toEqual(grid(1, { width: 800, height: 600 }, GAP));
  });
});

describe("backdropPath", () => {
  it("is closed once for the stage and once for each hole", () => {
    const stage = { width: 200, height: 100 };
    expect(backdropPath(stage, [], 8)).toBe("M-1 -1H201V101H-1Z");
    const path = backdropPath(stage, [{ x: 10, y: 20, width: 100, height: 50 }], 8);
    expect(path.match(/Z/g)).toHaveLength(2);
    expect(path).toContain("M18 20h84a8 8 0 0 1 8 8v34");
  });
});
