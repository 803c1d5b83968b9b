// What moves on a page by itself: times in the reader's zone, numbers that follow the desk, and keys.

const LEAST_PACE_MS = 2000;
const KEYS_OFF = "snaglist-keys-off";

// --- Times ---------------------------------------------------------------------------------------

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
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
// chosen and the focus stay: each is found again by what it leads to.

function nameOf(element) {
  if (!element || !element.closest("[data-live]")) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const link = element.getAttribute("href");
  return link ? `a[href="${CSS.escape(link)}"]` : null;
}

function putIn(fresh) {
  const focused = nameOf(document.activeElement);
  const chosen = document.querySelector("[data-row].chosen")?.dataset.row;
  const ticked = new Set([...document.querySelectorAll("[data-tick]:checked")].map((one) => one.value));
  const now = document.querySelectorAll("[data-live]");
  const then = fresh.querySelectorAll("[data-live]");
  if (now.length !== then.length) {
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
  } else {
    now.forEach((old, place) => {
      if (old.dataset.sent !== then[place].innerHTML) {
        old.dataset.sent = then[place].innerHTML;
        old.replaceChildren(...then[place].childNodes);
      }
    });
  }
  showTimes(document);
  for (const box of document.querySelectorAll("[data-tick]")) box.checked = ticked.has(box.value);
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
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
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
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  if (target.matches("input, textarea, select")) target.focus();
  else if (target.matches("dialog")) target.showModal();
  else target.click();
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

// --- Ticking all ---------------------------------------------------------------------------------

function setUpTicks() {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-tick-all]")) return;
    for (const box of document.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
  });
}

showTimes(document);
for (const live of document.querySelectorAll("[data-live]")) live.dataset.sent = "";
follow();
setUpKeys();
setUpTicks();
