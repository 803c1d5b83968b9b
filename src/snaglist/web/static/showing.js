// What a page needs whenever it is put together: times in the reader's zone, wide tables that keys scroll.

export function showTimes(root) {
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

// A table that is wider than its card can be scrolled by keys, too.
export function markScrollers() {
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
