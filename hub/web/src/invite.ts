// Whether the living map is loaded: a few hundred kilobytes, once, where they are of use and cost nobody dearly.

/** Milliseconds to wait where a browser does not tell when it is idle. */
const SOON = 500;

/** After the first picture, when there is nothing else to do. */
export function invite(): void {
  if (!document.getElementById("living") || saves() || !draws() || !reads()) return;
  const load = () => void import("./gl").then((gl) => gl.start()).catch(() => undefined);
  if ("requestIdleCallback" in window) requestIdleCallback(load, { timeout: 4 * SOON });
  else setTimeout(load, SOON);
}

/** Whether the reader asked for little data. */
function saves(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  return connection?.saveData === true || matchMedia("(prefers-reduced-data:reduce)").matches;
}

function draws(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** Some browsers hide what was drawn, so that nobody is known by their fonts: names would be noise there. */
function reads(): boolean {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return false;
  context.fillStyle = "#0a141e";
  context.fillRect(0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  const pixel = [10, 20, 30, 255];
  return data.every((byte, n) => Math.abs(byte - (pixel[n % 4] ?? 0)) < 3);
}
