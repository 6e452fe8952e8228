// What is seen now: rows and marks made from an event, aged every second, gone the second they are due.

import * as map from "./map";
import * as near from "./near";
import { leaves, zones } from "./notices";
import { now } from "./time";
import { spread, type Point, type Size } from "./spread";
import { age, ago, clock, fill, place, words } from "./words";

interface Properties {
  cell: string;
  label: string;
  level: string;
  last_seen: string;
  fades_at: string;
}

interface Feature {
  geometry: { coordinates: [number, number][][] };
  properties: Properties;
}

export interface Sightings {
  at: string;
  node_online: boolean;
  /** When another sender said that they left, by cell. */
  reported_gone: Record<string, string>;
  /** Differs once other sweeps are announced. */
  sweeps: string;
  features: Feature[];
}

const rows = document.getElementById("rows");
let shown: Sightings | undefined;
let selected = "";
/** What to say in the place of a silence that means nothing, while the connection is lost. */
let excuse = "";

export const seconds = (time: string): number => Date.parse(time) / 1000;

function html(
  name: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function svg(
  name: string,
  attributes: Record<string, string | number>,
  ...children: (Node | string)[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const gone_from = (of: Properties): string | undefined => shown?.reported_gone[of.cell];

function badge(of: Properties, number: number): SVGElement[] {
  const parts = [svg("use", { href: `#b-${of.level}`, x: -16, y: -16, width: 32, height: 32 })];
  if (gone_from(of)) parts.push(svg("path", { class: "strike", d: "M-15 11L15-11" }));
  parts.push(svg("text", { class: "no", y: 4.8 }, String(number)));
  return parts;
}

function row(feature: Feature, number: number): HTMLElement {
  const of = feature.properties;
  const [level, means] = words.levels[of.level] ?? [of.level, ""];
  const gone = gone_from(of);
  return html(
    "li",
    {
      id: `s-${of.cell}`,
      class: gone ? "row left" : "row",
      "data-fades": String(seconds(of.fades_at)),
      "data-seen": String(seconds(of.last_seen)),
    },
    html(
      "a",
      { class: "to", href: `${words.map_page}#m-${of.cell}`, "aria-label": `${words.map}: ${number}` },
      svg("svg", { viewBox: "-16 -16 32 32", "aria-hidden": "true" }, ...badge(of, number)),
    ),
    html(
      "div",
      {},
      html("h3", {}, place(of.label)),
      html("p", { class: "away" }, near.away(feature)),
      html("p", { class: "when" }, html("span", { class: "ago" }), " · ", html("span", { class: "fd" })),
      html("p", { class: "lv" }, html("b", {}, level), `, ${means}`),
      html("p", { class: "gone" }, gone ? fill(words.gone, { time: clock(seconds(gone)) }) : ""),
      html("progress", { max: "60", "aria-hidden": "true" }),
    ),
    ...(gone ? [] : [they_left(of)]),
  );
}

/** The button of the page's form `left`. */
function they_left(of: Properties): HTMLElement {
  const attributes = {
    class: "they-left",
    form: "left",
    name: "cell",
    value: of.cell,
    "aria-label": `${words.they_left}: ${place(of.label)}`,
  };
  return html("button", attributes, words.they_left);
}

/** Says so without leaving the page: its note comes with the next event. */
document.getElementById("left")?.addEventListener("submit", (event) => {
  const form = event.currentTarget as HTMLFormElement;
  const button = event.submitter as HTMLButtonElement | null;
  if (!button) return;
  event.preventDefault();
  const body = new URLSearchParams({ [button.name]: button.value });
  // The answer leads back to this page, which is here already.
  const options = { method: "POST", mode: "same-origin", redirect: "manual", body } as const;
  const answered = (answer: Response): void => {
    if (answer.type === "opaqueredirect") return;
    // The hub says on a page of its own why not.
    form.append(html("input", { type: "hidden", name: button.name, value: button.value }));
    form.submit();
  };
  void fetch(form.action, options).then(answered, () => (button.textContent = words.not_sent));
});

/** A cell's corners and its middle, in units of the drawing. */
function outline(of: Feature): [Point[], Point] {
  const ring = (of.geometry.coordinates[0] ?? []).map(([lon, lat]) => map.units(lat, lon));
  const corners = ring.slice(0, -1);
  const middle = (axis: 0 | 1) =>
    corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  return [ring, [middle(0), middle(1)]];
}

const round = ([x, y]: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
const kind = (name: string, of: Properties): string =>
  `${name} ${of.level}${gone_from(of) ? " left" : ""}`;

function cell(of: Properties, ring: Point[]): SVGElement {
  return svg("path", {
    id: `c-${of.cell}`,
    class: kind("cell", of),
    d: `M${ring.map(round).join("L")}z`,
  });
}

/** The line from a place to a mark that had to be moved from it. */
function lead(of: Properties, place: Point, at: Point): SVGElement {
  return svg("path", { id: `l-${of.cell}`, class: "lead", d: `M${round(at)}L${round(place)}` });
}

function mark(of: Properties, number: number, size: Size, at: Point): SVGElement {
  return svg(
    "a",
    { id: `m-${of.cell}`, href: `#s-${of.cell}`, tabindex: -1, class: kind("mark", of) },
    svg(
      "g",
      { class: size, transform: `translate(${round(at)})` },
      svg(
        "g",
        { class: "badge" },
        svg("circle", { class: "hit", r: 22 }),
        ...badge(of, number),
        svg("text", { class: "age", y: 26 }),
      ),
    ),
  );
}

/** Whether silence says anything at all: somebody is asked to report, and can be heard. */
export const has_data = (of: Sightings): boolean => of.node_online && words.covered;

/** What may still be shown, in the order of the rows. */
function current(): Feature[] {
  const features = shown?.features.filter((f) => seconds(f.properties.fades_at) > now());
  return near.arranged(features ?? []);
}

/** The same in another order. */
export function rearrange(): void {
  const newest = waiting ?? shown;
  if (newest) show(newest);
}

/** While something is pressed, but no longer than this many milliseconds, what is new waits: a click is of what is there from its start to its end. */
const PRESSED = 2_000;
let pressed = 0;
let waiting: Sightings | undefined;

function let_go(): void {
  clearTimeout(pressed);
  pressed = 0;
  const next = waiting;
  waiting = undefined;
  if (next) show(next);
}

addEventListener("pointerdown", () => {
  clearTimeout(pressed);
  pressed = window.setTimeout(let_go, PRESSED);
}, true);
for (const end of ["pointerup", "pointercancel"])
  // After the click.
  addEventListener(end, () => pressed && setTimeout(let_go), true);

/** Puts an event's state in the place of what the page shows. */
export function show(next: Sightings): void {
  if (pressed) {
    waiting = next;
    return;
  }
  const before = new Set([...document.querySelectorAll(".row")].map((row) => row.id));
  const focused = document.activeElement;
  const focusedRow = focused?.closest(".row")?.id;
  shown = next;
  rows?.replaceChildren(...current().map((f, n) => row(f, n + 1)));
  for (const item of document.querySelectorAll(".row"))
    if (!before.has(item.id)) item.classList.add("fresh");
  if (focused && focusedRow) {
    const same = document.getElementById(focusedRow);
    const part = same?.querySelector<HTMLElement>(focused.localName) ?? same?.querySelector<HTMLElement>(".to");
    part?.focus();
  }
  const nodata = document.getElementById("nodata");
  if (nodata) nodata.hidden = has_data(next);
  place_marks();
  tick();
}

/** Where the place is that the reader looked for, if they did. */
const pin = document.querySelector<SVGGElement>("#marks .pin");
function pinned(): SVGElement[] {
  const [lat, lon] = (pin?.dataset.at ?? "").split(" ").map(Number);
  if (!pin || lat === undefined || lon === undefined) return [];
  const [x, y] = map.units(lat, lon);
  pin.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  return [pin];
}

/** Draws the marks anew, for instance after the map was. */
export function place_marks(): void {
  if (!shown) return;
  const features = current();
  const outlines = features.map(outline);
  const places = outlines.map(([, middle]) => middle);
  const [size, at] = spread(places, leaves(), map.box(), map.unit());
  const cells = features.map((f, n) => cell(f.properties, outlines[n]?.[0] ?? []));
  const nowhere: Point = [0, 0];
  const badges = features.map((f, n) =>
    mark(f.properties, n + 1, size, at[n] ?? nowhere),
  );
  const leads = features.map((f, n) => lead(f.properties, places[n] ?? nowhere, at[n] ?? nowhere));
  map.marks?.replaceChildren(...zones(), ...cells.reverse(), ...leads, ...pinned(), ...near.dot(), ...badges.reverse());
  map.marked(at);
  select(selected);
  tick();
}

/** Ages everything by the hub's time, and removes what is due. */
export function tick(): void {
  const time = now();
  let left = 0;
  let newest = 0;
  let where = "";
  for (const item of document.querySelectorAll<HTMLElement>(".row")) {
    const fades = Number(item.dataset.fades);
    const seen = Number(item.dataset.seen);
    const [drawn, area, lead] = ["m", "c", "l"].map((part) =>
      document.getElementById(`${part}-${item.id.slice(2)}`),
    );
    if (fades <= time) {
      for (const part of [item, drawn, area, lead]) part?.remove();
      continue;
    }
    left += 1;
    if (seen > newest) where = item.querySelector("h3")?.textContent ?? "";
    newest = Math.max(newest, seen);
    const minutes = Math.ceil((fades - time) / 60);
    say(item.querySelector(".ago"), ago(seen, time));
    say(item.querySelector(".fd"), fill(words.fades, { time: clock(fades), n: minutes }));
    item.querySelector("progress")?.setAttribute("value", String((fades - time) / 60));
    say(drawn?.querySelector(".age") ?? null, age(seen, time));
    for (const part of [item, drawn, area]) {
      part?.classList.toggle("mid", minutes <= 30 && minutes > 15);
      part?.classList.toggle("old", minutes <= 15);
    }
  }
  const count = left === 0 ? excuse || words.none : left === 1 ? words.one : fill(words.many, { n: left });
  say(document.getElementById("count"), count);
  say(document.getElementById("newest-where"), where);
  say(document.getElementById("newest"), left ? fill(words.newest, { ago: ago(newest, time) }) : "");
  const line = document.getElementById("count-line");
  const silent = document.getElementById("nodata")?.hidden === false;
  if (line) line.hidden = silent && left === 0;
}

/** Without a connection an empty list is not "nothing seen": it says `why` instead. */
export function disconnected(why: string): void {
  excuse = why;
  tick();
}

/** Only what changed, so that a screen reader is not told the same again. */
function say(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Marks one sighting on the map and in the list. */
export function select(cell: string): void {
  selected = cell;
  for (const part of document.querySelectorAll(".row,.mark,.cell"))
    part.classList.toggle("on", part.id.slice(2) === cell);
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const link = event.target.closest(".mark,.to");
  const cell = link?.getAttribute("href")?.split(/#[ms]-/)[1];
  if (!link || !cell) return;
  if (!map.marks) return;
  event.preventDefault();
  select(cell);
  const calm = matchMedia("(prefers-reduced-motion:reduce)").matches;
  const behavior = calm ? "auto" : "smooth";
  if (link.matches(".to")) {
    const feature = shown?.features.find((f) => f.properties.cell === cell);
    const corner = feature?.geometry.coordinates[0]?.[0];
    if (corner) map.reveal(corner[1], corner[0]);
    document.getElementById("frame")?.scrollIntoView({ block: "nearest", behavior });
  } else {
    document.getElementById(`s-${cell}`)?.scrollIntoView({ block: "nearest", behavior });
  }
});
