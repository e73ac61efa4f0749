/* A run's history: rows drawn as far as they are seen, fetched in pages from our own route and
   kept here, never in the page's state. Row `i` is event `i + 1`: the server numbers without gaps. */
import * as lucide from "lucide-react";
import { createElement as h, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { Virtuoso } from "react-virtuoso";
import { absolute, lasting, useClock } from "$/public/time";

const PAGE = 500;
const KEPT = 40; // pages: 20,000 rows
const AT_ONCE = 2; // requests under way: while scrolling fast only the newest place matters
const RETRY_MS = 5000;
const KIND = { workflow: lucide.Workflow, task: lucide.ListChecks, activity: lucide.Cable, timer: lucide.Timer, signal: lucide.Radio, child: lucide.GitFork, update: lucide.RefreshCw, marker: lucide.Bookmark, other: lucide.CircleDot };
const TONE = { completed: lucide.CircleCheck, failed: lucide.CircleX, timedout: lucide.ClockAlert, canceled: lucide.CircleSlash, paused: lucide.CirclePause, signal: lucide.Radio };

class Pages {
  constructor(src, tenant, changed) {
    Object.assign(this, { src, tenant, changed, total: 0, seen: 0, fault: null, next: null });
    this.rows = new Map();
    this.asked = new Set();
  }

  row(index) {
    return this.rows.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Fetch what is missing of rows `from` to `to`; so is what the history outgrew. */
  want(from, to) {
    this.next = null;
    if (this.fault) return;
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page += 1) {
      const full = Math.max(1, Math.min(PAGE, this.total - page * PAGE));
      if (this.asked.has(page) || (this.rows.get(page)?.length ?? 0) >= full) continue;
      if (this.asked.size < AT_ONCE) this.fetch(page);
      else this.next = [from, to];
    }
  }

  async fetch(page) {
    this.asked.add(page);
    const have = this.rows.get(page) ?? []; // rows that are written never change: only more come
    try {
      const url = `${this.src}&from_event=${page * PAGE + have.length + 1}&page_size=${PAGE - have.length}`;
      const answer = await fetch(url, { credentials: "same-origin", headers: { "X-Inspector-Tenant": this.tenant } });
      if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      const body = await answer.json();
      if (!answer.ok) throw body;
      this.rows.set(page, [...have, ...body.rows]);
      this.total = Math.max(this.total, body.total);
      if (this.rows.size > KEPT) this.rows.delete(this.rows.keys().next().value);
    } catch (problem) {
      const silent = { title: "Inspector does not answer", detail: "The events could not be read." };
      this.fault = problem.title ? problem : silent;
    }
    this.asked.delete(page);
    if (this.next) this.want(...this.next);
    this.changed();
  }
}

/** Call at once, then at most each `ms`; the last call is never lost, so no place stays blank. */
function throttled(ms, call) {
  let [timer, late] = [0, false];
  return function run() {
    late = Boolean(timer);
    if (late) return;
    call();
    timer = setTimeout(() => {
      timer = 0;
      if (late) run();
    }, ms);
  };
}

function Row({ pages, index, zone, base, selected, current }) {
  const row = pages.row(index);
  const number = h("span", { className: "no mono" }, (index + 1).toLocaleString("en"));
  if (!row) {
    const bones = [72, 48, 14, 140, 180].map((width) => h("span", { key: width, className: "bone", style: { width } }));
    return h("div", { className: "ev num" }, number, ...bones);
  }
  const [, at, type, kind, tone, subject, note] = row;
  const before = index ? pages.row(index - 1)?.[1] : undefined;
  const gap = before === undefined ? null : at - before;
  const day = (when) => when && absolute(when, zone, { day: "full" }).split(",")[0];
  const full = `${absolute(at, zone, { day: "full", millis: true })} ${zone}`;
  const opensDay = index === 0 || (before && day(before) !== day(at));
  const time = absolute(at, zone, opensDay ? {} : { millis: true, day: "never" });
  const since = gap < 1e6 ? `+${(gap / 1000).toFixed(3)} s` : `+${lasting(gap)}`;
  const css = ["ev num", tone !== "neutral" && `st-${tone}`, selected && "sel", current && "cur"];
  return h(
    Link,
    { to: `${base}&event=${index + 1}`, preventScrollReset: true, tabIndex: -1, className: css.filter(Boolean).join(" "), "aria-current": selected || undefined },
    number,
    h("span", { className: "t2 mono", title: full }, time),
    h("span", { className: `gap mono ${gap >= 10000 ? "semi" : "t3"}` }, gap === null ? "" : since),
    h(TONE[tone] ?? KIND[kind] ?? KIND.other, { size: 14, className: "i i-14", "aria-hidden": true }),
    h("span", { className: "trunc type", title: type }, type),
    h("span", { className: "trunc what" }, h("b", { className: "med" }, subject), " ", h("span", { className: "t3" }, note)),
  );
}

function Fault({ fault: { title, detail = "", hint = "" }, retry }) {
  const text = h("div", { className: "grow" }, h("b", null, title), h("p", null, `${detail} ${hint}`));
  return h("div", { className: "notice st-drift", role: "status" }, text, h("button", { type: "button", className: "btn", onClick: retry }, "Try now"));
}

/** `src`: the rows' route; `base`: a row's address up to its event; `total`: how many there are now. */
export function EventList({ src, tenant, base, selected, total }) {
  const [, draw] = useReducer((n) => n + 1, 0);
  const { zone } = useClock(0);
  const navigate = useNavigate();
  const [list, box] = [useRef(null), useRef(null)];
  const range = useRef([0, 0]);
  const chosen = selected ? selected - 1 : -1;
  const [cursor, setCursor] = useState(chosen);
  const pages = useMemo(() => new Pages(src, tenant, draw), [src, tenant]);
  const look = useMemo(() => throttled(60, () => pages.want(...range.current)), [pages]);
  const redraw = useMemo(() => throttled(60, draw), []);
  const open = (index, replace) => navigate(`${base}&event=${index + 1}`, { replace, preventScrollReset: true });
  const retry = () => [(pages.fault = null), look(), draw()];
  const { scrollTop: top = 0, clientHeight: high = 0 } = box.current ?? {};
  const tall = box.current?.querySelector(".ev")?.offsetHeight ?? 32; // `range` has rows beyond what is seen
  const below = Math.ceil((top + high) / tall);
  const atEnd = pages.seen > 0 && below >= pages.seen; // `seen`: as many as the reader knows of
  if (atEnd || !pages.seen) pages.seen = pages.total;
  const fresh = pages.total - pages.seen;

  useEffect(() => {
    range.current = [Math.max(0, chosen), Math.max(0, chosen)];
    look();
  }, [pages]);
  useEffect(() => {
    // More events at the end: the list grows below, what is in view stays where it is.
    if (!pages.total || total <= pages.total) return;
    pages.total = total;
    retry();
  }, [pages, total]);
  useEffect(() => {
    setCursor(chosen);
    if (chosen >= 0) list.current?.scrollIntoView({ index: chosen, align: "center" });
  }, [chosen]);
  useEffect(() => {
    const timer = pages.fault && setTimeout(retry, RETRY_MS);
    return () => clearTimeout(timer);
  }, [pages.fault]);
  useEffect(() => {
    // With an event open beside the list, the detail follows the keyboard's row once it rests.
    const timer = chosen >= 0 && cursor !== chosen && setTimeout(() => open(cursor, true), 250);
    return () => clearTimeout(timer);
  }, [cursor]);

  const keys = (event) => {
    const from = cursor < 0 ? range.current[0] - 1 : cursor;
    const wanted = { j: from + 1, ArrowDown: from + 1, k: from - 1, ArrowUp: from - 1, Home: 0, End: Infinity, Enter: from }[event.key];
    if (event.metaKey || event.ctrlKey || event.altKey || wanted === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const index = Math.max(0, Math.min(pages.total - 1, wanted));
    if (event.key === "Enter") return open(index);
    setCursor(index);
    list.current?.scrollIntoView({ index });
  };
  const row = (index) => h(Row, { key: index, pages, index, zone, base, selected: index === chosen, current: index === cursor });
  const rows = () =>
    h(Virtuoso, {
      ref: list, scrollerRef: (element) => (box.current = element), totalCount: pages.total, itemContent: row, className: "events", tabIndex: 0, onKeyDown: keys, role: "group",
      "aria-label": "Events. j and k move, Enter opens.", increaseViewportBy: 160, onScroll: redraw,
      followOutput: atEnd && "auto",
      initialTopMostItemIndex: chosen > 0 ? { index: chosen, align: "center" } : 0,
      rangeChanged: ({ startIndex, endIndex }) => {
        range.current = [startIndex, endIndex];
        look();
        redraw();
      },
    });
  const bones = () => h("div", { className: "events", "aria-busy": true }, Array.from({ length: 30 }, (_, i) => row(Math.max(0, chosen) + i)));
  const count = (n) => n.toLocaleString("en");
  const where = pages.total ? `Events ${count(Math.floor(top / tall) + 1)} to ${count(Math.min(pages.total, below))} of ${count(pages.total)}` : "Reading events";
  const end = (word, index, align, css = "ghost") => h("button", { type: "button", className: `btn sm ${css}`, onClick: () => list.current?.scrollToIndex({ index, align }) }, word);
  const goTo = h("input", { name: "event", className: "input", type: "number", min: 1, max: pages.total || 1, required: true, placeholder: "Go to event", "aria-label": "Go to event" });
  const head = ["Event", `Time, ${zone}`, "Since prev.", "", "Type", "Summary"];
  return h(
    "div",
    { className: "event-list" },
    h("div", { className: "ev ev-h hide-n", "aria-hidden": true }, head.map((word, i) => h("span", { key: word, className: ["no", "", "gap"][i] }, word))),
    pages.fault && h(Fault, { fault: pages.fault, retry }),
    pages.total ? rows() : bones(),
    h(
      "div",
      { className: "panel-f num" },
      h("span", { className: "grow trunc" }, where),
      h("span", { role: "status" }, fresh > 0 && end(`${count(fresh)} new event${fresh > 1 ? "s" : ""}`, pages.total - 1, "end", "")),
      end("First", 0, "start"),
      end("Last", Math.max(0, pages.total - 1), "end"),
      h("form", { onSubmit: (event) => [event.preventDefault(), open(event.target.elements.event.value - 1)] }, goTo),
    ),
  );
}
