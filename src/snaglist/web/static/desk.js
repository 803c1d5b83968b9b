// What moves on a page by itself: times in the reader's zone, keys, and numbers that follow the desk.

const REFRESH = 2000;

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const today = moment.toDateString() === new Date().toDateString();
    time.textContent = today
      ? moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
      : moment.toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    time.title = moment.toString();
  }
}

showTimes(document);
