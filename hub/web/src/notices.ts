// Announced sweeps go at their end, also from a page that stays open or that the browser kept.

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
}
