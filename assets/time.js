/* Times in the reader's zone and form: both kept in this browser, changed by the menu (keys.js). */
import { createElement, useEffect, useState } from "react";

const CHANGED = "inspector:clock";
const formats = new Map();

/** The reader's choice: zone "UTC", "local" or an IANA name; form "absolute" or "relative". */
export function clock() {
  if (typeof localStorage === "undefined") return { zone: "UTC", form: "absolute" };
  return {
    zone: localStorage.getItem("inspector.zone") || "UTC",
    form: localStorage.getItem("inspector.form") || "absolute",
  };
}

function parts(at, zone, fields) {
  const key = zone + Object.keys(fields);
  if (!formats.has(key)) {
    const timeZone = zone === "local" ? undefined : zone;
    formats.set(key, new Intl.DateTimeFormat("en-GB", { ...fields, hourCycle: "h23", timeZone }));
  }
  return formats.get(key).format(at);
}

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { day: "numeric", month: "short" };
const YEAR = { ...DAY, year: "numeric" };

/** "14:03:11" today, "22 Nov 14:03:11" on another day. */
export function absolute(at, zone, { millis = false, day = "auto" } = {}) {
  const time = parts(at, zone, millis ? { ...TIME, fractionalSecondDigits: 3 } : TIME);
  const date = parts(at, zone, YEAR);
  if (day === "full") return `${date}, ${time}`;
  if (day === "never" || date === parts(Date.now(), zone, YEAR)) return time;
  return `${parts(at, zone, DAY)} ${time}`;
}

/** "0.9 s", "26 s", "3 m 45 s", "1 h 01 m", "3 d 4 h". */
export function lasting(ms) {
  const s = Math.max(0, ms) / 1000;
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  if (s < 10) return `${s.toFixed(s < 1 ? 2 : 1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two((s % 3600) / 60)} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** "28 m 57 s ago", "in 8 s", "now". */
export function relative(at) {
  const ms = Date.now() - at;
  if (Math.abs(ms) < 1000) return "now";
  const round = lasting(Math.floor(Math.abs(ms) / 1000) * 1000).replace(".0 s", " s");
  return ms > 0 ? `${round} ago` : `in ${round}`;
}

/** Render again when the reader changes zone or form, and each `every` ms where that is set. */
export function useClock(every) {
  const [, again] = useState(0);
  useEffect(() => {
    const tick = () => again((n) => n + 1);
    tick(); // the prerendered page knows neither the zone nor the time
    window.addEventListener(CHANGED, tick);
    const timer = every ? setInterval(tick, every) : 0;
    return () => {
      window.removeEventListener(CHANGED, tick);
      clearInterval(timer);
    };
  }, [every]);
  return clock();
}

/** A point in time. `form`: "auto" follows the reader, "full", "relative", "in" are fixed. */
export function Moment({ at, form = "auto" }) {
  const choice = useClock(form === "full" ? 0 : 1000);
  if (at === null || at === undefined) return createElement("span", { className: "t3" }, "–");
  const full = `${absolute(at, choice.zone, { day: "full", millis: true })} ${choice.zone}`;
  const asRelative = form === "relative" || form === "in" || (form === "auto" && choice.form === "relative");
  let text = asRelative ? relative(at) : absolute(at, choice.zone, { day: form === "full" ? "full" : "auto" });
  if (form === "in" && at <= Date.now()) text = "now";
  const other = asRelative ? full : `${full}, ${relative(at)}`;
  const iso = new Date(at).toISOString();
  return createElement("time", { dateTime: iso, title: other, className: "num" }, text);
}

/** How long from `start` to `to`, or until now while `live`. */
export function Span({ start, to, live }) {
  useClock(live && !to ? 1000 : 0);
  const end = to ?? (live && typeof window !== "undefined" ? Date.now() : null);
  const known = start !== null && start !== undefined && end !== null;
  return createElement("span", { className: "num" }, known ? lasting(end - start) : "–");
}

/** The zone in force, as its name. */
export function ZoneName() {
  const { zone } = useClock(0);
  const name = zone === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
  return createElement("span", null, name);
}
