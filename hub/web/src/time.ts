// The hub's time. A phone's clock may be wrong and its timers sleep, so time is counted from what the hub last said, by
// whichever of the two clocks went further: a sighting may go too early here, never too late.

let said = 0;
let base = 0;
let wall = 0;
let steady = 0;

/** The hub said `seconds`; it may have been kept on the way, but it is not later than `latest`. */
export function set(seconds: number, latest = seconds): void {
  said = seconds;
  base = latest;
  wall = Date.now();
  steady = performance.now();
}

/** Seconds since 1970. */
export function now(): number {
  const passed = Math.max(Date.now() - wall, performance.now() - steady, 0);
  return base + passed / 1000;
}

/** When the hub last said so. */
export function heard(): number {
  return said;
}
