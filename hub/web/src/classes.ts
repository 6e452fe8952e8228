// Classes of a layer's colours, of the areas that are in sight; `views/classes.rs` is the same rule, and says why.

import { fill } from "./words";

/** How many colours there are. */
const COLOURS = 4;

/** Where each class but the first begins: a quarter of the areas in each, fewer classes where areas are few or alike. */
export function quarters(densities: number[]): number[] {
  const sorted = densities.slice().sort((a, b) => a - b);
  const from: number[] = [];
  for (let quarter = 1; quarter < COLOURS; quarter += 1) {
    const bound = rounded(sorted[Math.floor((sorted.length * quarter) / COLOURS)] ?? 0);
    if (bound > (from[from.length - 1] ?? rounded(sorted[0] ?? 0))) from.push(bound);
  }
  return from;
}

/** The colour of a class, spread over all that there are. */
export function colour(classes: number[], n: number): number {
  return [[1], [0, 2], [0, 1, 3], [0, 1, 2, 3]][classes.length]?.[n] ?? COLOURS - 1;
}

/** What the classes are called. `words` are for one alone, for the lowest, for those between and for the highest. */
export function names(from: number[], [only, below, between, above]: [string, string, string, string]): string[] {
  const [first] = from;
  const last = from[from.length - 1];
  if (first === undefined || last === undefined) return [only];
  const pairs = from.slice(1).map((m, n) => fill(between, { n: written(from[n] ?? 0), m: written(m) }));
  return [fill(below, { n: written(first) }), ...pairs, fill(above, { n: written(last) })];
}

const written = (density: number): string => density.toFixed(1).replace(/\.0$/, "");

function rounded(density: number): number {
  const digits = Math.floor(Math.log10(density));
  if (!(digits >= 1)) return Math.floor(density * 10 + 1e-9) / 10;
  const unit = 10 ** (digits - 1);
  return Math.floor(density / unit + 1e-9) * unit;
}
