// Forms and their fields: sent once, filters that send themselves, boxes for a whole list, copies, passwords in clear, files.
import { showToast } from "../lib/toast.js";

// A second, impatient press sends nothing twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.ariaBusy === "true") event.preventDefault();
  else form.ariaBusy = "true";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy=true]")) form.ariaBusy = null;
});

// What was wrong with a field is not said any more once somebody fills it in.
document.addEventListener("input", ({ target }) => {
  const field = target.value && target.closest(".field.has-error");
  if (!field || [...field.querySelectorAll(".day-and-clock input")].some((input) => !input.value)) return;
  field.classList.remove("has-error");
  for (const errors of field.querySelectorAll(".field-errors")) errors.remove();
  for (const input of field.querySelectorAll(".is-invalid")) {
    input.classList.remove("is-invalid");
    input.ariaInvalid = null;
  }
  const id = (target.closest(".day-and-clock") || target).id;
  const summary = document.querySelector("[data-form-errors]");
  summary?.querySelector(`a[href="#${CSS.escape(id)}"]`)?.closest("li").remove();
  if (summary?.querySelector("ul") && !summary.querySelector("li")) summary.remove();
});

// What a person unfolds is in sight, not under the bar of a phone.
document.addEventListener("click", (event) => {
  const part = event.target.closest("summary")?.parentElement;
  if (!part || part.open) return;
  part.addEventListener("toggle", () => part.open && part.scrollIntoView({ block: "nearest" }), { once: true });
});

document.addEventListener("change", ({ target }) => {
  if (target.closest("form[data-autosubmit]")) target.form.requestSubmit();
  if (target.dataset.checkAll !== undefined) {
    for (const box of document.querySelectorAll(target.dataset.checkAll)) box.checked = target.checked;
  }
  for (const place of document.querySelectorAll("[data-count-checked]")) {
    const count = document.querySelectorAll(`${place.dataset.countChecked}:checked`).length;
    place.textContent = count;
    place.closest("[data-bulk]")?.toggleAttribute("hidden", !count);
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  showToast("copied");
});

// The server makes the file first: without a word, people press again.
document.addEventListener("click", ({ target }) => target.closest("a[data-file]") && showToast("file"));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const input = document.querySelector(button.dataset.reveal);
  input.type = input.type === "password" ? "text" : "password";
  button.ariaPressed = String(input.type === "text");
});
