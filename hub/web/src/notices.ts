// Announced sweeps come to a page that stays open, and go from it at their end; so they do where the browser kept it.

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

/** The parts of a page that announce them. */
const PARTS = ["announced", "sweeps"];

let edition = words.sweeps;

/** Takes both parts from the page as it is now, if others are announced than when it was made. */
export async function renew(told: string): Promise<void> {
  if (told === edition || words.embedded) return;
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
}
