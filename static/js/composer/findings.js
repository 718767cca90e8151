// Nothing is called missing before the person has left its field, or has asked for the next step.
import { form } from "./elements.js";
import { onFound } from "./parts.js";

const left = new Set(); // the ids of the places that were left
let isAll = "showFindings" in form.dataset || location.hash === "#at-findings";
const missing = form.querySelector(".missing");

export function showAll() {
  isAll = true;
  show();
}

form.addEventListener("focusout", ({ target }) => {
  const place = target.closest("[id^='at-']");
  if (place) left.add(place.id);
});
onFound(show);
show();

function show() {
  let count = 0;
  for (const line of form.querySelectorAll(".check-list [data-block]")) {
    const isShown = isAll || left.has(line.querySelector("a").hash.slice(1));
    line.hidden = !isShown;
    count += Number(isShown);
  }
  const head = form.querySelector(".check-sum[data-block]");
  if (head) head.hidden = !count;
  for (const line of form.querySelectorAll(".said .said-block")) {
    line.hidden = !(isAll || left.has(line.closest("[id^='at-']")?.id));
  }
  missing.hidden = !count;
  const words = count === 1 ? missing.dataset.one : missing.dataset.many;
  missing.querySelector("span").textContent = words.replace("{n}", count);
  showDots();
}

// A dot at each step in which something is missing.
function showDots() {
  const steps = new Set();
  for (const link of form.querySelectorAll(".check-list [data-block]:not([hidden]) a")) {
    steps.add(document.getElementById(link.hash.slice(1))?.closest("[data-in]")?.dataset.in);
  }
  for (const step of form.querySelectorAll(".compose-steps [data-step]")) {
    step.classList.toggle("is-lacking", steps.has(step.dataset.step));
  }
}
