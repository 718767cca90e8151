// Keys by the names that the sheet of "?" shows: "?", "Esc", "Ctrl+K", "Alt+1…9". On a Mac the command key stands for Ctrl.
const actions = new Map();

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

// Calls the function at this key, but not for a single key while the person types in a field.
export function onKey(name, action) {
  actions.set(name, action);
}

document.addEventListener("keydown", (event) => {
  // The rich text editor has keys of its own: there Ctrl+K sets a link.
  if (event.defaultPrevented) return;
  // 229 is a key that an input method, such as one for Vietnamese, has taken.
  if (event.isComposing || event.keyCode === 229 || event.repeat) return;
  const name = nameOf(event);
  const action = actions.get(name);
  if (!action || (name.length === 1 && isTyping(event.target))) return;
  // Under the frame's own dialogs the page waits.
  if (name !== "Ctrl+K" && document.querySelector(".palette[open], .confirm-dialog[open]")) return;
  if (name !== "Esc") event.preventDefault();
  action(event);
});

function nameOf({ ctrlKey, metaKey, altKey, shiftKey, key, code }) {
  const [command, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  if (other) return "";
  // By its place: Alt and a digit write signs on some keyboards. AltGr is Ctrl and Alt.
  if (altKey) return !command && !shiftKey && /^Digit[1-9]$/.test(code) ? "Alt+1…9" : "";
  const name = key === "Escape" ? "Esc" : key.length === 1 ? key.toUpperCase() : key;
  if (!command) return name;
  return shiftKey ? "" : `Ctrl+${name}`;
}

export function isTyping(element) {
  return element.isContentEditable || element.matches?.("input, textarea, select");
}
