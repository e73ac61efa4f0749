/* Keys, the palette, the side menu and the reader's clock: what needs no server. */
const EDITABLE = "input, textarea, select, [contenteditable]";
const $ = (selector) => document.querySelector(selector);
let pending = "";

function follow(name) {
  const link = $(`[data-go="${name}"]`);
  if (link) link.click();
}

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  if (input) {
    input.value = "";
    filter(input);
    input.focus();
  }
}

function commands() {
  return [...document.querySelectorAll("#palette [data-command]")];
}

function filter(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let first = true;
  for (const item of commands()) {
    const free = item.dataset.command === "search";
    const hit = free ? words.length > 0 : words.every((w) => item.textContent.toLowerCase().includes(w));
    item.hidden = !hit;
    item.toggleAttribute("data-current", hit && first);
    if (hit) first = false;
    if (free) item.querySelector("b").textContent = input.value.trim();
  }
}

function choose(step) {
  const shown = commands().filter((item) => !item.hidden);
  const at = shown.findIndex((item) => item.hasAttribute("data-current"));
  const next = shown[(at + step + shown.length) % shown.length];
  for (const item of shown) item.toggleAttribute("data-current", item === next);
  next?.scrollIntoView({ block: "nearest" });
}

function searchRuns(text) {
  // Id or type: what people paste. Quotes are doubled, as the visibility language wants it.
  const quoted = text.trim().replaceAll("'", "''");
  const link = $('[data-go="workflows"]');
  if (!quoted || !link) return;
  const url = new URL(link.href);
  url.searchParams.set("query", `WorkflowId = '${quoted}' OR WorkflowType = '${quoted}'`);
  location.assign(url);
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("cur"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  rows.forEach((row) => row.classList.toggle("cur", row === next));
  next.scrollIntoView({ block: "nearest" });
}

function setClock(name, value) {
  localStorage.setItem(`inspector.${name}`, value);
  showClock();
  window.dispatchEvent(new Event("inspector:clock"));
}

function showClock() {
  const chosen = { zone: localStorage.getItem("inspector.zone") || "UTC", form: localStorage.getItem("inspector.form") || "absolute" };
  for (const name of ["zone", "form"]) {
    for (const item of document.querySelectorAll(`[data-${name}]`)) {
      item.setAttribute("aria-checked", String(item.dataset[name] === chosen[name]));
    }
  }
}

document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.("#palette");
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open("palette");
    return;
  }
  if (dialog) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      dialog.querySelector("[data-current]")?.click();
    }
    return;
  }
  if (event.target.matches?.(EDITABLE) || event.metaKey || event.ctrlKey || event.altKey) return;
  if ($("dialog[open], [role=dialog]")) return;
  const key = pending + event.key;
  pending = event.key === "g" && !pending ? "g " : "";
  const go = { "g o": "overview", "g w": "workflows", "g b": "operations", "g a": "audit", "g p": "account" }[key];
  if (go) follow(go);
  else if (event.key === "?") open("help");
  else if (event.key === "/") {
    event.preventDefault();
    $("[data-filter]")?.focus();
  } else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
  else if (event.key === "Enter") $("[data-row].cur a")?.click();
});

document.addEventListener("input", (event) => {
  if (event.target.matches("#palette input")) filter(event.target);
  if (event.target.matches("#zone-name")) {
    try {
      Intl.DateTimeFormat("en", { timeZone: event.target.value });
      setClock("zone", event.target.value);
      event.target.removeAttribute("aria-invalid");
    } catch {
      event.target.setAttribute("aria-invalid", "true");
    }
  }
});

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const opener = at("[data-open]");
  const zone = at("[data-zone]");
  const form = at("[data-form]");
  const command = at("#palette [data-command]");
  if (opener) open(opener.dataset.open);
  if (zone) setClock("zone", zone.dataset.zone);
  if (form) setClock("form", form.dataset.form);
  if (command) {
    if (command.dataset.command === "search") searchRuns(command.querySelector("b").textContent);
    $("#palette").close();
  }
  if (at("[data-close]")) at("dialog")?.close();
  if (event.target.matches?.("dialog")) event.target.close();
  const side = $(".side");
  if (at("[data-side]")) side?.classList.toggle("open");
  else if (side?.classList.contains("open") && (!at(".side") || at("a"))) side.classList.remove("open");
  const field = at("[data-reveal]")?.parentElement.querySelector("input");
  if (field) field.type = field.type === "password" ? "text" : "password";
});

// Where a sign-in leads stands in the address, before and without a websocket.
document.addEventListener("submit", (event) => {
  const next = event.target.elements.namedItem("next");
  const asked = new URLSearchParams(location.search).get("next");
  if (next && asked && location.pathname.startsWith("/login")) next.value = asked;
}, true);

document.addEventListener("beforetoggle", showClock, true);

// Focus goes back to where a dialog was opened from: Radix gives it to a trigger of its own, and
// ours open by what the server says.
let opener = null;
document.addEventListener("focusin", (event) => {
  if (!event.target.closest("[role=dialog], [data-radix-focus-guard]")) opener = event.target;
});
new MutationObserver(() => {
  if (opener?.isConnected && document.activeElement === document.body && !$("[role=dialog]")) opener.focus();
}).observe(document.body, { childList: true });
