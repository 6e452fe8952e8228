// Moving the map: its view box follows wheel, drag, pinch, buttons and keys, in metres around the city's middle. Once it
// rests where the drawing is too coarse or ends, the hub draws that part (the same page that a link would lead to).
//
// A living map (`gl.ts`) may take the drawing's place: then what moves the view, moves it, and the marks are in its units.

const WIDTH = 1000;
const HEIGHT = 720;
const BLEED = 250;
const MOST_ZOOM = 6;
/** Metres across from which streets are thin; `views/svg.rs` draws by the same. */
const FAR = 18_000;

export const marks = document.querySelector<SVGSVGElement>("#marks");
const drawing = document.querySelector<SVGSVGElement>("#map");
const frame = document.getElementById("frame");

/** What says on the page which view and period it is; the classes of the colours are of what is in sight. */
const PARTS = ["#areas", ".legend .scale", "#bars", "#steps", "#unknown", "#files", "#compared"];

const numbers = (text: string | undefined): number[] => (text ?? "").split(" ").map(Number);
const [lat0 = 0, lon0 = 0] = numbers(marks?.dataset.middle);
const [perLat = 1, perLon = 1] = numbers(marks?.dataset.metres);
const city = Number(marks?.dataset.city ?? 1);

interface Box {
  x: number;
  y: number;
  width: number;
}

/** What a map does that has taken the drawing's place. */
export interface Living {
  /** A point in degrees, in its units. */
  units(lat: number, lon: number): [number, number];
  /** What it shows of them: left, top, width and height. */
  box(): [number, number, number, number];
  /** Its units in a pixel. */
  unit(): number;
  /** Moves by pixels and widens what is seen by a factor. */
  move(dx: number, dy: number, by: number): void;
  /** Shows what `seen` says. */
  look(): void;
  /** Whether there is data at all has changed. */
  heard(): void;
  /** The marks stand there, in its units. */
  marked(at: [number, number][]): void;
  /** What the page says of its tiles has changed. */
  told(): void;
  /** Gives the drawing its place back. */
  stop(): void;
}

const read = (of: SVGSVGElement | null): Box => {
  const [x = 0, y = 0, width = 1] = numbers(of?.dataset.frame);
  return { x, y, width };
};

/** What is drawn, and what is looked at. */
let drawn = read(marks);
let view = { ...drawn };
let redrawn: () => void = () => undefined;
let resting = 0;
let living: Living | undefined;
let asked = "";
/** Counts what was asked for, so that an answer that comes late does not replace a newer one's drawing. */
let asks = 0;
/** Choices of the reader that the hub has not answered yet, and whether a redrawing waits for them. */
let choosing = 0;
let missed = false;
/** Whether the hub is not to be asked for drawings: the view tells where the reader is. */
let held = false;

/** A point in degrees, in units of the drawing. */
export function units(lat: number, lon: number): [number, number] {
  if (living) return living.units(lat, lon);
  const scale = WIDTH / drawn.width;
  return [
    ((lon - lon0) * perLon - drawn.x) * scale + WIDTH / 2,
    ((lat0 - lat) * perLat - drawn.y) * scale + HEIGHT / 2,
  ];
}

/** What is looked at, in units of the drawing: left, top, width and height. */
export function box(): [number, number, number, number] {
  if (living) return living.box();
  const scale = WIDTH / drawn.width;
  const width = view.width * scale;
  const height = (width * HEIGHT) / WIDTH;
  const left = (view.x - drawn.x) * scale + WIDTH / 2 - width / 2;
  const top = (view.y - drawn.y) * scale + HEIGHT / 2 - height / 2;
  return [left, top, width, height];
}

/** Units of the drawing in a pixel. */
export function unit(): number {
  if (living) return living.unit();
  if (!frame) return 1;
  const [, , width, height] = box();
  return Math.max(width / frame.clientWidth, height / frame.clientHeight);
}

function apply(): void {
  if (!frame || !marks || !drawing) return;
  const viewBox = box()
    .map((n) => n.toFixed(2))
    .join(" ");
  if (!living) drawing.setAttribute("viewBox", viewBox);
  marks.setAttribute("viewBox", viewBox);
  frame.style.setProperty("--u", unit().toFixed(3));
  frame.classList.toggle("roomy", unit() < 1.7);
  for (const part of [drawing, marks]) part.classList.toggle("far", view.width > FAR);
}

/** Metres in a pixel. */
function metres(): number {
  if (!frame) return 1;
  return Math.max(
    view.width / frame.clientWidth,
    (view.width * HEIGHT) / WIDTH / frame.clientHeight,
  );
}

/** The least and the most metres across. */
export const widths = [city / 2 ** (MOST_ZOOM + 1), city * 1.2] as const;

function move(dx: number, dy: number, by: number, atX = 0, atY = 0): void {
  if (living) return living.move(dx, dy, by);
  const before = metres();
  view.width = Math.min(Math.max(view.width * by, widths[0]), widths[1]);
  const after = metres();
  const half = city / 2;
  const kept = (n: number) => Math.min(Math.max(n, -half), half);
  view.x = kept(view.x - dx * before + atX * (before - after));
  view.y = kept(view.y - dy * before + atY * (before - after));
  apply();
  clearTimeout(resting);
  resting = window.setTimeout(rest, 300);
}

/** The drawing is a little wider than the view rather than narrower, so that it is seldom outgrown. */
const zoom = (width: number): number =>
  Math.min(Math.max(Math.floor(Math.log2(city / width) + 0.15), 0), MOST_ZOOM);

/** What is looked at, as an address names it. */
function nearest(): string {
  const z = zoom(view.width);
  const quarter = city / 2 ** z / 4;
  const on = (n: number) => Math.min(Math.max(Math.round((n + city / 2) / quarter), 0), 4 << z);
  return z === 0 ? "city" : `${z}.${on(view.x)}.${on(view.y)}`;
}

/** Sets the marks anew, and asks the hub for a drawing of what is looked at if the one that is there does not serve. */
function rest(): void {
  redrawn();
  if (held) return;
  if (zoom(view.width) === zoom(drawn.width) && isDrawn()) return;
  const name = nearest();
  if (name !== asked) void redraw(name);
}

/** The middle of what is looked at in degrees, and how many metres a pixel is. */
export function seen(): { lat: number; lon: number; metres: number } {
  return { lat: lat0 - view.y / perLat, lon: lon0 + view.x / perLon, metres: metres() };
}

/** The living map shows this now. */
export function looked(lat: number, lon: number, metres: number): void {
  if (!frame) return;
  const width = metres * Math.min(frame.clientWidth, (frame.clientHeight * WIDTH) / HEIGHT);
  view = { x: (lon - lon0) * perLon, y: (lat0 - lat) * perLat, width };
  apply();
}

/** The living map came to rest; where nobody asked for a part by its name, the address says which it is now. */
export function rested(isNamed: boolean): void {
  redrawn();
  if (isNamed) return;
  const address = new URL(location.href);
  const name = nearest();
  if (address.searchParams.get("view") === name) return;
  address.searchParams.set("view", name);
  address.hash = "";
  history.replaceState(null, "", address);
  for (const link of document.querySelectorAll<HTMLAnchorElement>("#areas a")) {
    if (new URL(link.href).searchParams.get("view") === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  // Two periods beside each other are of what is looked at, too.
  if (document.getElementById("compared")) void take(address);
}

/** Where the marks stand now, in units. */
export function marked(at: [number, number][]): void {
  living?.marked(at);
}

/** Lets another map take the drawing's place. */
export function give(to: Living): void {
  living = to;
  apply();
  redrawn();
}

/** The drawing is back, of what is looked at. */
export function take_back(): void {
  living = undefined;
  apply();
  redrawn();
  void redraw(nearest());
}

/** Whether all that can be seen is within the drawing and its bleed. */
function isDrawn(): boolean {
  if (!frame) return true;
  const half = (pixels: number) => (pixels / 2) * metres();
  const beyond = (off: number, seen: number, units: number) =>
    Math.abs(off) + half(seen) - ((units / 2 + BLEED) * drawn.width) / WIDTH;
  return (
    beyond(view.x - drawn.x, frame.clientWidth, WIDTH) <= 0 &&
    beyond(view.y - drawn.y, frame.clientHeight, HEIGHT) <= 0
  );
}

/** Takes the hub's drawing of a view (`undefined`: of the address as it is) and keeps looking at the same place. */
export async function redraw(name?: string): Promise<void> {
  if (living) return living.heard();
  if (choosing > 0) {
    missed = true;
    return;
  }
  const address = new URL(location.href);
  if (name) address.searchParams.set("view", name);
  asked = name ?? asked;
  await take(address);
}

/** Takes the drawing of an address. Without a connection the one that is there stays. */
async function take(address: URL): Promise<boolean> {
  if (!drawing || !marks) return false;
  address.hash = "";
  asks += 1;
  const mine = asks;
  const answer = await fetch(address).catch(() => undefined);
  const text = answer?.ok ? await answer.text().catch(() => "") : "";
  const page = new DOMParser().parseFromString(text, "text/html");
  const newer = page.querySelector("#map");
  const newMarks = page.querySelector<SVGSVGElement>("#marks");
  if (!newer || !newMarks || mine !== asks) return false;
  drawing.replaceChildren(...newer.childNodes);
  marks.dataset.frame = newMarks.dataset.frame;
  drawn = read(marks);
  if (address.href !== location.href) history.replaceState(null, "", address);
  for (const part of PARTS) {
    const newer = page.querySelector(part);
    for (const own of newer ? document.querySelectorAll(part) : [])
      own.replaceChildren(...(newer?.cloneNode(true).childNodes ?? []));
  }
  const langs = page.querySelectorAll<HTMLAnchorElement>("a.lang");
  document.querySelectorAll<HTMLAnchorElement>("a.lang").forEach((link, n) => {
    link.href = langs[n]?.getAttribute("href") ?? link.href;
  });
  const [data, newData] = [document, page].map((of) => of.getElementById("living"));
  if (data && newData && data.textContent !== newData.textContent) {
    data.textContent = newData.textContent;
    living?.told();
  }
  redrawn();
  apply();
  return true;
}

/** Takes what the reader chose. A redrawing does not come between: it waits. */
async function choose(address: URL): Promise<boolean> {
  choosing += 1;
  const taken = await take(address);
  choosing -= 1;
  if (missed && choosing === 0) {
    missed = false;
    void redraw();
  }
  return taken;
}

/** Shows another period of what is shown. */
export async function turn(period: string): Promise<void> {
  const address = new URL(location.href);
  address.searchParams.set("period", period);
  await choose(address);
}

/** Looks at the part that a link names. */
async function go(link: HTMLAnchorElement): Promise<void> {
  asked = "";
  held = false;
  if (!(await choose(new URL(link.href)))) return;
  view = { ...drawn };
  if (living) return living.look();
  apply();
  redrawn();
}

/** Moves to a place unless it can be seen already. */
export function reveal(lat: number, lon: number): void {
  const x = (lon - lon0) * perLon;
  const y = (lat0 - lat) * perLat;
  const far = Math.max(Math.abs(x - view.x), (Math.abs(y - view.y) * WIDTH) / HEIGHT);
  if (far > view.width * 0.45) move((view.x - x) / metres(), (view.y - y) / metres(), 1);
}

/**
 * Looks at where the reader is, as far as the drawing that is there reaches. From then on no other drawing is asked for, so
 * that no address tells the hub where that is, until the reader goes to a named part of the city or lets the map go. A
 * living map would ask for tiles there, so it gives the drawing its place back.
 */
export function look(lat: number, lon: number): void {
  living?.stop();
  held = true;
  const before = view;
  view = { x: (lon - lon0) * perLon, y: (lat0 - lat) * perLat, width: Math.min(view.width, drawn.width) };
  if (!isDrawn()) view = before;
  apply();
  redrawn();
}

/** Drawings may be asked for again; what is looked at is what was drawn. */
export function release(): void {
  if (held) view = { ...drawn };
  held = false;
  apply();
  redrawn();
}

function listen(frame: HTMLElement): void {
  const from = (event: MouseEvent): [number, number] => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    return [event.clientX - left - width / 2, event.clientY - top - height / 2];
  };
  frame.addEventListener(
    "wheel",
    (event) => {
      if (living) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      const [x, y] = from(event);
      move(0, 0, 2 ** ((event.deltaY * lines) / 400), x, y);
    },
    { passive: false },
  );

  const fingers = new Map<number, [number, number]>();
  let travelled = 0;
  const spread = (): [number, number, number] => {
    const at = [...fingers.values()];
    const sum = (axis: 0 | 1) => at.reduce((total, point) => total + point[axis], 0) / at.length;
    const [a, b] = at;
    return [sum(0), sum(1), a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0];
  };
  frame.addEventListener("pointerdown", (event) => {
    if (living || event.button || (event.target as Element).closest("#moves")) return;
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, from(event));
  });
  frame.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    // It was let go where nothing of it was heard.
    if (!event.buttons) {
      fingers.delete(event.pointerId);
      return;
    }
    const [x, y, apart] = spread();
    fingers.set(event.pointerId, from(event));
    const [newX, newY, newApart] = spread();
    travelled += Math.hypot(newX - x, newY - y) + Math.abs(newApart - apart);
    // A finger that trembles still taps.
    if (travelled < 6) return;
    frame.setPointerCapture(event.pointerId);
    move(newX - x, newY - y, apart && newApart ? apart / newApart : 1, newX, newY);
  });
  for (const name of ["pointerup", "pointercancel"] as const)
    frame.addEventListener(name, (event) => fingers.delete(event.pointerId));
  frame.addEventListener(
    "click",
    (event) => {
      if (travelled >= 6 && event.detail) {
        travelled = 0;
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const button = (event.target as Element).closest("#moves .in,#moves .out");
      if (!button) return;
      event.preventDefault();
      move(0, 0, button.matches(".in") ? 0.5 : 2);
    },
    true,
  );
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Record<string, [number, number, number]> = {
      ArrowLeft: [80, 0, 1],
      ArrowRight: [-80, 0, 1],
      ArrowUp: [0, 80, 1],
      ArrowDown: [0, -80, 1],
      "+": [0, 0, 0.5],
      "=": [0, 0, 0.5],
      "-": [0, 0, 2],
    };
    const step = keys[event.key];
    if (!step) return;
    event.preventDefault();
    move(...step);
  });
  document.getElementById("areas")?.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void go(link);
  });
  // A link that changes what is on the map keeps what is looked at.
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-keeps=view]");
    const view = new URL(location.href).searchParams.get("view");
    if (!link || !view) return;
    const to = new URL(link.href);
    to.searchParams.set("view", view);
    link.href = to.href;
  });
  new ResizeObserver(() => {
    apply();
    redrawn();
  }).observe(frame);
}

/** Starts listening; `after` is called whenever the drawing was exchanged. */
export function start(after: () => void): void {
  if (!frame || !marks) return;
  redrawn = after;
  frame.tabIndex = 0;
  listen(frame);
  apply();
}
