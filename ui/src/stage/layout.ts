// Where tiles go: pure functions of the stage's size. Whole pixels, no overlaps (pictures are painted below the webview, in no
// promised order).

export interface Box {
  width: number;
  height: number;
}
export interface Rect extends Box {
  x: number;
  y: number;
}
/** Tiles of `rects[i]`, in order; what does not fit is counted in `hidden`. */
export interface Layout {
  rects: Rect[];
  hidden: number;
}
export type LayoutName = "grid" | "spotlight";

const RATIO = 16 / 9;
const MIN_WIDTH = 96;

/** The largest box of `ratio` in `space`. */
export function largest(space: Box, ratio = RATIO): Box {
  const width = Math.floor(Math.min(space.width, space.height * ratio));
  return { width: Math.max(0, width), height: Math.max(0, Math.floor(width / ratio)) };
}

/** Equal tiles, as large as they can be, the last row centred. */
export function grid(count: number, stage: Box, gap: number): Layout {
  if (count === 0 || stage.width <= 0 || stage.height <= 0) return { rects: [], hidden: count };
  let best = { columns: 1, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tile = largest({
      width: (stage.width - gap * (columns - 1)) / columns,
      height: (stage.height - gap * (rows - 1)) / rows,
    });
    if (tile.width > best.tile.width) best = { columns, tile };
  }
  const { columns, tile } = best;
  const rows = Math.ceil(count / columns);
  const top = Math.floor((stage.height - rows * tile.height - gap * (rows - 1)) / 2);
  const rects = Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = Math.floor((stage.width - inRow * tile.width - gap * (inRow - 1)) / 2);
    return { x: left + (i % columns) * (tile.width + gap), y: top + row * (tile.height + gap), ...tile };
  });
  return { rects, hidden: 0 };
}

/** One tile large, the others in a strip along the longer spare side. `focus` is the index of the large one. */
export function spotlight(count: number, focus: number, stage: Box, gap: number): Layout {
  if (count <= 1) return grid(count, stage, gap);
  const beside = stage.width > stage.height * 1.2;
  const strip = beside
    ? Math.max(MIN_WIDTH, Math.min(240, Math.floor(stage.width * 0.22)))
    : Math.max(54, Math.min(135, Math.floor(stage.height * 0.2)));
  const small = beside
    ? { width: strip, height: Math.floor(strip / RATIO) }
    : { width: Math.floor(strip * RATIO), height: strip };
  const space = beside
    ? { width: stage.width - strip - gap, height: stage.height }
    : { width: stage.width, height: stage.height - strip - gap };
  const large = largest(space);
  const step = (beside ? small.height : small.width) + gap;
  const room = Math.max(1, Math.floor(((beside ? stage.height : stage.width) + gap) / step));
  const shown = Math.min(count - 1, room);
  const start = Math.floor(((beside ? stage.height : stage.width) - shown * step + gap) / 2);
  const rects: Rect[] = [];
  let nth = 0;
  for (let i = 0; i < count; i++) {
    if (i === focus) {
      rects.push({
        x: Math.floor((space.width - large.width) / 2),
        y: Math.floor((space.height - large.height) / 2),
        ...large,
      });
    } else if (nth < shown) {
      const along = start + nth++ * step;
      const across = (beside ? space.width : space.height) + gap;
      rects.push(beside ? { x: across, y: along, ...small } : { x: along, y: across, ...small });
    } else {
      rects.push({ x: 0, y: 0, width: 0, height: 0 });
    }
  }
  return { rects, hidden: count - 1 - shown };
}

/** The outline of all of the stage but the holes, where pictures show through; for `clip-path: path(evenodd, …)`. */
export function backdropPath(stage: Box, holes: readonly Rect[], radius: number): string {
  // A pixel more on each side: the stage's own size may end on half a pixel.
  const outer = `M-1 -1H${stage.width + 1}V${stage.height + 1}H-1Z`;
  return holes.reduce((path, hole) => path + roundedRect(hole, radius), outer);
}

function roundedRect({ x, y, width, height }: Rect, radius: number): string {
  const r = Math.min(radius, width / 2, height / 2);
  const [w, h] = [width - 2 * r, height - 2 * r];
  const corner = (dx: number, dy: number) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${w}${corner(r, r)}v${h}${corner(-r, r)}h${-w}${corner(-r, -r)}v${-h}${corner(r, -r)}Z`;
}
