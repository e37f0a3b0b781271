// Times, lengths and names as people read them. `locale` is for tests; left out, it is the system's.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const pad = (n: number) => String(n).padStart(2, "0");

/** A running timer: `0:07`, `12:34`, `1:02:03`. */
export function timer(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A length that is over: `45 s`, `12 min`, `1 h 5 min`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  const minutes = Math.round(ms / MINUTE);
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** The time of day. */
export function clock(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** A key that is the same for all of one local day. */
export function dayKey(at: number): string {
  const d = new Date(at);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

/** How many local days `at` lies before `now`; 0 is today. */
function daysAgo(at: number, now: number): number {
  const midnight = (t: number) => new Date(t).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / (24 * HOUR));
}

/** The heading of a day: `Today`, `Yesterday`, `Monday, 16 November`. */
export function day(at: number, now: number, locale?: string): string {
  const ago = daysAgo(at, now);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" as const }),
  }).format(at);
}

/** Beside a room in the list: the time today, the weekday this week, else the date. */
export function activity(at: number, now: number, locale?: string): string {
  if (at <= 0) return "";
  const ago = daysAgo(at, now);
  if (ago <= 0) return clock(at, locale);
  if (ago < 7) return new Intl.DateTimeFormat(locale, { weekday: "short" }).format(at);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }).format(at);
}

/** Up to two letters of a name, for a face without a picture. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letter = (word: string) => [...word][0]?.toLocaleUpperCase() ?? "";
  return letter(first) + (last === undefined ? "" : letter(last));
}

/** One of `count` colours, always the same one for the same id. */
export function hue(id: string, count = 8): number {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % count;
}

/** `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`. */
export function names(list: string[]): string {
  const [a, b, ...rest] = list;
  if (a === undefined) return "";
  if (b === undefined) return a;
  if (rest.length === 0) return `${a} and ${b}`;
  return `${a}, ${b} and ${rest.length} ${rest.length === 1 ? "other" : "others"}`;
}

/** `1 person`, `3 people`. */
export function people(count: number): string {
  return count === 1 ? "1 person" : `${count} people`;
}
