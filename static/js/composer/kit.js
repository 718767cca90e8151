// The text of a kit, as it reads while somebody fills its gaps. The portal makes the text that is stored.
import { form } from "./elements.js";

const text = form.querySelector("[data-kit-text]");

if (text) {
  form.addEventListener("input", ({ target }) => {
    if ("slotField" in target.dataset) fill(target.dataset.slotField, target.value);
    else if (target.name !== "own_lines") return;
    // The counters read them.
    form.elements.title.value = text.querySelector("[data-kit-title]").textContent.trim();
    const lines = form.elements.own_lines?.value.trim() || "";
    form.elements.body.value = `${text.querySelector("[data-kit-body]").textContent.trim()}${lines && `\n\n${lines}`}`;
  });
}

function fill(name, words) {
  const shown = words.split(/\s+/).filter(Boolean).join(" ");
  for (const gap of text.querySelectorAll(`[data-gap="${name}"]`)) {
    gap.textContent = shown || gap.dataset.label;
    gap.classList.toggle("is-open", !shown);
  }
}
