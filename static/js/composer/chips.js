// Topic, time and the rest as chips that say what is chosen, each with its field behind it; times at one tap.
import { fill, read } from "../lib/moments.js";
import { form } from "./elements.js";
import { onFound } from "./parts.js";

const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const moments = new Intl.DateTimeFormat(language, {
  weekday: "short", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit",
});
const chips = [...form.querySelectorAll(".chip")];

export function openChip(chip, isOpen = true) {
  for (const each of chips) {
    each.classList.toggle("is-open", isOpen && each === chip);
    each.querySelector(".chip-button").ariaExpanded = String(isOpen && each === chip);
  }
}

for (const chip of chips) {
  const button = chip.querySelector(".chip-button");
  const words = chip.querySelector("[data-chip-value]");
  button.addEventListener("click", () => openChip(chip, !chip.classList.contains("is-open")));
  chip.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !chip.classList.contains("is-open")) return;
    openChip(chip, false);
    button.focus();
  });
  const show = () => {
    const value = valueOf(chip);
    words.textContent = value || words.dataset.empty;
    chip.classList.toggle("is-set", Boolean(value));
  };
  chip.addEventListener("input", show);
  show();
}

// Whoever goes on elsewhere has done with the chip.
for (const kind of ["pointerdown", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    if (!target.closest?.(".chip")) openChip(null, false);
  });
}

function valueOf(chip) {
  const checked = [...chip.querySelectorAll("input:checked")];
  if (checked.length) return checked.map((box) => box.closest("label").innerText.trim()).join(", ");
  const time = chip.querySelector(".day-and-clock") && timeOf(chip);
  if (time) return time;
  const fields = [...chip.querySelectorAll("select, input:not([type=radio], [type=checkbox])")];
  const field = fields.find((each) => each.value);
  if (!field) return "";
  return field.selectedOptions ? field.selectedOptions[0].text : field.value;
}

// The time in the chip, with its day of the week; as it is written where it is none yet.
function timeOf(chip) {
  const written = [...chip.querySelectorAll(".day-and-clock input")];
  const moment = read(written[0].name.replace(/_0$/, ""), chip);
  const time = new Date(moment);
  return Number.isNaN(time.getTime()) ? written.map((input) => input.value).join(" ").trim() : moments.format(time);
}

const wantedTime = form.querySelector("#at-wanted");
wantedTime.addEventListener("click", ({ target }) => {
  const time = target.closest("[data-time]");
  if (time) fill("requested_time", time.dataset.time, form);
});
wantedTime.addEventListener("input", showPressed);
onFound(showPressed);
showPressed();

function showPressed() {
  const wanted = read("requested_time", form);
  for (const time of wantedTime.querySelectorAll("[data-time]")) time.ariaPressed = String(time.dataset.time === wanted);
}
