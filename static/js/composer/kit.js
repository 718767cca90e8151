// The text of a kit, as it reads while somebody fills in its placeholders. The portal makes the text that is stored.
import { form } from "./elements.js";

const text = form.querySelector("[data-kit-text]");

if (text) {
  form.addEventListener("input", ({ target }) => {
    if ("placeholderField" in target.dataset) fill(target.dataset.placeholderField, target.value);
    else if (target.name !== "own_lines") return;
    // The counters read them.
    form.elements.title.value = text.querySelector("[data-kit-title]").textContent.trim();
    const lines = form.elements.own_lines?.value.trim() || "";
    form.elements.body.value = `${text.querySelector("[data-kit-body]").textContent.trim()}${lines && `\n\n${lines}`}`;
  });
}

function fill(name, typed) {
  const value = typed.split(/\s+/).filter(Boolean).join(" ");
  for (const placeholder of text.querySelectorAll(`[data-placeholder="${name}"]`)) {
    placeholder.textContent = value || placeholder.dataset.label;
    placeholder.classList.toggle("is-open", !value);
  }
}
