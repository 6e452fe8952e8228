// The living map: MapLibre draws our tiles in the drawing's place, with the marks of what is seen now over it, as they are.
// It shows itself once it has drawn what the drawing shows, and goes as soon as it cannot draw any more.

import type { Map as Gl, MapMouseEvent, PointLike } from "maplibre-gl";
import maplibre from "maplibre-gl/dist/maplibre-gl-csp.js";
import worker from "maplibre-gl/dist/maplibre-gl-csp-worker.js?url";
import { colour, names, quarters } from "./classes";
import * as map from "./map";
import { type Look, type Rents, type Told, diamonds, hatch, room, style } from "./style";
import { fill } from "./words";

/** The zoom whose pixels are the units of the marks: finer than they need. */
const UNITS = 14;
/** Pixels across a tile, and metres around the equator. */
const TILE = 512;
const EQUATOR = 40_075_017;
/** Milliseconds that a step of a button or key takes. */
const STEP = 200;

const read = (): Told => JSON.parse(document.getElementById("living")?.textContent ?? "{}");
let told = read();
const frame = document.getElementById("frame");
const drawing = document.getElementById("map");
const nodata = document.getElementById("nodata");
const look: Look = { from: [], area: "", silent: nodata?.hidden === false };
/** The classes that the legend names. */
let classed: string | undefined = "";
const said = document.createElement("p");
const credit = document.createElement("p");

const calm = (): boolean => matchMedia("(prefers-reduced-motion:reduce)").matches;
const tiles = (template: string): string => String(new URL("tiles/", new URL(".", location.href))) + template;
const around = (lat: number): number => EQUATOR * Math.cos((lat * Math.PI) / 180);
const zoom = (lat: number, metres: number): number => Math.log2(around(lat) / (TILE * metres));

/** Pixels of the zoom of the units, from the first middle, so that they are small. */
const first = map.seen();
const origin = world(first.lat, first.lon);
function world(lat: number, lon: number): [number, number] {
  const scale = TILE * 2 ** UNITS;
  const sin = Math.sin((lat * Math.PI) / 180);
  return [(lon / 360 + 0.5) * scale, (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * scale];
}
function units(lat: number, lon: number): [number, number] {
  const [x, y] = world(lat, lon);
  return [x - origin[0], y - origin[1]];
}

/** Draws unseen beside what is shown, until it can show itself. */
export function start(): void {
  const { marks } = map;
  if (!frame || !drawing || !marks) return;
  maplibre.setWorkerUrl(worker);
  const holder = document.createElement("div");
  holder.id = "gl";
  drawing.after(holder);
  const gl = opened(holder);
  let works = true;
  let shows = false;

  const stop = (): void => {
    if (!works) return;
    works = false;
    if (shows) {
      holder.after(marks);
      said.remove();
      credit.remove();
      delete document.documentElement.dataset.map;
      map.take_back();
    }
    gl.remove();
    holder.remove();
  };
  // What goes wrong later (a tile that does not come) leaves the map as it is.
  gl.on("error", () => shows || stop());
  gl.on("webglcontextlost", () => setTimeout(stop));
  // Paper gets the drawing.
  const printed = () => {
    if (!works) return;
    stop();
    addEventListener("afterprint", start, { once: true });
  };
  addEventListener("beforeprint", printed, { once: true });
  // Whether it draws, for whoever waits for it.
  for (const begins of ["movestart", "dataloading", "styledata"] as const) gl.on(begins, () => delete holder.dataset.rests);
  gl.on("idle", () => {
    if (!works) return;
    holder.dataset.rests = "";
    // With other colours it is drawn again, and this called again.
    if (classify(gl) || shows) return;
    if (!at_same_place(gl)) return;
    shows = true;
    // Within it, so that a finger on a mark moves the map.
    gl.getCanvasContainer().append(marks);
    said.id = "said";
    said.setAttribute("role", "status");
    frame.append(said);
    if (told.basemap?.credit) {
      credit.id = "credit";
      credit.textContent = told.basemap.credit;
      frame.append(credit);
    }
    document.documentElement.dataset.map = "gl";
    map.give(living(gl, stop));
    listen(gl, frame);
  });
}

function opened(holder: HTMLElement): Gl {
  const [west, south, east, north] = told.bounds;
  const { lat, lon, metres } = first;
  // So many metres across are as many pixels as what is looked at now.
  const pixels = Math.min(holder.clientWidth, (holder.clientHeight * 10) / 9) || 1;
  const [least, most] = map.widths;
  const gl = new maplibre.Map({
    container: holder,
    style: style(told, look, tiles),
    center: [lon, lat],
    zoom: zoom(lat, metres),
    minZoom: Math.max(zoom(lat, most / pixels), told.zooms[0]),
    maxZoom: zoom(lat, least / pixels),
    maxBounds: [west, south, east, north],
    attributionControl: false,
    renderWorldCopies: false,
    keyboard: false,
    boxZoom: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    clickTolerance: 6,
    fadeDuration: calm() ? 0 : 200,
  });
  gl.touchZoomRotate.disableRotation();
  gl.getCanvas().tabIndex = -1;
  gl.getCanvas().setAttribute("aria-hidden", "true");
  gl.addImage("hatch", hatch(), { pixelRatio: 2 });
  gl.addImage("room", room());
  for (const [name, image] of diamonds()) gl.addImage(name, image, { pixelRatio: 2 });
  return gl;
}

/** Whether it shows what the drawing shows; where a reader has moved that meanwhile, it follows. */
function at_same_place(gl: Gl): boolean {
  const { lat, lon, metres } = map.seen();
  const [center, near] = [gl.getCenter(), 1e-4];
  const is = Math.abs(center.lat - lat) < near && Math.abs(center.lng - lon) < near;
  if (is && Math.abs(gl.getZoom() - zoom(lat, metres)) < 0.01) return true;
  gl.jumpTo({ center: [lon, lat], zoom: zoom(lat, metres) });
  const now = gl.getCenter();
  // Where it may not go there, near is near enough.
  return Math.abs(now.lat - center.lat) < 1e-9 && Math.abs(now.lng - center.lng) < 1e-9;
}

function living(gl: Gl, stop: () => void): map.Living {
  const unit = () => 2 ** (UNITS - gl.getZoom());
  return {
    units,
    unit,
    stop,
    box() {
      const { lat, lng } = gl.getCenter();
      const [x, y] = units(lat, lng);
      const { clientWidth, clientHeight } = gl.getContainer();
      const [width, height] = [clientWidth * unit(), clientHeight * unit()];
      return [x - width / 2, y - height / 2, width, height];
    },
    move(dx, dy, by) {
      const zoom = Math.min(Math.max(gl.getZoom() - Math.log2(by), gl.getMinZoom()), gl.getMaxZoom());
      const { x, y } = gl.project(gl.getCenter());
      gl.easeTo({ center: gl.unproject([x - dx, y - dy]), zoom, duration: STEP });
    },
    look() {
      const { lat, lon, metres } = map.seen();
      gl.easeTo({ center: [lon, lat], zoom: zoom(lat, metres), duration: 3 * STEP }, { named: true });
    },
    heard() {
      look.silent = nodata?.hidden === false;
      restyle(gl);
    },
    told() {
      told = read();
      // The page's legend is the drawing's now.
      classed = undefined;
      speak(gl);
    },
    marked(at) {
      const scale = TILE * 2 ** UNITS;
      const features = at.map(([x, y]) => {
        const lon = ((x + origin[0]) / scale - 0.5) * 360;
        const lat = (Math.atan(Math.sinh((0.5 - (y + origin[1]) / scale) * 2 * Math.PI)) * 180) / Math.PI;
        const geometry = { type: "Point" as const, coordinates: [lon, lat] };
        return { type: "Feature" as const, geometry, properties: {} };
      });
      gl.getSource<import("maplibre-gl").GeoJSONSource>("marks")?.setData({ type: "FeatureCollection", features });
    },
  };
}

function listen(gl: Gl, frame: HTMLElement): void {
  const follow = () => {
    const { lat, lng } = gl.getCenter();
    map.looked(lat, lng, around(lat) / (TILE * 2 ** gl.getZoom()));
  };
  gl.on("move", follow);
  // A map that only changed its size says so too.
  const place = () => `${gl.getCenter()} ${gl.getZoom()}`;
  let last = place();
  gl.on("moveend", (event: { named?: boolean }) => {
    const same = place() === last;
    last = place();
    map.rested(same || event.named === true);
  });
  gl.on("click", (event: MapMouseEvent) => {
    if (!(event.originalEvent.target as Element).closest(".mark,.leaf")) speak(gl, event.point);
  });
  // By keyboard, what is in the middle.
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame) return;
    if (event.key === "Enter") speak(gl, gl.project(gl.getCenter()));
    if (event.key === "Escape") speak(gl);
  });
  matchMedia("(prefers-color-scheme:dark)").addEventListener("change", () => {
    gl.updateImage("hatch", hatch());
    for (const [name, image] of diamonds()) gl.updateImage(name, image);
    restyle(gl);
  });
  leave_scrolling(frame);
}

/** One finger that moves up or down scrolls the page, as everywhere on it; what moves otherwise moves the map. */
function leave_scrolling(frame: HTMLElement): void {
  let began: Touch | undefined;
  let scrolls = false;
  const options = { capture: true, passive: true };
  frame.addEventListener(
    "touchstart",
    (event) => {
      began = event.touches.length === 1 ? event.touches[0] : undefined;
      scrolls = false;
    },
    options,
  );
  frame.addEventListener(
    "touchmove",
    (event) => {
      const touch = event.touches[0];
      if (began && touch && event.touches.length === 1) {
        const [dx, dy] = [touch.clientX - began.clientX, touch.clientY - began.clientY];
        scrolls = Math.abs(dy) > Math.abs(dx);
        began = undefined;
      }
      if (scrolls) event.stopPropagation();
    },
    options,
  );
}

function restyle(gl: Gl): void {
  const next = style(told, look, tiles);
  // The marks' places are data that the map holds itself.
  const marks = gl.getStyle().sources.marks;
  if (marks) next.sources.marks = marks;
  gl.setStyle(next, { diff: true });
}

/** Colours and legend of the areas that are in sight; whether that changed anything. */
function classify(gl: Gl): boolean {
  if (!told.areas || told.areas.rents || !gl.getLayer("areas")) return false;
  const densities = new Map<string, number>();
  for (const { properties } of gl.queryRenderedFeatures({ layers: ["areas"] }))
    densities.set(String(properties.area), Number(properties.density));
  const from = quarters([...densities.values()]);
  if (from.join() === classed) return false;
  classed = from.join();
  look.from = from;
  restyle(gl);
  const rows = names(from, told.classes).map((name, n) => {
    const row = document.createElement("li");
    const sample = document.querySelector(".legend .scale .swatch")?.cloneNode(true) as Element | undefined;
    sample?.firstElementChild?.setAttribute("class", `k${colour(from, n)}`);
    row.append(...(sample ? [sample] : []), name);
    return row;
  });
  for (const list of document.querySelectorAll(".legend .classes"))
    list.replaceChildren(...rows.map((row) => row.cloneNode(true)));
  return true;
}

/** One sentence about an area's rent. */
function rent(rents: Rents, { name, rent, margin, bound }: Record<string, unknown>): string {
  const dollars = (n: unknown): string => `$${Number(n).toLocaleString("en-US")}`;
  const open = bound === "or_more" ? rents.or_more : bound === "under" ? rents.under : undefined;
  const exact = margin === undefined ? rents.is : rents.about;
  const says = rent === undefined ? rents.none : open ?? exact;
  return fill(says, { n: String(name), rent: dollars(rent), margin: dollars(margin) });
}

/** Says what is known of a place: of the area that it lies in, or that there is no data. */
function speak(gl: Gl, at?: PointLike): void {
  const found = (layer: string) =>
    at && gl.getLayer(layer) ? gl.queryRenderedFeatures(at, { layers: [layer] })[0] : undefined;
  const area = found("areas");
  look.area = area ? String(area.properties.area) : "";
  restyle(gl);
  if (area && told.areas) {
    const more = document.createElement("a");
    more.href = "#open-data";
    more.textContent = told.more;
    const { rents, says } = told.areas;
    const text = rents ? rent(rents, area.properties) : fill(says, { n: Number(area.properties.count) });
    said.replaceChildren(`${text} `, more);
  } else {
    said.textContent = found("outside-fog") ?? found("coverage-fog") ? told.hatched_means : "";
  }
}
