// Announced sweeps come to a page that stays open, and go from it at their end; so they do where the browser kept it.

import * as map from "./map";
import { now } from "./time";
import { words } from "./words";

/** A kept page has no word of the hub, and its own time is that at which it was kept: there the phone's clock counts. */
const time = (): number => (words.kept ? Date.now() / 1000 : now());

/** Removes what is over, and what announces it when nothing is left. */
export function tick(): void {
  for (const item of document.querySelectorAll<HTMLElement>("[data-over]"))
    if (Number(item.dataset.over) <= time()) item.remove();
  const all = document.getElementById("sweeps");
  if (all && !all.querySelector("[data-over]")) all.remove();
  if (!drawn().length) for (const meaning of document.querySelectorAll(".zones-mean")) meaning.remove();
}

const drawn = (of: ParentNode = document): SVGElement[] => [...of.querySelectorAll<SVGElement>("#marks :is(.zone,.leaf)")];

/** The corners of one of them, in units of the drawing. */
const corners_of = (part: SVGElement): [number, number][] =>
  (part.dataset.degrees ?? "").split(",").map((corner) => {
    const [lat = 0, lon = 0] = corner.split(" ").map(Number);
    return map.units(lat, lon);
  });

/** Where their leaves are, which no mark should cover. */
export const leaves = (): [number, number][] => drawn().filter((part) => part.matches(".leaf")).flatMap(corners_of);

/** Where they are, on the map as it is now. */
export function zones(): SVGElement[] {
  const all = drawn();
  for (const part of all) {
    const corners = corners_of(part).map((corner) => corner.map((n) => n.toFixed(1)).join(" "));
    if (part.matches(".zone")) part.setAttribute("d", `M${corners.join("L")}z`);
    else part.firstElementChild?.setAttribute("transform", `translate(${corners[0]})`);
  }
  return all;
}

/** A row's letter shows its place on the map, wherever that was moved. */
document.addEventListener("click", (event) => {
  const letter = event.target instanceof Element ? event.target.closest(".sweeps .to") : null;
  const zone = letter && document.getElementById(letter.getAttribute("href")?.slice(1) ?? "");
  const [lat, lon] = (zone?.dataset.degrees ?? "").split(/[ ,]/).map(Number);
  if (lat !== undefined && lon !== undefined) map.reveal(lat, lon);
});

/** The parts of a page that announce them. */
const PARTS = ["announced", "sweeps"];

let edition = words.sweeps;

/** Takes both parts, and what is on the map, from the page as it is now, if others are announced than when it was made. */
export async function renew(told: string): Promise<void> {
  if (told === edition) return;
  edition = told;
  const answer = await fetch(location.href, { cache: "no-cache" }).catch(() => undefined);
  // It is tried again with the next event.
  if (!answer?.ok) {
    edition = "";
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of PARTS) {
    const part = fresh.getElementById(id);
    const old = document.getElementById(id);
    // Where none was announced its place is before what follows it there.
    if (!part) old?.remove();
    else if (old) old.replaceWith(part);
    else document.getElementById(part.nextElementSibling?.id ?? "")?.before(part);
  }
  for (const part of drawn()) part.remove();
  map.marks?.prepend(...drawn(fresh));
  zones();
  const legends = fresh.querySelectorAll(".legend .more");
  document.querySelectorAll(".legend .more").forEach((legend, n) => {
    const newer = legends[n];
    if (newer) legend.replaceWith(newer);
  });
}
