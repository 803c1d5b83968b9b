// A page becomes what the desk has now.

import { countTicks, isTyped } from "./forms.js";
import { lineAt, takePlaceOf } from "./lines.js";
import { markScrollers, showTimes } from "./showing.js";

// What is inside of [data-live] becomes what the desk has now. Only what differs is touched, so the
// place, the focus, what is selected, unfolded, typed or ticked stay. A calm part waits while
// somebody is at it: while one of its forms is open, has the focus, or holds what was typed.

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

export function putIn(fresh) {
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
