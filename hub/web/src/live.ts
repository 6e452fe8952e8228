// The living page: what the hub streams takes the place of what it rendered. Without this script nothing is missing but
// the movement.

import * as history from "./history";
import { invite } from "./invite";
import * as map from "./map";
import * as near from "./near";
import * as notices from "./notices";
import * as offline from "./offline";
import { type Sightings, disconnected, has_data, place_marks, rearrange, seconds, select, show, tick } from "./sightings";
import { heard, now, set } from "./time";
import { clock, fill, words } from "./words";

/** Seconds without a word after which a connection is held to be lost; the hub says something every 15. */
const SILENT = 40;
/** Milliseconds before the first and the latest of the attempts to connect again. */
const SOONEST = 1_000;
const LATEST = 30_000;

const state = document.getElementById("state");
const address = new URL("api/v1/events", new URL(".", location.href));
let source: EventSource | undefined;
let connected = false;
let hasData = document.getElementById("nodata")?.hidden;
let retry = 0;
let failures = 0;

function say(text: string, live: boolean): void {
  document.documentElement.classList.toggle("on-air", live);
  if (state && state.textContent !== text) state.textContent = text;
}

function alive(at: string): void {
  // The hub is there again, so the living page can be had; not at once, lest it be asked for without end.
  if (words.kept) {
    source?.close();
    setTimeout(() => location.reload(), 1000);
    return;
  }
  set(seconds(at));
  connected = true;
  failures = 0;
  document.documentElement.classList.remove("lost");
  say(words.live, true);
  disconnected("");
}

function lost(): void {
  connected = false;
  document.documentElement.classList.add("lost");
  const why = fill(words.lost, { time: clock(heard()) });
  say(why, false);
  disconnected(why);
}

/** A browser tries again by itself, but some give up where the hub is away for long; so this script does it for all. */
function connect(): void {
  clearTimeout(retry);
  // A connection that stays silent is none, also the first.
  retry = window.setTimeout(() => connected || again(), SILENT * 1000);
  source?.close();
  source = new EventSource(address);
  source.addEventListener("sightings", (event: MessageEvent<string>) => {
    const sightings = JSON.parse(event.data) as Sightings;
    alive(sightings.at);
    if (words.kept) return;
    show(sightings);
    void notices.renew(sightings.sweeps);
    // Hatching depends on it.
    if (hasData !== has_data(sightings)) void map.redraw();
    hasData = has_data(sightings);
  });
  source.addEventListener("alive", (event: MessageEvent<string>) => alive(event.data));
  source.onerror = again;
}

/** Waits twice as long after each failure, and never in step with other pages. */
function again(): void {
  source?.close();
  lost();
  clearTimeout(retry);
  const wait = Math.min(SOONEST * 2 ** failures, LATEST);
  failures += 1;
  retry = window.setTimeout(connect, wait * (0.5 + Math.random()));
}

/** At once, where there is reason to think that it will work now. */
function hurry(): void {
  failures = 0;
  if (!connected) connect();
}

function second(): void {
  tick();
  notices.tick();
  if (connected && now() - heard() > SILENT) again();
}

/** A page that a browser kept shows what there was: what has faded goes at once, and the rest waits for the hub's word. */
function returned(): void {
  lost();
  failures = 0;
  connect();
}

set(words.at, words.latest);
document.documentElement.classList.add("live");
map.start(place_marks);
say(fill(words.connecting, { time: clock(heard()) }), false);
near.start(rearrange);
history.start();
offline.keep();
offline.address();
connect();
setInterval(second, 1000);
addEventListener("pageshow", (event) => {
  if (event.persisted) returned();
});
const marked = /^#m-(\w+)$/.exec(location.hash)?.[1];
if (marked) select(marked);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  second();
  hurry();
});
addEventListener("online", hurry);
if (document.readyState === "complete") invite();
else addEventListener("load", invite);
