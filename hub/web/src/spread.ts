// Marks that would cover each other, moved apart until each can be read; `views/spread.rs` is the same rule, and says why.

export type Point = [number, number];
export type Size = "aged" | "numbered" | "dot";

/** Each size that needs room, how wide and how high, in pixels. */
const BOXES: [Size, number, number][] = [
  ["aged", 39, 45],
  ["numbered", 31, 31],
];
/** Pixels that a mark may be moved. */
const FARTHEST = 64;
const ROUNDS = 100;
/** More marks than this are dots. */
const MOST = 60;

/** Where marks stand whose places are `places`, all in units of `unit` to a pixel. */
export function spread(places: Point[], unit: number): [Size, Point[]] {
  for (const [size, wide, high] of BOXES) {
    const at = places.length <= MOST && apart(places, wide * unit, high * unit);
    const isNear = ([x, y]: Point, n: number) => {
      const [px, py] = places[n] ?? [x, y];
      return Math.hypot(x - px, y - py) <= FARTHEST * unit;
    };
    if (at && at.every(isNear)) return [size, at];
  }
  return ["dot", places];
}

/** Pushes overlapping boxes apart, each by half, the shorter way, until none is left. */
function apart(places: Point[], wide: number, high: number): Point[] | undefined {
  const at = places.map(([x, y]): Point => [x, y]);
  for (let round = 0; round < ROUNDS; round += 1) {
    let isClear = true;
    at.forEach((one, n) => {
      for (const other of at.slice(n + 1)) {
        const dx = other[0] - one[0];
        const dy = other[1] - one[1];
        const overX = wide - Math.abs(dx);
        const overY = high - Math.abs(dy);
        if (overX <= 0 || overY <= 0) continue;
        isClear = false;
        const axis = overX <= overY ? 0 : 1;
        const half = (axis ? overY : overX) / 2 + 0.1;
        const push = (axis ? dy : dx) < 0 ? -half : half;
        one[axis] -= push;
        other[axis] += push;
      }
    });
    if (isClear) return at;
  }
  return undefined;
}
