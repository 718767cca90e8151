// What every page shares. Each part makes a page nicer; none is needed for its main job.
import "./frame/confirm.js";
import "./frame/folds.js";
import "./frame/forms.js";
import "./frame/help.js";
import "./frame/palette.js";
import "./frame/sending.js";
import "./frame/shared_machine.js";
import "./frame/tabs.js";
import "./frame/requests.js";
import "./lib/fragment.js";
import { watchToasts } from "./lib/toast.js";

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".portal-toast, .alert")?.remove();
});

document.addEventListener("DOMContentLoaded", () => {
  watchToasts();
  document.querySelector("[data-form-errors]")?.focus();
});
