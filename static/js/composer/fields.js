// The way from a finding to its field.
import { openChip } from "./chips.js";
import { form } from "./elements.js";
import { reveal } from "./layout.js";

// It opens what hides the field.
form.addEventListener("click", (event) => {
  const link = event.target.closest(".check-list a, .missing");
  const place = link && document.getElementById(link.hash.slice(1));
  if (!place) return;
  event.preventDefault();
  lead(place);
});
if (location.hash === "#at-findings") lead(document.getElementById("at-findings"));

function lead(place) {
  reveal(place);
  const chip = place.closest(".chip");
  if (chip) openChip(chip);
  const scope = place.querySelector("dialog[open]") || place;
  const fields = scope.querySelectorAll(".body-editor, input:not([type=hidden]), select, textarea, [data-write-own]");
  const field = place.id === "at-findings" ? place : [...fields].find((each) => each.checkVisibility()) || place;
  field.scrollIntoView({ block: "nearest" });
  field.focus({ preventScroll: true });
}
