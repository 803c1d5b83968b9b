// What moves on a page by itself: times in the reader's zone, numbers that follow the desk, and keys.

const LEAST_PACE_MS = 2000;
const REFRESH_MS = 60_000;
const SILENCE_MS = 45_000; // the desk says every 15 seconds that it is there
const ANSWER_MS = 20_000;
const KEYS_OFF = "snaglist-keys-off";

// --- Times ---------------------------------------------------------------------------------------

function showTimes(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const day = { day: "numeric", month: "short" };
    if (moment.getFullYear() !== now.getFullYear()) day.year = "numeric";
    if (time.dateTime.length === 10) {
      time.textContent = moment.toLocaleDateString([], { ...day, timeZone: "UTC" });
      continue;
    }
    const isToday = moment.toDateString() === now.toDateString();
    const clock = { hour: "2-digit", minute: "2-digit" };
    time.textContent = isToday
      ? moment.toLocaleTimeString([], clock)
      : moment.toLocaleString([], { ...day, ...clock });
    time.title = moment.toString();
  }
}

// --- Following the desk --------------------------------------------------------------------------

// What is inside of [data-live] becomes what the desk has now. Only what differs is touched, so the
// place, the focus, what is selected, unfolded, typed or ticked stay. A calm part waits while
// somebody is at it: while one of its forms is open, has the focus, or holds what was typed.

function isTyped(field) {
  if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.value);
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function isInUse(part) {
  if (part.dataset.live !== "calm") return false;
  const fields = [...part.querySelectorAll("input:not([type=hidden]), textarea")];
  return Boolean(part.querySelector("details[open]")) || part.contains(document.activeElement) || fields.some(isTyped);
}

function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  if (node.dataset.row) return `row ${node.dataset.row}`;
  if (node.id) return `id ${node.id}`;
  if (node.matches("details")) return `details ${node.querySelector("summary")?.textContent}`;
  if (node.matches("form")) return `form ${node.getAttribute("action")} ${node.querySelector("[name=edit]")?.value}`;
  return null;
}

function isKept(node) {
  return node.nodeType === Node.ELEMENT_NODE && Boolean(node.matches("[data-row]") && node.querySelector("[data-tick]:checked"));
}

function copyAttributes(old, fresh) {
  const isChosen = old.classList.contains("chosen");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !/^(open|tabindex|title|checked|role|aria-label)$/.test(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (isChosen) old.classList.add("chosen");
}

function become(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.matches("time") && old.dateTime === fresh.dateTime) return;
  if (old.matches("input, select, textarea") && isTyped(old)) return;
  copyAttributes(old, fresh);
  const known = new Map([...old.childNodes].map((node) => [keyOf(node), node]));
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    while (place && isKept(place) && keyOf(place) !== keyOf(next)) place = place.nextSibling;
    const key = keyOf(next);
    const isSame = place && !keyOf(place) && place.nodeName === next.nodeName;
    const match = key ? known.get(key) : isSame ? place : null;
    if (!match) {
      old.insertBefore(document.importNode(next, true), place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    become(match, next);
    known.delete(key);
  }
  while (place) {
    const next = place.nextSibling;
    if (!isKept(place)) place.remove();
    place = next;
  }
  for (const node of known.values()) {
    if (isKept(node)) node.classList.add("off-list");
  }
}

function nameOf(part) {
  const heading = part.querySelector(":scope > h1") ? null : part.querySelector(":scope > h2");
  return `${part.tagName} ${heading?.firstChild?.textContent.trim() || part.className}`;
}

function putIn(fresh) {
  if (document.querySelector("[data-whole]") && !fresh.querySelector("[data-whole]")) {
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    showTimes(document);
    return;
  }
  const focused = document.activeElement ?? document.body;
  const line = lineAt(document.querySelector("[data-row].chosen"), focused.closest("[data-row]"));
  const now = new Map([...document.querySelectorAll("[data-live]")].map((part) => [nameOf(part), part]));
  let before = null;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const name = nameOf(part);
    const old = now.get(name);
    if (old && !isInUse(old)) become(old, part);
    if (!old && part.parentElement.matches("main")) {
      const main = document.querySelector("main");
      const added = document.importNode(part, true);
      main.insertBefore(added, before?.parentElement === main ? before.nextSibling : null);
      before = added;
    }
    before = old ?? before;
    now.delete(name);
  }
  for (const part of now.values()) if (!isInUse(part)) part.remove();
  showTimes(document);
  markScrollers();
  countTicks();
  if (focused.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });
  takePlaceOf(line);
}

// The line that is chosen, and the one with the focus; the place of each among all lines.
function lineAt(chosen, focused) {
  const all = rows();
  return { chosen, focused, place: all.indexOf(chosen ?? focused) };
}

// A line that is gone hands on to the one in its place.
function takePlaceOf({ chosen, focused, place }) {
  if (place < 0 || (chosen ?? focused).isConnected) return;
  const all = rows();
  const next = all[Math.min(place, all.length - 1)];
  if (!next) return;
  if (chosen) next.classList.add("chosen");
  if (focused) next.querySelector("[data-open]")?.focus({ preventScroll: true });
}

let waiting = null;
let isStale = false;
let isOut = false;

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
    const answer = await fetch(document.body.dataset.at ?? location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.redirected && new URL(answer.url).pathname === "/signin") sayOut();
    else if (answer.ok) putIn(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The line says that the desk is away; it is asked again when it is back.
  }
}

// What was typed stays; where to sign in again is said beside it.
function sayOut() {
  isOut = true;
  const told = document.getElementById("signed-out");
  const here = document.body.dataset.at ?? location.pathname + location.search;
  told.querySelector("a").href = `/signin?next=${encodeURIComponent(here)}`;
  told.hidden = false;
  document.getElementById("offline").hidden = true;
}

let pace = LEAST_PACE_MS;
let askedAt = 0;
let wasAway = false;
let line = null;
let heardAt = Date.now();

// At the pace that the desk tells, so that many open pages do not ask more often together.
function soon() {
  const sinceLast = Date.now() - askedAt;
  waiting ??= setTimeout(refresh, Math.max(LEAST_PACE_MS / 4, pace - sinceLast));
}

function follow() {
  if (isOut) return;
  const offline = document.getElementById("offline");
  line = new EventSource("/live");
  heardAt = Date.now();
  line.addEventListener("here", () => {
    heardAt = Date.now();
  });
  line.addEventListener("open", () => {
    heardAt = Date.now();
    offline.hidden = true;
    if (wasAway) soon();
    wasAway = false;
  });
  line.addEventListener("error", () => {
    wasAway = true;
    offline.hidden = isOut;
    if (line.readyState !== EventSource.CLOSED) return;
    line.close();
    soon();
    setTimeout(follow, 2 * LEAST_PACE_MS);
  });
  line.addEventListener("change", (event) => {
    heardAt = Date.now();
    const [told, ...change] = event.data.split(" ");
    pace = Number(told);
    if (change.join(" ") !== document.body.dataset.change) soon();
    document.body.dataset.change = change.join(" ");
  });
}

// A line may go silent without being closed: by a proxy, or a desk that hangs.
function followAnew() {
  if (isOut || Date.now() - heardAt < SILENCE_MS) return;
  wasAway = true;
  document.getElementById("offline").hidden = false;
  line.close();
  follow();
}

function setUpFollowing() {
  if (!document.querySelector("[data-live]")) return;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isStale) soon();
  });
  // What is due by the clock alone, an overdue import or a new day, is no change of the desk.
  setInterval(soon, REFRESH_MS);
  setInterval(followAnew, SILENCE_MS / 9);
  window.addEventListener("pagehide", () => line?.close());
  window.addEventListener("pageshow", (event) => {
    countTicks();
    if (event.persisted) follow();
  });
  follow();
}

// A table that is wider than its card can be scrolled by keys, too.
function markScrollers() {
  for (const card of document.querySelectorAll(".card:has(> table), .scroll")) {
    if (card.scrollWidth > card.clientWidth) {
      card.tabIndex = 0;
      if (!card.hasAttribute("aria-label")) card.ariaLabel = (card.querySelector("h1, h2") ?? document.querySelector("h1"))?.textContent;
      card.role ??= "region";
    } else if (card.matches(".card")) {
      for (const name of ["tabindex", "role", "aria-label"]) card.removeAttribute(name);
    } else card.removeAttribute("tabindex");
  }
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
  const isOfLine = chosen && /[reia]/.test(key) && !chosen.querySelector(wanted);
  if (isOfLine && !document.querySelector("[data-tick]:checked")) {
    const link = chosen.querySelector("a[data-open]");
    if (link) location.assign(`${link.href}#do=${key}`);
    return;
  }
  const outside = [...document.querySelectorAll(wanted)].find((one) => !one.closest("[data-row]"));
  const target = chosen?.querySelector(wanted) ?? outside;
  if (!target) return;
  if (target.matches("option")) return pick(target);
  if (target.dataset.needs) target.form.elements.edit_and_reason.value = target.dataset.needs;
  showWhatFits();
  if (target.matches("input, textarea, select, [tabindex]")) target.focus();
  else if (target.matches("dialog")) target.showModal();
  else if (target.matches("summary")) unfold(target);
  else target.click();
}

function pick(option) {
  const choice = option.closest("select");
  choice.value = option.value;
  choice.focus();
  showWhatFits();
}

function unfold(summary) {
  const details = summary.parentElement;
  details.open = !details.open;
  const first = details.querySelector("input:not([type=hidden]), select, textarea, pre");
  (details.open ? first : summary)?.focus();
  if (details.open) first?.select?.();
}

// A line's key leads to its page, and there to what the key is for; what changes something is not
// done by an address, only found.
function doWhatTheAddressSays() {
  const key = /^#do=([reia])$/.exec(location.hash)?.[1];
  if (!key) return;
  history.replaceState(null, "", location.pathname + location.search);
  const target = document.querySelector(`[data-key="${key}"]`);
  if (target?.matches("summary")) unfold(target);
  else target?.focus();
}

function onKey(event) {
  if (event.key === "Escape") return foldUp(event.target);
  const isTyping = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (localStorage.getItem(KEYS_OFF) === "yes" || !/^[jkx/?reiaz]$/.test(event.key)) return;
  event.preventDefault();
  press(event.key);
}

function foldUp(target) {
  const details = target.closest(".doing details[open]");
  if (!details) return;
  details.open = false;
  details.querySelector("summary").focus();
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

// A field that only one choice has is shown, and sent, with that choice.
function showWhatFits() {
  const chosen = document.querySelector("[name=edit_and_reason]")?.value;
  for (const field of document.querySelectorAll("[data-needs]")) {
    field.disabled = field.dataset.needs !== chosen;
    field.closest("label").hidden = field.disabled;
  }
}

function countTicks() {
  const output = document.querySelector("[data-ticked]");
  const number = document.querySelectorAll("[data-tick]:checked").length;
  if (output) output.textContent = output.dataset.ticked.replace("#", number.toLocaleString());
  const all = document.querySelector("[data-tick-all]");
  if (all) all.checked = number > 0 && number === document.querySelectorAll("[data-tick]").length;
  document.querySelector(".bulk")?.classList.toggle("none", !number && !document.querySelector("[name=every]:checked"));
}

function setUpForms() {
  // By keys a choice is made step by step, and sent by the button; by hand it is sent at once.
  let isByKeys = false;
  let sent = new WeakSet();
  document.addEventListener("keydown", (event) => { isByKeys = event.target.matches?.("select") ?? false; });
  document.addEventListener("pointerdown", () => { isByKeys = false; });
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  window.addEventListener("pageshow", () => { sent = new WeakSet(); showWhatFits(); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of document.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-tick], [data-tick-all], [name=every]")) countTicks();
    if (event.target.matches("[name=edit_and_reason]")) showWhatFits();
    if (event.target.matches("[data-sends]") && !isByKeys) event.target.form.requestSubmit();
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

// The page that a form was answered with is found elsewhere; loading it anew must not send the form.
function showTheAddress() {
  const { at } = document.body.dataset;
  if (at && location.pathname !== at) history.replaceState(null, "", at);
}

document.documentElement.classList.add("js");
showTheAddress();
showTimes(document);
markScrollers();
setUpFollowing();
setUpKeys();
setUpForms();
countTicks();
doWhatTheAddressSays();
