// Moving through a layer's periods: a slider that goes where the list of periods leads, and steps. The page follows without
// being loaded anew; its address says which period it is.

import * as map from "./map";

/** Milliseconds that the slider rests before the map is asked for. */
const REST = 200;

const slide = document.getElementById("slide");
const slider = slide?.querySelector("input");
const said = slide?.querySelector("output");
const list = document.querySelector<HTMLSelectElement>("#period");

export function start(): void {
  const part = document.getElementById("open-data");
  if (!part || !slide || !slider || !said || !list) return;
  const periods = Array.from(list.options)
    .filter(({ value }) => value !== "none")
    .reverse();
  if (periods.length < 2) return;
  const say = (): void => {
    const name = periods[slider.valueAsNumber]?.text ?? "";
    said.textContent = name;
    slider.setAttribute("aria-valuetext", name);
  };
  const go = (): void => {
    const period = periods[slider.valueAsNumber]?.value;
    if (!period) return;
    list.value = period;
    void map.turn(period);
  };
  let resting = 0;
  slider.addEventListener("input", () => {
    say();
    clearTimeout(resting);
    resting = window.setTimeout(go, REST);
  });
  part.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("#steps a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const period = new URL(link.href).searchParams.get("period");
    const at = periods.findIndex(({ value }) => value === period);
    if (at < 0) return;
    event.preventDefault();
    slider.value = String(at);
    say();
    go();
  });
  say();
  slide.hidden = false;
}
