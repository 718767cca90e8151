// Channels that cannot take the pictures and videos are off by themselves, until a person switches them.
import { form } from "./elements.js";
import { onSaved } from "./save.js";

const shownAs = (key) => form.elements[`switch-${key}`];

form.addEventListener("change", ({ target }) => {
  if (target.name === "channels") shownAs(target.value).value = "hand";
});

onSaved(({ switches }) => {
  for (const box of form.querySelectorAll("[name=channels]")) {
    const shown = shownAs(box.value);
    if (!(box.value in switches) || shown.value === "hand") continue;
    box.checked = switches[box.value];
    shown.value = box.checked ? "on" : "off";
  }
});
