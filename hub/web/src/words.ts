// What the hub told the page in its block of data: words, the city's time zone, and the hub's time.

/** A sentence with `{name}` for what is filled in; where a number has several plural forms, one for each of them. */
export type Template = string | Partial<Record<Intl.LDMLPluralRule, string>>;

export interface Words {
  zone: string;
  /** When the page was made, and the latest that it may be now. */
  at: number;
  latest: number;
  /** The address of the marks; empty on their own page. */
  map_page: string;
  /** By what is known that other sweeps are announced. */
  sweeps: string;
  /** Whether the page was kept by the browser, and whether it is in somebody else's. */
  kept: boolean;
  embedded: boolean;
  near: string;
  within: string;
  none: string;
  one: string;
  many: Template;
  newest: string;
  just: string;
  ago: Template;
  now: string;
  minutes: Template;
  covered: boolean;
  fades: Template;
  gone: string;
  they_left: string;
  not_sent: string;
  live: string;
  lost: string;
  connecting: string;
  map: string;
  nearest_failed: string;
  nearest_private: string;
  metres_away: Template;
  kilometres_away: Template;
  levels: Record<string, [string, string]>;
}

export const words: Words = JSON.parse(
  document.getElementById("words")?.textContent ?? "{}",
);

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

/** Puts values in the place of `{name}`; `n` chooses the plural form. */
export function fill(
  template: Template,
  values: Record<string, string | number>,
): string {
  const text = typeof template === "string" ? template : template[plurals.select(Number(values.n))] ?? template.other ?? "";
  return text.replace(/\{(\w+)\}/g, (blank, name: string) =>
    String(values[name] ?? blank),
  );
}

const hours = new Intl.DateTimeFormat("en-GB", {
  timeZone: words.zone,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** `15:40` on the city's clock; seconds since 1970. */
export function clock(seconds: number): string {
  return hours.format(seconds * 1000);
}

export function ago(then: number, now: number): string {
  const minutes = Math.floor((now - then) / 60);
  return minutes <= 0 ? words.just : fill(words.ago, { n: minutes });
}

/** `4 min`, for where there is little room. */
export function age(then: number, now: number): string {
  const minutes = Math.floor((now - then) / 60);
  return minutes <= 0 ? words.now : fill(words.minutes, { n: minutes });
}

/** A place as people write it; `place` in `views/words.rs` is the same rule. */
export function place(label: string): string {
  const leads = [["near ", words.near], ["in ", words.within]] as const;
  const [lead, said] = leads.find(([lead]) => label.startsWith(lead)) ?? ["", "{place}"];
  const name = label.slice(lead.length).split(" ").map((word) =>
    /\p{Ll}/u.test(word) ? word : word.slice(0, 1) + word.slice(1).toLowerCase(),
  );
  return fill(said, { place: name.join(" ") });
}
