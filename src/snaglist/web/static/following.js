// Hears from the desk that something changed, and asks it for what the page shows.

import { countTicks } from "./forms.js";
import { putIn } from "./renewal.js";

const LEAST_PACE_MS = 2000;
const REFRESH_MS = 60_000;
const SILENCE_MS = 45_000; // the desk says every 15 seconds that it is there
const ANSWER_MS = 20_000;

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

// A hidden page holds no line: a browser opens six connections to one address, for all its tabs.
function follow() {
  if (isOut || document.hidden) return;
  line?.close();
  const offline = document.getElementById("offline");
  const own = new EventSource("/live");
  line = own;
  heardAt = Date.now();
  own.addEventListener("here", () => {
    heardAt = Date.now();
  });
  own.addEventListener("open", () => {
    heardAt = Date.now();
    offline.hidden = true;
    if (wasAway) soon();
    wasAway = false;
  });
  own.addEventListener("error", () => {
    if (own !== line || document.hidden) return;
    wasAway = true;
    offline.hidden = isOut;
    if (own.readyState !== EventSource.CLOSED) return;
    line = null;
    soon();
    setTimeout(() => line ?? follow(), 2 * LEAST_PACE_MS);
  });
  own.addEventListener("change", (event) => {
    heardAt = Date.now();
    const [told, ...change] = event.data.split(" ");
    pace = Number(told);
    if (change.join(" ") !== document.body.dataset.change) soon();
    document.body.dataset.change = change.join(" ");
  });
}

// A line may go silent without being closed: by a proxy, or a desk that hangs.
function followAnew() {
  if (isOut || document.hidden || Date.now() - heardAt < SILENCE_MS) return;
  wasAway = true;
  document.getElementById("offline").hidden = false;
  follow();
}

export function setUpFollowing() {
  if (!document.querySelector("[data-live]")) return;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return line?.close();
    if (isStale) soon();
    follow();
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
