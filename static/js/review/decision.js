// The buttons that approve: not before there was time to read, and with the chosen time on them.
const READING = 2300; // ms; the server refuses what comes sooner than 2 s, as the second tap on the page before would
const UNSEEN = 3000; // without a look at the last channel

const form = document.getElementById("decision");
const buttons = [...document.querySelectorAll("[data-approve]")];
let isHeld = false;
if (form && buttons.length) {
  holdButtons();
  showChosenTime();
  form.addEventListener("change", showChosenTime);
  addEventListener("pageshow", showChosenTime);
  for (const button of document.querySelectorAll("[data-choose]")) button.addEventListener("click", chooseTime);
}

// A free time beside a taken one, outside of the list of times.
function chooseTime({ currentTarget }) {
  form.querySelector(`[name=decision][value="${currentTarget.dataset.choose}"]`).checked = true;
  showChosenTime();
}

function holdButtons() {
  const last = [...document.querySelectorAll(".review-card")].at(-1);
  const opened = Date.now();
  let seen = !last;
  hold(true);
  if (last) new IntersectionObserver(([entry]) => (seen ||= entry.isIntersecting)).observe(last);
  release();

  function release() {
    const passed = Date.now() - opened;
    if (passed < READING || (!seen && passed < UNSEEN)) {
      setTimeout(release, 100);
      return;
    }
    hold(false);
    showChosenTime();
  }
}

function hold(is) {
  isHeld = is;
  for (const button of buttons) button.disabled = is;
}

// Nothing is asked: what was approved can be taken back on the next page.
function showChosenTime() {
  const ownTime = form.querySelector(".time-own");
  const chosen = form.querySelector("[name=decision]:checked");
  const { short } = chosen.dataset;
  if (ownTime) ownTime.hidden = chosen.value !== "other";
  // Whoever approves for others does not choose a time at all.
  const isOthers = chosen.value === "approve" && !short;
  const time = isOthers ? "" : ` · ${short ?? chosen.nextElementSibling.textContent}`;
  const words = isHeld ? ` · ${form.dataset.reading}` : time;
  for (const button of buttons) button.querySelector("[data-chosen-time]").textContent = words;
  for (const button of document.querySelectorAll("[data-choose]")) {
    button.ariaPressed = String(button.dataset.choose === chosen.value);
  }
}
