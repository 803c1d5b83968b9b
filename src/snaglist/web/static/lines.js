// The lines of a list, and which of them is chosen.

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

export function choose(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.findIndex((row) => row.classList.contains("chosen"));
  const next = all[Math.min(all.length - 1, Math.max(0, place + step))];
  all.forEach((row) => row.classList.remove("chosen"));
  next.classList.add("chosen");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("[data-open]")?.focus({ preventScroll: true });
}

// The line that is chosen, and the one with the focus; the place of each among all lines.
export function lineAt(chosen, focused) {
  const all = rows();
  return { chosen, focused, place: all.indexOf(chosen ?? focused) };
}

// A line that is gone hands on to the one in its place.
export function takePlaceOf({ chosen, focused, place }) {
  if (place < 0 || (chosen ?? focused).isConnected) return;
  const all = rows();
  const next = all[Math.min(place, all.length - 1)];
  if (!next) return;
  if (chosen) next.classList.add("chosen");
  if (focused) next.querySelector("[data-open]")?.focus({ preventScroll: true });
}
