// What every action can be done by: keys, which can be switched off.

import { showWhatFits } from "./forms.js";
import { choose } from "./lines.js";

const KEYS_OFF = "snaglist-keys-off";

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
export function doWhatTheAddressSays() {
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

export function setUpKeys() {
  document.addEventListener("keydown", onKey);
  const box = document.getElementById("keys-on");
  if (!box) return;
  box.checked = localStorage.getItem(KEYS_OFF) !== "yes";
  box.addEventListener("change", () => localStorage.setItem(KEYS_OFF, box.checked ? "no" : "yes"));
  document.getElementById("keys-open").addEventListener("click", () => {
    document.getElementById("keys").showModal();
  });
}
