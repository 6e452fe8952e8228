// The living page: what the hub streams takes the place of what it rendered. Without this script nothing is missing but
// the movement.

import * as map from "./map";
import { type Sightings, disconnected, place_marks, seconds, show, tick } from "./sightings";
import { heard, now, set } from "./time";
import { clock, fill, words } from "./words";

/** Seconds without a word after which a connection is held to be lost; the hub says something every 15. */
const SILENT = 40;

const state = document.getElementById("state");
const address = new URL("api/v1/events", new URL(".", location.href));
let source: EventSource | undefined;
let connected = false;
let online: boolean | undefined = document.getElementById("nodata")?.hidden;
let retry = 0;

function say(text: string, live: boolean): void {
  document.documentElement.classList.toggle("on-air", live);
  if (state && state.textContent !== text) state.textContent = text;
}

function alive(at: string): void {
  set(seconds(at));
  connected = true;
  say(words.live, true);
  disconnected("");
}

function lost(): void {
  connected = false;
  const why = fill(words.lost, { time: clock(heard()) });
  say(why, false);
  disconnected(why);
}

function connect(): void {
  clearTimeout(retry);
  source?.close();
  source = new EventSource(address);
  source.addEventListener("sightings", (event: MessageEvent<string>) => {
    const sightings = JSON.parse(event.data) as Sightings;
    alive(sightings.at);
    show(sightings);
    // Hatching depends on it.
    if (online !== sightings.node_online) void map.redraw();
    online = sightings.node_online;
  });
  source.addEventListener("alive", (event: MessageEvent<string>) => alive(event.data));
  source.onerror = () => {
    lost();
    if (source?.readyState === EventSource.CLOSED) {
      clearTimeout(retry);
      retry = window.setTimeout(connect, 10_000 + Math.random() * 10_000);
    }
  };
}

function second(): void {
  tick();
  if (connected && now() - heard() > SILENT) {
    lost();
    connect();
  }
}

set(words.at);
document.documentElement.classList.add("live");
map.start(place_marks);
say(words.connecting, false);
connect();
setInterval(second, 1000);
addEventListener("pageshow", (event) => {
  if (event.persisted) connect();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) second();
});
