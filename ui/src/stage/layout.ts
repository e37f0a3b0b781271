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

/** One tile large, the others in a strip beside or below it, wherever the large one gets larger. `focus` is its index. */
export function spotlight(count: number, focus: number, stage: Box, gap: number): Layout {
  if (count <= 1) return grid(count, stage, gap);
  const [beside, below] = [besideStrip(stage, gap), belowStrip(stage, gap)];
  const { large, space, small, vertical } = beside.large.width > below.large.width ? beside : below;
  const length = vertical ? stage.height : stage.width;
  const step = (vertical ? small.height : small.width) + gap;
  const shown = Math.min(count - 1, Math.max(1, Math.floor((length + gap) / step)));
  const start = Math.floor((length - shown * step + gap) / 2);
  const across = (vertical ? space.width : space.height) + gap;
  const rects: Rect[] = [];
  let nth = 0;
  for (let i = 0; i < count; i++) {
    if (i === focus) {
      const [x, y] = [space.width - large.width, space.height - large.height].map((spare) => Math.floor(spare / 2));
      rects.push({ x: x ?? 0, y: y ?? 0, ...large });
    } else if (nth < shown) {
      const along = start + nth++ * step;
      rects.push(vertical ? { x: across, y: along, ...small } : { x: along, y: across, ...small });
    } else {
      rects.push({ x: 0, y: 0, width: 0, height: 0 });
    }
  }
  return { rects, hidden: count - 1 - shown };
}

/** A stage with a strip for small tiles taken off. */
interface Split {
  large: Box;
  space: Box;
  small: Box;
  vertical: boolean;
}

function besideStrip(stage: Box, gap: number): Split {
  const width = Math.max(MIN_WIDTH, Math.min(240, Math.floor(stage.width * 0.22)));
  const space = { width: stage.width - width - gap, height: stage.height };
  return { large: largest(space), space, small: { width, height: Math.floor(width / RATIO) }, vertical: true };
}

function belowStrip(stage: Box, gap: number): Split {
  const height = Math.max(54, Math.min(135, Math.floor(stage.height * 0.2)));
  const space = { width: stage.width, height: stage.height - height - gap };
  return { large: largest(space), space, small: { width: Math.floor(height * RATIO), height }, vertical: false };
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
