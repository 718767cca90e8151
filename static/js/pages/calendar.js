// On a wide screen the agenda grows into a calendar in which a post can be dragged to another time.
// The server decides whether it may be moved. Chosen by mouse or keyboard, an event opens a dialog in which the same is done by typing.
import { load } from "../lib/assets.js";
import { askInDialog } from "../lib/dialog.js";
import { fill, read } from "../lib/moments.js";
import { showToast } from "../lib/toast.js";

const place = document.getElementById("calendar");
const long = document.getElementById("calendar-long");
const dialog = document.getElementById("event-dialog");
const more = document.getElementById("calendar-more");
const options = JSON.parse(document.getElementById("calendar-options").textContent);
const { words } = options;
const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay", list: "listMonth" };
const FILTERS = ["unit", "channel", "campaign", "state"];
const wide = matchMedia("(min-width: 768px)");
let calendar = null;
let isBuilding = false;
let dayAsked = ""; // where an arrow leads, until the month of that day is drawn

wide.addEventListener("change", buildOnce);
buildOnce();

// The style sheet shows the calendar on a wide screen and the agenda on others, so that nothing jumps.
async function buildOnce() {
  if (!place || !wide.matches || isBuilding) return; // a day of many units is a list with pages
  isBuilding = true;
  if (!globalThis.Temporal) await load("temporal-assets");
  await load("calendar-assets");
  build();
  document.querySelector(".calendar-views").addEventListener("click", changeView);
  document.getElementById("event-close").addEventListener("click", () => dialog.close());
  document.getElementById("event-move").addEventListener("submit", moveByDialog);
}

function changeView(event) {
  const link = event.target.closest("[data-view]");
  if (!link || !VIEWS[link.dataset.view] || isPage(link.dataset.view) || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  calendar.changeView(VIEWS[link.dataset.view]);
}

function isPage(view) {
  return view === "day" && options.opensDays;
}

function build() {
  calendar = new FullCalendar.Calendar(place, {
    plugins: FullCalendar.plugins,
    locales: FullCalendar.locales,
    locale: document.documentElement.lang,
    timeZone: options.timeZone,
    firstDay: 1,
    initialView: VIEWS[options.view],
    initialDate: options.date,
    headerToolbar: { start: "prev,next today", center: "title", end: "" },
    buttonClass: "calendar-button",
    buttons: {
      today: { text: words.today },
      prev: { hint: words.earlier },
      next: { hint: words.later },
    },
    views: { timeGridWeek: { titleFormat: { day: "2-digit", month: "2-digit", year: "numeric" } } },
    height: place.offsetHeight, // as calendar.css gives it; the hours scroll within it
    dayMaxEvents: true,
    eventOrder: "start,-duration,allDay,place,title", // numbers of a day have a place, and come first
    moreLinkClass: "calendar-more",
    moreLinkHint: (n) => words.others.replace("%(n)s", n),
    closeHint: words.close,
    eventDisplay: "block",
    listItemEventBeforeClass: "event-dot",
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotHeaderFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    defaultTimedEventDuration: "01:00",
    nextDayThreshold: "02:00", // a post has no length: what is drawn of one at 23:30 stays on its own day
    scrollTime: "06:00",
    snapDuration: "00:15",
    nowIndicator: true,
    allDayText: words.allDay,
    timedText: words.timed,
    eventsHint: words.events,
    navLinks: true,
    navLinkDayClick: openDay,
    dayCellDidMount: offerToCompose,
    noEventsContent: words.empty,
    eventContent: eventFace,
    events: readEvents,
    loading: showOnce,
    eventClick: openEvent,
    eventDrop: moveByDrop,
    eventSourceFailure: () => showToast("unmoved", words.unread),
    datesSet: rememberView,
  });
  place.addEventListener("keydown", walk);
  place.classList.add("calendar-drawing");
  new MutationObserver(sayWhatIsSeen).observe(place, { attributeFilter: ["aria-label"], childList: true, subtree: true });
  calendar.render();
}

// FullCalendar says when it has read; a frame later what it has read is drawn.
function showOnce(isReading) {
  if (!isReading) requestAnimationFrame(() => requestAnimationFrame(() => place.classList.remove("calendar-drawing")));
}

async function readEvents(info) {
  const address = new URL(options.feed, location.href);
  const given = new URLSearchParams(location.search);
  for (const name of FILTERS) if (given.get(name)) address.searchParams.set(name, given.get(name));
  address.searchParams.set("start", info.start.toISOString());
  address.searchParams.set("end", info.end.toISOString());
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  // An expired session answers with the sign-in page: reloading leads there and back.
  if (answer.redirected) location.reload();
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  more.hidden = !body.more;
  document.getElementById("calendar-long-count").textContent = body.long.length;
  long.replaceChildren(...body.long.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  const posts = body.events.map((event) => ({
    ...event,
    startEditable: event.movable.length > 0,
    color: `var(--tone-${event.tone}-bg)`,
    contrastColor: `var(--tone-${event.tone})`,
  }));
  // Free slots fill a month; they are for the views that show hours.
  const marks = body.marks.filter((mark) => mark.kind !== "free" || info.end - info.start < 8 * 86400e3);
  return [...posts, ...marks.map(drawMark)];
}

function drawMark(mark) {
  const tone = mark.tone || { blackout: "red", holiday: "yellow", free: "green" }[mark.kind] || "blue";
  return {
    ...mark,
    allDay: mark.kind !== "free",
    startEditable: false,
    interactive: Boolean(mark.url),
    color: `var(--tone-${tone}-bg)`,
    contrastColor: `var(--tone-${tone})`,
    className: `mark-${mark.kind}`,
  };
}

async function moveByDrop({ event, revert }) {
  const [deliveries, at] = [event.extendedProps.movable, event.start.toISOString()];
  let answer = await send(deliveries, at);
  if (answer.ask && (await askInDialog(answer.ask, { title: words.anyway, label: words.move }))) {
    answer = await send(deliveries, at, true);
  }
  if (answer.said) {
    showToast("moved", answer.said);
    calendar.refetchEvents();
    return;
  }
  revert();
  if (answer.refused) showToast("unmoved", answer.refused);
}

// Return what the server said, what it asks before it moves anything, or why it refused.
async function send(deliveries, dueAt, anyway = false) {
  try {
    const answer = await fetch(options.move, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) },
      body: JSON.stringify({ deliveries, due_at: dueAt, anyway }),
    });
    const body = await answer.json();
    return { said: body.said, ask: body.ask, refused: body.error };
  } catch {
    return { refused: words.failed }; // not JSON, or no answer
  }
}

function openEvent({ event, jsEvent }) {
  const { movable, where, state, unit, local, clash } = event.extendedProps;
  if (!movable || jsEvent.ctrlKey || jsEvent.metaKey || jsEvent.shiftKey) return; // a free slot is a link
  jsEvent.preventDefault();
  document.getElementById("event-title").textContent = event.title;
  document.getElementById("event-facts").textContent = [unit, where, state].join(" · ");
  document.getElementById("event-clash").replaceChildren(...(clash ? [icon("alert-triangle"), clash] : []));
  document.getElementById("event-link").href = event.url;
  document.getElementById("event-refused").textContent = "";
  const form = document.getElementById("event-move");
  form.hidden = !movable.length;
  form.deliveries = movable;
  form.asked = "";
  fill("event", local, form);
  dialog.showModal();
}

async function moveByDialog(event) {
  event.preventDefault();
  const form = event.currentTarget;
  // The station's clock, wherever the browser is: Viet Nam has one time, without summer time.
  const at = `${read("event", form)}:00+07:00`;
  const { said, ask, refused } = await send(form.deliveries, at, form.asked === at);
  if (!said) {
    form.asked = ask ? at : "";
    document.getElementById("event-refused").textContent = ask ? `${ask} ${words.again}` : refused;
    return;
  }
  dialog.close();
  showToast("moved", said);
  calendar.refetchEvents();
}

function openDay(date) {
  if (isPage("day")) {
    const address = new URL(location.href);
    address.searchParams.set("view", "day");
    address.searchParams.set("date", isoDay(date));
    address.searchParams.delete("page");
    location.assign(address);
    return;
  }
  calendar.changeView(VIEWS.day, date);
}

// Months and weeks say that they are grids: arrows go from day to day, over their edges too. Tab leads to what a day holds; in a week,
// where days are columns, so do the arrows up and down.
const DAY = ":is([role=gridcell], [role=columnheader])";

function walk(event) {
  const cell = event.target.closest(`${DAY}[data-date]`);
  if (!cell || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (calendar.view.type === VIEWS.week && walkWithinDay(event, cell.dataset.date)) return;
  if (![VIEWS.month, VIEWS.week].includes(calendar.view.type)) return;
  const at = new Date(`${cell.dataset.date}T00:00Z`);
  const weekday = (at.getUTCDay() + 6) % 7;
  const days = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -weekday, End: 6 - weekday }[event.key];
  if (days === undefined) return;
  event.preventDefault();
  at.setUTCDate(at.getUTCDate() + days);
  dayAsked = at.toISOString().slice(0, 10);
  if (!focusDay()) calendar.gotoDate(dayAsked);
}

function walkWithinDay(event, day) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return false;
  const stops = [...place.querySelectorAll(`[data-date="${day}"] [tabindex="0"], [data-date="${day}"] a[href]`)];
  stops[stops.indexOf(event.target) + step]?.focus();
  event.preventDefault();
  return true;
}

function focusDay() {
  const link = dayAsked && place.querySelector(`${DAY}[data-date="${dayAsked}"] [role=link]`);
  if (!link) return false;
  dayAsked = "";
  link.focus();
  return true;
}

// FullCalendar names cells and headers otherwise than by what stands in them, and hides that from screen readers.
function sayWhatIsSeen() {
  for (const link of place.querySelectorAll("[role=link][aria-label]")) {
    if (!link.ariaLabel.includes(link.textContent.trim())) link.removeAttribute("aria-label");
  }
  for (const cell of place.querySelectorAll("[data-date][aria-label], [role=columnheader][aria-label]")) {
    cell.removeAttribute("aria-label");
    for (const hidden of cell.querySelectorAll("[aria-hidden]:not(svg)")) hidden.removeAttribute("aria-hidden");
  }
}

function offerToCompose({ el, date, isPast, view }) {
  if (isPast || view.type !== VIEWS.month || !options.compose) return;
  const day = isoDay(date);
  const link = document.createElement("a");
  link.className = "day-compose";
  link.href = `${options.compose}?day=${day}`;
  link.setAttribute("aria-label", words.compose.replace("%(day)s", day.split("-").reverse().join("/")));
  link.title = link.getAttribute("aria-label");
  link.append(icon("plus"));
  el.append(link);
}

function isoDay(date) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: options.timeZone }).format(date);
}

function eventFace({ event, timeText, view }) {
  if (event.extendedProps.kind) return { domNodes: [span("mark-title", event.title)] };
  const { state, unit, tone, clash } = event.extendedProps;
  const where = options.units ? `${unit} · ${event.extendedProps.where}` : event.extendedProps.where;
  const box = document.createElement("span");
  box.className = `event-face ${view.type}`;
  box.title = [`${timeText} ${event.title}`, where, state, clash].filter(Boolean).join("\n");
  box.append(
    icon(event.extendedProps.icon),
    span("event-time", timeText),
    span("event-title", event.title),
    span("event-where", where),
    span(view.type === VIEWS.list ? `state state-${tone}` : "event-state", state),
  );
  if (clash) box.append(clashMark(clash));
  return { domNodes: [box] };
}

function clashMark(content) {
  const mark = span("event-clash", "");
  mark.append(icon("alert-triangle"), span("event-clash-text", content));
  return mark;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${options.sprite}#tabler-${name}`);
  svg.append(use);
  return svg;
}

function span(className, content) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = content;
  return element;
}

// The address, the filter form and the views' links always say what is on the screen.
function rememberView({ view }) {
  focusDay();
  const name = Object.keys(VIEWS).find((key) => VIEWS[key] === view.type);
  const day = isoDay(calendar.getDate());
  const address = new URL(location.href);
  const form = document.querySelector(".filter-bar");
  for (const [key, value] of [["view", name], ["date", day]]) {
    address.searchParams.set(key, value);
    if (form.elements[key]) form.elements[key].value = value;
  }
  history.replaceState(history.state, "", address);
  for (const link of document.querySelectorAll(".calendar-views [data-view]")) {
    address.searchParams.set("view", link.dataset.view);
    link.href = address.search;
    const current = link.dataset.view === name;
    link.classList.toggle("active", current);
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
