// Panes on a desk, three steps on a phone: one form, of which the style sheet shows a part.
import { form } from "./elements.js";
import { showAll as showAllFindings } from "./findings.js";
import { showPreview } from "./previews.js";
import { openSheet } from "./sheets.js";

const phone = matchMedia("(max-width: 767.98px)");
const steps = [...form.querySelectorAll(".compose-steps [data-step]")];
const next = form.querySelector("[data-next].bar-next");
const side = form.querySelector(".compose-side");
const tabs = [...form.querySelectorAll("[data-tab]")];
const drawer = form.querySelector("[data-drawer]");

// --- Steps ---

export function goTo(name) {
  form.dataset.step = name;
  for (const step of steps) step.ariaCurrent = step.dataset.step === name ? "step" : null;
  const following = steps[steps.findIndex((step) => step.dataset.step === name) + 1];
  next.textContent = following?.dataset.next || "";
  if (phone.matches) scrollTo(0, 0);
}

for (const step of steps) step.addEventListener("click", () => goTo(step.dataset.step));
next.addEventListener("click", () => {
  showAllFindings();
  goTo(steps[steps.findIndex((step) => step.dataset.step === form.dataset.step) + 1].dataset.step);
});
goTo(form.dataset.step);

// --- Channels ---

// Shows a channel, or "all": as a sheet on a phone, else behind its tab.
export function showChannel(key) {
  const channel = form.querySelector(`[data-channel="${key}"]`);
  if (phone.matches && channel) openSheet(channel.querySelector("[data-sheet]"));
  else selectTab(channel ? key : "all");
  if (!channel) return;
  showPreview(key);
}

function selectTab(key) {
  side.dataset.tab = key;
  for (const tab of tabs) {
    tab.ariaSelected = String(tab.dataset.tab === key);
    tab.tabIndex = tab.dataset.tab === key ? 0 : -1;
  }
  for (const channel of side.querySelectorAll(".channel")) {
    channel.classList.toggle("is-current", channel.dataset.channel === key);
  }
}

// The tabs, from the first channel on, for Alt+1 to Alt+9.
export function showNumber(number) {
  const tab = tabs[number];
  if (!tab) return;
  setDrawer(true);
  showChannel(tab.dataset.tab);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => showChannel(tab.dataset.tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const other = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    showChannel(other.dataset.tab);
    other.focus();
  });
}

form.addEventListener("click", ({ target }) => {
  const open = target.closest("[data-open]");
  if (open) showChannel(open.dataset.open);
  const neighbour = target.closest("[data-neighbour]");
  if (neighbour) showNeighbour(target.closest(".channel"), Number(neighbour.dataset.neighbour));
  if (target.closest("[data-preview-first]")) showFirst();
});

export function showNeighbour(channel, step) {
  const all = [...form.querySelectorAll(".channel")];
  showChannel(all[(all.indexOf(channel) + step + all.length) % all.length].dataset.channel);
}

// The first channel that the post goes to: its preview stands beside the text from the beginning.
function showFirst() {
  const chosen = form.querySelector("[name=channels]:checked");
  showChannel(chosen ? chosen.value : "all");
}

if (!phone.matches && tabs.length) {
  if (form.dataset.begun) selectTab("all");
  else showFirst();
}

// --- The drawer of a narrow desk ---

export function setDrawer(isOpen) {
  side.classList.toggle("is-open", isOpen);
  drawer.ariaExpanded = String(isOpen);
}

drawer.addEventListener("click", () => setDrawer(drawer.ariaExpanded !== "true"));
form.querySelector("[data-drawer-close]").addEventListener("click", () => {
  setDrawer(false);
  drawer.focus();
});

// --- From a finding to its field ---

export function reveal(place) {
  const part = place.closest("[data-in]");
  if (part && phone.matches) goTo(part.dataset.in);
  if (place.closest(".compose-side")) setDrawer(true);
  const channel = place.closest(".channel");
  const isInLine = phone.matches && place.closest(".channel-choice");
  if (channel && !isInLine) showChannel(channel.dataset.channel);
  else if (place.matches("#at-findings, #at-channels")) showChannel("all");
  const picture = place.closest(".picture");
  if (picture) openSheet(picture.querySelector("dialog"));
  place.closest("details")?.setAttribute("open", "");
}
