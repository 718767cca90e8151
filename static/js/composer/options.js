// Formats and their options: only what the channel's format of the moment asks for, and what its page allows.
import { form } from "./elements.js";
import { markEdited, onSaved } from "./save.js";

form.addEventListener("change", ({ target }) => target.name?.startsWith("format-") && showOptions());
document.addEventListener("htmx:afterSettle", ({ target }) => {
  const settings = target.querySelector?.("[data-left]");
  if (settings && removeChoices(target.closest(".channel"), JSON.parse(settings.dataset.left))) markEdited();
});
onSaved(showOptions);
showOptions();

// Shows the options of the chosen format; for "what fits best" and "as in the last post" the portal says which one that is.
function showOptions() {
  for (const channel of form.querySelectorAll(".channel")) {
    const chosen = channel.querySelector("input[name^=format-]:checked")?.value;
    const kind = (chosen !== "as_before" && chosen) || channel.querySelector("[data-kind]")?.dataset.kind;
    for (const option of channel.querySelectorAll("[data-kinds]")) {
      option.hidden = Boolean(kind) && !option.dataset.kinds.split(" ").includes(kind);
    }
  }
}

// Leaves only the values that the page's own settings allow, by the option's name. What was chosen of the rest is taken
// back; returns whether something was.
function removeChoices(channel, allowed) {
  let changed = false;
  for (const [name, values] of Object.entries(allowed)) {
    for (const option of channel.querySelectorAll(`[data-option="${name}"]`)) {
      for (const box of option.querySelectorAll("input")) {
        const isAllowed = box.type === "radio" ? values.includes(box.value) : values.length;
        changed = (!isAllowed && disable(box)) || changed;
      }
      changed = narrow(option.querySelector("select"), values) || changed;
    }
  }
  return changed;
}

function disable(box) {
  const wasChecked = box.checked;
  box.checked = false;
  box.disabled = true;
  return wasChecked;
}

function narrow(menu, values) {
  let changed = false;
  for (const choice of menu?.options || []) {
    if (!choice.value || values.includes(choice.value)) continue;
    changed ||= choice.selected;
    if (choice.selected) menu.value = "";
    choice.disabled = true;
  }
  return changed;
}
