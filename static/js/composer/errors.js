// What the portal refuses of a form, beside the field or, where there is none, above the form.
import { fragment } from "../lib/fragment.js";
import { form, notices } from "./elements.js";

let shown = "{}"; // a screen reader speaks them once

// Takes the errors by the name of their field, and replaces those that were shown before.
export function showErrors(errors) {
  if (JSON.stringify(errors) === shown) return;
  shown = JSON.stringify(errors);
  for (const old of document.querySelectorAll("[data-said]")) old.remove();
  for (const field of form.querySelectorAll(".is-invalid")) field.classList.remove("is-invalid");
  for (const [name, sentences] of Object.entries(errors)) show(name && form.elements[name], sentences);
}

function show(field, sentences) {
  const list = document.createElement("ul");
  list.className = "field-errors";
  list.dataset.said = "";
  list.role = "alert";
  list.append(...sentences.map(listItem));
  if (field instanceof Element) {
    field.classList.add("is-invalid");
    field.after(list);
  } else {
    const box = fragment('<div class="alert alert-danger" data-said></div>').firstElementChild;
    box.append(list);
    notices.prepend(box);
  }
}

function listItem(sentence) {
  return Object.assign(document.createElement("li"), { textContent: sentence });
}
