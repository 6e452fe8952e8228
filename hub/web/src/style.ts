// How the living map looks: the colours are the page's own, from its style sheet, and so are the widths at the zooms that
// both maps show.

import type {
  DataDrivenPropertyValueSpecification as Driven,
  ExpressionSpecification as Expression,
  FilterSpecification as Filter,
  LayerSpecification as Layer,
  StyleSpecification as Style,
} from "maplibre-gl";
import { colour } from "./classes";
import type { Template } from "./words";

type Bounds = [number, number, number, number];

/** What the page says of its tiles; `views/living.rs` writes it. */
export interface Told {
  streets: string;
  areas: { tiles: string; begun_by: string | null; says: Template; rents: Rents | null } | null;
  transit: string | null;
  cameras: string | null;
  basemap: { tiles: string; bounds: Bounds; zooms: [number, number]; credit: string | null } | null;
  bounds: Bounds;
  zooms: [number, number];
  hatched: string;
  hatched_means: string;
  more: string;
  classes: [string, string, string, string];
}

/** What the page says of rents: the sentences by `bound`, and the colour of each class. */
export interface Rents {
  is: string;
  about: string;
  or_more: string;
  under: string;
  none: string;
  colours: number[];
}

export interface Look {
  /** Where the classes of the areas' colours begin. */
  from: number[];
  /** The area that is spoken of. */
  area: string;
  /** Whether nothing can be heard, so that there is no data anywhere. */
  silent: boolean;
}

/** A colour or another value of the page's style sheet. */
export function paint(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The first word is the weight, the rest are the page's own families; no font is fetched. */
const font = (weight: string): string[] => [weight, "system-ui", "Roboto", "Noto Sans", "sans-serif"];

/** Pixels by zoom; between two of them streets grow as the map does. */
const width = (...stops: number[]): Driven<number> =>
  ["interpolate", ["exponential", 1.6], ["zoom"], ...stops] as unknown as Expression;

const rank = (n: number): Filter => ["==", ["get", "rank"], n];

function street(id: string, n: number, color: string, widths: Driven<number>): Layer {
  return {
    id,
    type: "line",
    source: "streets",
    "source-layer": "streets",
    filter: rank(n),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": widths },
  };
}

/** Names along streets. */
function along(id: string, n: number, from: number, weight: string, color: string): Layer {
  return {
    id,
    type: "symbol",
    source: "streets",
    "source-layer": "streets",
    minzoom: from,
    filter: rank(n),
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 220,
      "text-field": ["get", "name"],
      "text-font": font(weight),
      "text-size": ["interpolate", ["linear"], ["zoom"], 12, 11, 16, 14],
      "text-max-angle": 25,
      "text-padding": 4,
    },
    paint: halo(color),
  };
}

const halo = (color: string) => ({
  "text-color": color,
  "text-halo-color": paint("halo"),
  "text-halo-width": 1.4,
});

/** That there is no data: what lies under it pales, and is hatched. */
function hatched(over: string, isThere: boolean): Layer[] {
  const visibility = isThere ? "visible" : "none";
  const of = { type: "fill", source: "streets", "source-layer": over, layout: { visibility } } as const;
  return [
    { ...of, id: `${over}-fog`, paint: { "fill-color": paint("fog"), "fill-opacity": 0.6, "fill-antialias": false } },
    { ...of, id: `${over}-hatch`, paint: { "fill-pattern": "hatch", "fill-antialias": false } },
  ];
}

/** Of a map of the world what helps to find one's way, in colours that stay behind everything else; the layers of Protomaps. */
function ground(told: Told): Layer[] {
  if (!told.basemap) return [];
  const of = (id: string, layer: string, kinds?: string[]) => ({
    id: `ground-${id}`,
    source: "ground",
    "source-layer": layer,
    ...(kinds && { filter: ["in", ["coalesce", ["get", "kind"], ["get", "pmap:kind"]], ["literal", kinds]] as unknown as Filter }),
  });
  const green = ["park", "forest", "wood", "grass", "grassland", "cemetery", "golf_course", "nature_reserve", "garden", "meadow", "recreation_ground", "pitch"];
  const fill = (color: string) => ({ type: "fill" as const, paint: { "fill-color": color, "fill-antialias": false } });
  const line = (color: string, widths: Driven<number>) =>
    ({ type: "line" as const, paint: { "line-color": color, "line-width": widths } });
  return [
    { ...of("landuse", "landuse", green), ...fill(paint("green")) },
    { ...of("natural", "natural", green), ...fill(paint("green")) },
    { ...of("water", "water"), ...fill(paint("water")), filter: ["==", ["geometry-type"], "Polygon"] },
    { ...of("roads", "roads"), ...line(paint("street"), width(8, 0.3, 12, 0.7, 15, 2, 17, 6)) },
    { ...of("buildings", "buildings"), ...fill(paint("built")), minzoom: 14 },
  ];
}

/** Lines of trains and buses, as the drawing has them: no colour of their own, so that they stay behind what is seen now. */
function lines(told: Told): Layer[] {
  if (!told.transit) return [];
  const of = { type: "line", source: "transit", "source-layer": "lines" } as const;
  const rail = (is: "==" | "!="): Filter => [is, ["get", "mode"], "rail"];
  const round = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { ...of, id: "bus", filter: rail("!="), paint: { "line-color": paint("rail"), "line-width": 1.25, "line-dasharray": [2, 2] } },
    { ...of, id: "rail", filter: rail("=="), layout: round, paint: { "line-color": paint("rail"), "line-width": width(8, 1.5, 12, 2.75, 17, 5) } },
    { ...of, id: "rail-dash", filter: rail("=="), paint: { "line-color": paint("halo"), "line-width": width(8, 0.6, 12, 1.25, 17, 2.5), "line-dasharray": [4, 4] } },
  ];
}

function stops(told: Told): Layer[] {
  if (!told.transit) return [];
  return [
    {
      id: "stops",
      type: "circle",
      source: "transit",
      "source-layer": "stops",
      paint: {
        "circle-color": paint("card"),
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 1.5, 13, 3.25],
        "circle-stroke-color": paint("rail"),
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 13, 1.75],
      },
    },
  ];
}

/** A station's name, of which its dot says already that it is a station. */
function stations(told: Told): Layer[] {
  if (!told.transit) return [];
  const name: Expression = ["get", "name"];
  const short = ["case", ["==", ["slice", name, -8], " Station"], ["slice", name, 0, -8], name] as unknown as Expression;
  return [
    {
      id: "station-names",
      type: "symbol",
      source: "transit",
      "source-layer": "stops",
      filter: ["==", ["get", "kind"], "station"],
      minzoom: 11.5,
      layout: {
        "text-field": short,
        "text-font": font("Semibold"),
        "text-size": 10.5,
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 0.7,
        "text-padding": 4,
      },
      paint: halo(paint("rail")),
    },
  ];
}

/** Cameras that read plates: diamonds, which far away say how many they stand for. */
function cameras(told: Told): Layer[] {
  if (!told.cameras) return [];
  const of = { type: "symbol", source: "cameras", "source-layer": "cameras" } as const;
  const always = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
  return [
    { ...of, id: "camera", filter: ["!", ["has", "count"]], layout: { "icon-image": "camera", ...always } },
    {
      ...of,
      id: "cameras",
      filter: ["has", "count"],
      layout: {
        "icon-image": "cameras",
        ...always,
        "text-field": ["to-string", ["get", "count"]],
        "text-font": font("Bold"),
        "text-size": 9.5,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": paint("ink") },
    },
  ];
}

function areas(told: Told, look: Look): Layer[] {
  if (!told.areas) return [];
  const by: Filter = told.areas.begun_by ? ["==", ["get", "begun_by"], told.areas.begun_by] : true;
  const of = { source: "areas", "source-layer": "areas" } as const;
  const class_ = (n: number) => paint(`k${colour(look.from, n)}`);
  if (told.areas.rents) {
    // Where there is no figure there is no class, and the land shows.
    const classes = told.areas.rents.colours.flatMap((n, of) => [of, paint(`v${n}`)]);
    const fill = ["match", ["get", "class"], ...classes, "rgba(0,0,0,0)"] as unknown as Expression;
    const line = { "line-color": paint("vline"), "line-width": width(9, 0.25, 13, 0.75) };
    return [
      { ...of, id: "areas", type: "fill", paint: { "fill-color": fill, "fill-antialias": false } },
      { ...of, id: "areas-line", type: "line", paint: line },
    ];
  }
  const steps = look.from.flatMap((from, n) => [from, class_(n + 1)]);
  const fill = steps.length ? (["step", ["get", "density"], class_(0), ...steps] as unknown as Expression) : class_(0);
  const line = { "line-color": paint("area"), "line-width": 0.75 };
  return [
    { ...of, id: "areas", type: "fill", filter: by, paint: { "fill-color": fill, "fill-antialias": false } },
    { ...of, id: "areas-line", type: "line", filter: by, paint: line },
  ];
}

export function style(told: Told, look: Look, tiles: (template: string) => string): Style {
  const [casing, white] = [paint("casing"), paint("street")];
  const [minzoom, maxzoom] = told.zooms;
  const source = (template: string) =>
    ({ type: "vector" as const, tiles: [tiles(template)], bounds: told.bounds, minzoom, maxzoom });
  const beneath = ({ tiles: template, bounds, zooms }: NonNullable<Told["basemap"]>) =>
    ({ type: "vector" as const, tiles: [tiles(template)], bounds, minzoom: zooms[0], maxzoom: zooms[1] });
  const streets = { source: "streets", type: "line" } as const;
  const outlined: Filter = ["==", ["get", "area"], look.area];
  const spoken: Layer = {
    id: "spoken",
    type: "line",
    source: "areas",
    "source-layer": "areas",
    filter: told.areas?.begun_by ? ["all", outlined, ["==", ["get", "begun_by"], told.areas.begun_by]] : outlined,
    layout: { "line-join": "round" },
    paint: { "line-color": paint("ink"), "line-width": 2.5 },
  };
  return {
    version: 8,
    sources: {
      ...(told.basemap && { ground: beneath(told.basemap) }),
      streets: source(told.streets),
      ...(told.areas && { areas: source(told.areas.tiles) }),
      ...(told.transit && { transit: source(told.transit) }),
      ...(told.cameras && { cameras: source(told.cameras) }),
      marks: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    transition: { duration: 0, delay: 0 },
    layers: [
      // Where no tile has come yet nothing is known.
      { id: "beyond", type: "background", paint: { "background-color": paint("beyond") } },
      { id: "unknown", type: "background", paint: { "background-pattern": "hatch" } },
      { id: "outside-ground", type: "fill", source: "streets", "source-layer": "outside", paint: { "fill-color": paint("beyond") } },
      { id: "city", type: "fill", source: "streets", "source-layer": "city", paint: { "fill-color": paint("land") } },
      ...ground(told),
      ...areas(told, look),
      { ...streets, id: "border", "source-layer": "city", paint: { "line-color": paint("rim"), "line-width": 1.25 } },
      street("side-casing", 3, casing, width(13.5, 0, 15, 5, 17, 16)),
      street("side", 3, white, width(10, 0.4, 13, 1.1, 15, 3.6, 17, 14)),
      street("through-casing", 2, casing, width(12.5, 0, 13, 3, 15, 8.5, 17, 22)),
      street("main-casing", 1, casing, width(8, 1.4, 11, 3, 13, 5, 15, 11.5, 17, 28)),
      street("through", 2, white, width(9, 0.6, 13, 2.25, 15, 7, 17, 20)),
      street("main", 1, white, width(8, 0.9, 11, 2, 13, 3.5, 15, 9.5, 17, 25)),
      ...lines(told),
      ...hatched("outside", true),
      ...hatched("coverage", look.silent),
      { ...streets, id: "edge", "source-layer": "coverage", paint: { "line-color": paint("soft"), "line-width": 1.5, "line-opacity": 0.75 } },
      ...(told.areas ? [spoken] : []),
      ...stops(told),
      {
        id: "no-data",
        type: "symbol",
        source: "streets",
        "source-layer": "outside_names",
        layout: {
          "text-field": told.hatched,
          "text-font": font("Italic"),
          "text-size": 11.5,
          "text-letter-spacing": 0.08,
          "text-padding": 42,
        },
        paint: halo(paint("soft")),
      },
      along("side-names", 3, 12.6, "Regular", paint("name")),
      along("through-names", 2, 11.6, "Regular", paint("name")),
      along("main-names", 1, 10.5, "Semibold", paint("main")),
      ...stations(told),
      {
        id: "districts",
        type: "symbol",
        source: "streets",
        "source-layer": "districts",
        maxzoom: 15.5,
        layout: {
          "symbol-sort-key": ["get", "order"],
          "text-field": ["get", "name"],
          "text-font": font("Bold"),
          "text-size": 11,
          "text-letter-spacing": 0.1,
          "text-transform": "uppercase",
          "text-max-width": 8,
          "text-padding": 6,
        },
        paint: halo(paint("district")),
      },
      ...cameras(told),
      {
        // Room for the marks, which stand over the map: no name is written where one would hide it.
        id: "room",
        type: "symbol",
        source: "marks",
        layout: { "icon-image": "room", "icon-allow-overlap": true, "icon-offset": [0, 6] },
      },
    ],
  };
}

/** Lines from the lower left to the upper right, every so many pixels, at twice the resolution of the page. */
export function hatch(): { width: number; height: number; data: Uint8ClampedArray } {
  const side = 20;
  const [r = 0, g = 0, b = 0] = (paint("hatch").match(/[\da-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
  const data = new Uint8ClampedArray(side * side * 4);
  for (let at = 0; at < side * side; at += 1) {
    const along = ((at % side) + Math.floor(at / side)) % side;
    const off = Math.min(along, side - along) / Math.SQRT2;
    data.set([r, g, b, 255 * Math.min(Math.max(1.05 - off, 0), 1)], at * 4);
  }
  return { width: side, height: side, data };
}

/** What stands for one camera, and for several. */
export const diamonds = () =>
  [
    ["camera", diamond(14, 1.5, "ink", "halo")],
    ["cameras", diamond(26, 1.5, "card", "ink")],
  ] as const;

/** A diamond of so many pixels from corner to corner, `inner` within `outer`, at twice the resolution of the page. */
function diamond(size: number, edge: number, inner: string, outer: string): { width: number; height: number; data: Uint8ClampedArray } {
  const side = size * 2;
  const rgb = (name: string) => {
    const hex = paint(name).slice(1);
    const part = hex.length === 3 ? /./g : /../g;
    return (hex.match(part) ?? []).map((digits) => parseInt(digits.padStart(2, digits), 16));
  };
  const [within, around] = [rgb(inner), rgb(outer)];
  const data = new Uint8ClampedArray(side * side * 4);
  for (let at = 0; at < side * side; at += 1) {
    const [x, y] = [(at % side) + 0.5 - size, Math.floor(at / side) + 0.5 - size];
    const left = size - Math.abs(x) - Math.abs(y);
    const [r = 0, g = 0, b = 0] = left > edge * 2 * Math.SQRT2 ? within : around;
    data.set([r, g, b, 255 * Math.min(Math.max(left, 0), 1)], at * 4);
  }
  return { width: side, height: side, data };
}

/** Nothing, as large as a mark with its age. */
export function room(): { width: number; height: number; data: Uint8ClampedArray } {
  const [width, height] = [40, 48];
  return { width, height, data: new Uint8ClampedArray(width * height * 4) };
}
