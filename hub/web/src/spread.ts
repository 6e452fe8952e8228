// Marks that would cover each other, moved apart until each can be read; `views/spread.rs` is the same rule, and says why.

export type Point = [number, number];
export type Size = "aged" | "numbered" | "dot";

/** Each size that needs room, how wide and how high, in pixels. */
const BOXES: [Size, number, number][] = [
  ["aged", 43, 48],
  ["numbered", 33, 33],
];
/** How wide and high what cannot be moved is, in pixels. */
const LEAF = 28;
/** Pixels that a mark may be moved. */
const FARTHEST = 64;
const ROUNDS = 100;
/** More marks than this are dots. */
const MOST = 60;

/** Pixels between a mark's middle and the edge of the frame. */
const MARGIN = 24;

/** Left, top, width and height of what is looked at. */
export type Frame = [number, number, number, number];

/** Where marks stand whose places are `places`, beside `leaves`, all in units of `unit` to a pixel. */
export function spread(places: Point[], leaves: Point[], frame: Frame, unit: number): [Size, Point[]] {
  const isNear = ([x, y]: Point, n: number) => {
    const [px, py] = places[n] ?? [x, y];
    return Math.hypot(x - px, y - py) <= FARTHEST * unit;
  };
  if (places.length > MOST) return ["dot", places];
  for (const [size, wide, high] of BOXES) {
    for (const beside of leaves.length ? [leaves, []] : [[]])
      for (const rows of [1, 2, 3]) {
        const start = inRows(places, rows, high * unit);
        const at = apart(places, start, beside, [wide, high], frame, unit);
        if (at?.every(isNear)) return [size, at];
      }
  }
  return ["dot", places];
}

/** Marks on one line would only part along it, and get far: every second or third starts a little above or below. */
function inRows(places: Point[], rows: number, high: number): Point[] {
  return places.map(([x, y], n): Point => [x, y + ((n % rows) - (rows - 1) / 2) * high]);
}

/** By how much two boxes have to part, the shorter way: along which axis. Nothing where they do not overlap. */
function push(one: Point, other: Point, [wide, high]: Point): [0 | 1, number] | undefined {
  const [dx, dy] = [other[0] - one[0], other[1] - one[1]];
  const [overX, overY] = [wide - Math.abs(dx), high - Math.abs(dy)];
  if (overX <= 0 || overY <= 0) return undefined;
  const by = (over: number, way: number) => (way < 0 ? -over - 1.2 : over + 1.2);
  return overX <= overY ? [0, by(overX, dx)] : [1, by(overY, dy)];
}

/** Pushes overlapping boxes apart, each by half, the shorter way, until none is left; none leaves the frame. */
function apart(
  places: Point[],
  at: Point[],
  leaves: Point[],
  [wide, high]: Point,
  [left, top, width, height]: Frame,
  unit: number,
): Point[] | undefined {
  const kept = (at: number, place: number, from: number, to: number, margin: number) => {
    if (place < from || place > to) return at;
    const least = Math.min(from + margin * unit, place);
    return Math.min(Math.max(at, least), Math.max(to - MARGIN * unit, place));
  };
  const room: Point = [wide * unit, high * unit];
  const besideLeaf: Point = [((wide + LEAF) / 2) * unit, ((high + LEAF) / 2) * unit];
  for (let round = 0; round < ROUNDS; round += 1) {
    let isClear = true;
    at.forEach((one, n) => {
      for (const other of at.slice(n + 1)) {
        const pushed = push(one, other, room);
        if (!pushed) continue;
        isClear = false;
        const [axis, by] = pushed;
        one[axis] -= by / 2;
        other[axis] += by / 2;
      }
      for (const leaf of leaves) {
        const pushed = push(leaf, one, besideLeaf);
        if (!pushed) continue;
        isClear = false;
        one[pushed[0]] += pushed[1];
      }
    });
    if (isClear) return at;
    at.forEach((mark, n) => {
      const [x, y] = places[n] ?? mark;
      mark[0] = kept(mark[0], x, left, left + width, MARGIN);
      mark[1] = kept(mark[1], y, top, top + height, MARGIN - 6);
    });
  }
  return undefined;
}
