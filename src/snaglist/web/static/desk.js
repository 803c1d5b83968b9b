// What moves on a page by itself: times in the reader's zone, numbers that follow the desk, and keys.

const LEAST_PACE_MS = 2000;
const KEYS_OFF = "snaglist-keys-off";

// --- Times ---------------------------------------------------------------------------------------

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    if (time.dateTime.length === 10) {
      time.textContent = moment.toLocaleDateString([], { day: "numeric", month: "short", timeZone: "UTC" });
      continue;
    }
    const isToday = moment.toDateString() === new Date().toDateString();
    const clock = { hour: "2-digit", minute: "2-digit" };
    time.textContent = isToday
      ? moment.toLocaleTimeString([], clock)
      : moment.toLocaleString([], { day: "numeric", month: "short", ...clock });
    time.title = moment.toString();
  }
}

// --- Following the desk --------------------------------------------------------------------------

// What is inside of [data-live] is replaced when the desk has something newer. The place, what is
// chosen and the focus stay: each is found again by what it leads to. A calm part waits while
// somebody is at it: while one of its forms is open, or has the focus.

function nameOf(element) {
  if (!element || !element.closest("[data-live]")) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const link = element.getAttribute("href");
  if (link) return `a[href="${CSS.escape(link)}"]`;
  if (element.matches("[data-tick]")) return `[data-tick][value="${CSS.escape(element.value)}"]`;
  const row = element.closest("[data-row]");
  return row && element.dataset.key
    ? `[data-row="${CSS.escape(row.dataset.row)}"] [data-key="${CSS.escape(element.dataset.key)}"]`
    : null;
}

function isInUse(part) {
  return part.dataset.live === "calm" && (part.querySelector("details[open]") || part.contains(document.activeElement));
}

function putIn(fresh) {
  const focused = nameOf(document.activeElement);
  const chosen = document.querySelector("[data-row].chosen")?.dataset.row;
  const opened = [...document.querySelectorAll("[data-live] details")].map((one) => one.open);
  const ticked = new Set([...document.querySelectorAll("[data-tick]:checked")].map((one) => one.value));
  const now = document.querySelectorAll("[data-live]");
  const then = fresh.querySelectorAll("[data-live]");
  if (now.length !== then.length) {
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
  } else {
    now.forEach((old, place) => {
      if (old.dataset.sent !== then[place].innerHTML && !isInUse(old)) {
        old.dataset.sent = then[place].innerHTML;
        old.replaceChildren(...then[place].childNodes);
      }
    });
  }
  const unfolds = [...document.querySelectorAll("[data-live] details")];
  if (unfolds.length === opened.length) unfolds.forEach((one, place) => { one.open = opened[place]; });
  showTimes(document);
  for (const box of document.querySelectorAll("[data-tick]")) box.checked = ticked.has(box.value);
  countTicks();
  if (chosen) document.querySelector(`[data-row="${CSS.escape(chosen)}"]`)?.classList.add("chosen");
  if (focused && document.activeElement === document.body) {
    document.querySelector(focused)?.focus({ preventScroll: true });
  }
}

let waiting = null;
let isStale = false;

async function refresh() {
  waiting = null;
  askedAt = Date.now();
  if (document.hidden) {
    isStale = true;
    return;
  }
  isStale = false;
  try {
    // What a form was answered with is to be found elsewhere than where the form went.
    const answer = await fetch(document.body.dataset.at ?? location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/signin") {
      location.reload();
    } else if (answer.ok) {
      putIn(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    // The line says that the desk is away; it is asked again when it is back.
  }
}

let pace = LEAST_PACE_MS;
let askedAt = 0;

// At the pace that the desk tells, so that many open pages do not ask more often together.
function soon() {
  const sinceLast = Date.now() - askedAt;
  waiting ??= setTimeout(refresh, Math.max(LEAST_PACE_MS / 4, pace - sinceLast));
}

function follow() {
  if (!document.querySelector("[data-live]")) return;
  const offline = document.getElementById("offline");
  const line = new EventSource("/live");
  let wasAway = false;
  line.addEventListener("open", () => {
    offline.hidden = true;
    if (wasAway) soon();
    wasAway = false;
  });
  line.addEventListener("error", () => {
    wasAway = true;
    offline.hidden = false;
    if (line.readyState === EventSource.CLOSED) setTimeout(() => { line.close(); follow(); }, LEAST_PACE_MS);
  });
  line.addEventListener("change", (event) => {
    const [told, ...change] = event.data.split(" ");
    pace = Number(told);
    if (change.join(" ") !== document.body.dataset.change) soon();
    document.body.dataset.change = change.join(" ");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isStale) soon();
  });
  window.addEventListener("pagehide", () => line.close());
}

// --- Keys ----------------------------------------------------------------------------------------

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function choose(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.findIndex((row) => row.classList.contains("chosen"));
  const next = all[Math.min(all.length - 1, Math.max(0, place + step))];
  all.forEach((row) => row.classList.remove("chosen"));
  next.classList.add("chosen");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("[data-open]")?.focus({ preventScroll: true });
}

function press(key) {
  if (key === "j") return choose(1);
  if (key === "k") return choose(-1);
  const chosen = document.querySelector("[data-row].chosen");
  if (key === "x") {
    const box = chosen?.querySelector("[data-tick]");
    if (box) box.click();
    return;
  }
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  const outside = [...document.querySelectorAll(wanted)].find((one) => !one.closest("[data-row]"));
  const target = chosen?.querySelector(wanted) ?? outside;
  if (!target) return;
  if (target.matches("input, textarea, select, [tabindex]")) target.focus();
  else if (target.matches("dialog")) target.showModal();
  else if (target.matches("summary")) unfold(target);
  else target.click();
}

function unfold(summary) {
  const details = summary.parentElement;
  details.open = !details.open;
  const first = details.querySelector("input:not([type=hidden]), select, textarea, pre");
  (details.open ? first : summary)?.focus();
}

function onKey(event) {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (localStorage.getItem(KEYS_OFF) === "yes" || !/^[jkx/?reiaz]$/.test(event.key)) return;
  event.preventDefault();
  press(event.key);
}

function setUpKeys() {
  document.addEventListener("keydown", onKey);
  const box = document.getElementById("keys-on");
  if (!box) return;
  box.checked = localStorage.getItem(KEYS_OFF) !== "yes";
  box.addEventListener("change", () => localStorage.setItem(KEYS_OFF, box.checked ? "no" : "yes"));
  document.getElementById("keys-open").addEventListener("click", () => {
    document.getElementById("keys").showModal();
  });
}

// --- Forms ---------------------------------------------------------------------------------------

function countTicks() {
  const output = document.querySelector("[data-ticked]");
  const number = document.querySelectorAll("[data-tick]:checked").length;
  if (output) output.textContent = output.dataset.ticked.replace("#", number.toLocaleString());
}

function setUpForms() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of document.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-tick], [data-tick-all]")) countTicks();
    if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
  });
  // What asks for nothing is left out of the address.
  document.addEventListener("formdata", (event) => {
    if (event.target.method !== "get") return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}

showTimes(document);
for (const live of document.querySelectorAll("[data-live]")) live.dataset.sent = "";
follow();
setUpKeys();
setUpForms();
countTicks();
