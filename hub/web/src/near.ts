// "Nearest first": the rows by their distance from the reader. The position is asked for on a tap alone, is held in this
// page's memory and nowhere else, and nothing that depends on it is asked of the hub (`map.look`).

import * as map from "./map";
import { fill, words } from "./words";

type Position = [lat: number, lon: number];
interface Place {
  geometry: { coordinates: [number, number][][] };
}

const part = document.getElementById("near");
const button = part?.querySelector("button");
const said = part?.querySelector("p");
let position: Position | undefined;

/** The middle of a cell. */
function middle(of: Place): Position {
  const corners = (of.geometry.coordinates[0] ?? []).slice(0, -1);
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  return [mean(1), mean(0)];
}

/** Metres from one point to another, as on a plane. */
export function metres([lat, lon]: Position, [toLat, toLon]: Position): number {
  const north = (toLat - lat) * 110_950;
  const east = (toLon - lon) * 111_320 * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

/** In the order of the rows: as they come, or by distance once the reader has asked for it. */
export function arranged<T extends Place>(features: T[]): T[] {
  const here = position;
  if (!here) return features;
  return [...features].sort((one, other) => metres(here, middle(one)) - metres(here, middle(other)));
}

/** How far away a cell's middle is; nothing where nobody asked. A cell is wide, so it is said in hundreds of metres. */
export function away(of: Place): string {
  if (!position) return "";
  const far = Math.max(Math.round(metres(position, middle(of)) / 100), 1) * 100;
  return far < 1000
    ? fill(words.metres_away, { n: far })
    : fill(words.kilometres_away, { n: (far / 1000).toFixed(1) });
}

/** The reader on the map, or nothing. */
export function dot(): SVGElement[] {
  if (!position) return [];
  const [x, y] = map.units(...position);
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  circle.setAttribute("class", "here");
  circle.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  return [circle];
}

/** Shows the button where a position can be had; `changed` is called when the order is another. */
export function start(changed: () => void): void {
  if (!part || !button || !said || words.kept || !isSecureContext || !("geolocation" in navigator)) return;
  part.hidden = false;
  const set = (to: Position | undefined, why: string): void => {
    position = to;
    button.setAttribute("aria-pressed", String(Boolean(to)));
    if (said.textContent !== why) said.textContent = why;
    changed();
    if (to) map.look(...to);
    else map.release();
  };
  button.addEventListener("click", () => {
    if (position) return set(undefined, words.nearest_private);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => set([coords.latitude, coords.longitude], words.nearest_private),
      () => set(undefined, words.nearest_failed),
      { maximumAge: 60_000, timeout: 30_000 },
    );
  });
}
