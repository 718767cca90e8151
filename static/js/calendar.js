// On a wide screen the agenda grows into a calendar in which a post can be dragged to another time.
// The server decides whether it may be moved; each event is also a link to the page where the same is done by keyboard.
(function () {
  const place = document.getElementById("calendar");
  const agenda = document.getElementById("agenda");
  const more = document.getElementById("calendar-more");
  const options = JSON.parse(document.getElementById("calendar-options").textContent);
  const { words } = options;
  const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", list: "listMonth" };
  const FILTERS = ["unit", "channel", "campaign", "state"];
  const wide = matchMedia("(min-width: 768px)");

  function tell(name, text) {
    portal.toast(name);
    document.getElementById("toasts").lastElementChild.querySelector("p").textContent = text;
  }

  async function read(info) {
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
    return body.events.map((event) => ({
      ...event,
      startEditable: event.movable.length > 0,
      color: `var(--tone-${event.tone}-bg)`,
      contrastColor: `var(--tone-${event.tone})`,
    }));
  }

  async function move({ event, revert }) {
    let refused = words.failed;
    try {
      const answer = await fetch(options.move, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) },
        body: JSON.stringify({ deliveries: event.extendedProps.movable, due_at: event.start.toISOString() }),
      });
      const body = await answer.json();
      if (answer.ok) {
        tell("moved", body.said);
        calendar.refetchEvents();
        return;
      }
      refused = body.error;
    } catch {
      // Not JSON, or no answer: the words for that stand already.
    }
    revert();
    tell("unmoved", refused);
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

  function text(className, content) {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = content;
    return span;
  }

  function face({ event, timeText, view }) {
    const { state, unit, tone } = event.extendedProps;
    const where = options.units ? `${unit} · ${event.extendedProps.where}` : event.extendedProps.where;
    const box = document.createElement("span");
    box.className = `slot-face ${view.type}`;
    box.title = `${timeText} ${event.title}\n${where}\n${state}`;
    box.append(
      icon(event.extendedProps.icon),
      text("slot-time", timeText),
      text("slot-title", event.title),
      text("slot-where", where),
      text(view.type === VIEWS.list ? `state state-${tone}` : "slot-state", state),
    );
    return { domNodes: [box] };
  }

  // The address and the filter form always say what is on the screen.
  function remember({ view }) {
    const name = Object.keys(VIEWS).find((key) => VIEWS[key] === view.type);
    const day = new Intl.DateTimeFormat("en-CA", { timeZone: options.timeZone }).format(calendar.getDate());
    const address = new URL(location.href);
    const form = document.querySelector(".filter-bar");
    for (const [key, value] of [["view", name], ["date", day]]) {
      address.searchParams.set(key, value);
      if (form.elements[key]) form.elements[key].value = value;
    }
    history.replaceState(history.state, "", address);
    // A day has 24 hours; the week scrolls to those in which people are awake.
    const height = view.type === VIEWS.week ? 760 : "auto";
    if (calendar.getOption("height") !== height) calendar.setOption("height", height);
  }

  let calendar = null;

  function build() {
    calendar = new FullCalendar.Calendar(place, {
      plugins: FullCalendar.plugins,
      locales: FullCalendar.locales,
      locale: document.documentElement.lang,
      timeZone: options.timeZone,
      firstDay: 1,
      initialView: VIEWS[options.view],
      initialDate: options.date,
      headerToolbar: { start: "prev,next today", center: "title", end: "dayGridMonth,timeGridWeek,listMonth" },
      buttonClass: "calendar-button",
      buttons: {
        dayGridMonth: { text: words.month },
        timeGridWeek: { text: words.week },
        listMonth: { text: words.list },
        today: { text: words.today },
        prev: { hint: words.earlier },
        next: { hint: words.later },
      },
      height: "auto",
      dayMaxEvents: 4,
      moreLinkClass: "calendar-more",
      eventDisplay: "block",
      listItemEventBeforeClass: "slot-dot",
      eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      slotHeaderFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      defaultTimedEventDuration: "01:00",
      nextDayThreshold: "02:00", // a post has no length: what is drawn of one at 23:30 stays on its own day
      scrollTime: "06:00",
      snapDuration: "00:15",
      nowIndicator: true,
      allDaySlot: false,
      noEventsContent: words.empty,
      eventContent: face,
      events: read,
      eventDrop: move,
      eventSourceFailure: () => tell("unmoved", words.unread),
      datesSet: remember,
    });
    calendar.render();
  }

  function choose() {
    agenda.hidden = wide.matches;
    place.hidden = !wide.matches;
    if (wide.matches && !calendar) build();
    more.hidden ||= !wide.matches;
  }

  wide.addEventListener("change", choose);
  choose();
})();
