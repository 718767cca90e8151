// Saves the form by itself, a moment after the last change, and again when the portal could not be reached.
import { fragment } from "../lib/fragment.js";
import { keepOnDevice, removeFromDevice } from "./device.js";
import { form, notices } from "./elements.js";
import { showErrors } from "./errors.js";
import { checkPresence, showSignedOut, signedOut } from "./presence.js";
import { showStatus } from "./status.js";

const QUIET = 1500; // ms without a keystroke before a save
const LONGEST_WAIT = 60_000;

export let saving = null; // the save under way
export let conflict = false; // somebody else has saved: a person decides
let edits = "unsaved" in form.dataset ? 1 : 0; // changes since the page came
let saved = 0; // how many of them the portal has
let timer = 0;
let failures = 0;
const saveListeners = [];

export const hasUnsaved = () => edits > saved;

// Calls the function with the portal's answer after each save, when the page shows it.
export const onSaved = (listener) => saveListeners.push(listener);

export function markEdited() {
  edits += 1;
  if (signedOut || conflict) return;
  showStatus(failures && keepOnDevice() ? "kept" : "dirty");
  scheduleSave(QUIET);
}

export function save() {
  cancelScheduledSave();
  saving ??= send().finally(() => (saving = null));
  return saving;
}

export function cancelScheduledSave() {
  clearTimeout(timer);
}

function scheduleSave(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

async function send(again = false) {
  const editsSent = edits;
  const answer = await post();
  if (!answer) return retryLater();
  if (answer.status === 401) return showSignedOut();
  // Signing in again changed the token that every form carries.
  if (answer.status === 403 && !again && (await checkPresence())) return send(true);
  if (signedOut) return;
  if (answer.status === 429) {
    showErrors((await answer.json()).errors);
    return retryLater(1000 * answer.headers.get("Retry-After"), "busy");
  }
  if (answer.status >= 500 || answer.status === 403) return retryLater();
  return finish(answer, editsSent);
}

// Resolves to the portal's answer, or to null when it could not be reached.
function post() {
  const body = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
  showStatus("saving");
  return fetch(form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
}

async function finish(answer, editsSent) {
  const result = await answer.json();
  failures = 0;
  showErrors(result.errors || {});
  // Until a person has decided between two copies, a closed tab must lose none of them.
  if (answer.status === 409) showConflict(result.html);
  else removeFromDevice();
  if (!answer.ok) {
    showStatus("wrong");
    return;
  }
  form.elements.version.value = result.version;
  saved = editsSent;
  replaceParts(result.html);
  for (const listener of saveListeners) listener(result);
  if (hasUnsaved()) {
    showStatus("dirty");
    scheduleSave(QUIET);
  } else {
    showStatus("saved", result.saved);
  }
}

function retryLater(wait = 0, name = "offline") {
  failures += 1;
  const isKept = keepOnDevice();
  showStatus(isKept && name === "offline" ? "kept" : name);
  timer = setTimeout(save, wait || Math.min(LONGEST_WAIT, 2 ** failures * 2500));
}

function showConflict(html) {
  conflict = true;
  notices.querySelector("[data-conflict]")?.remove();
  notices.prepend(fragment(html));
  notices.firstElementChild.focus();
}

function replaceParts(html) {
  for (const part of fragment(html).querySelectorAll("[data-part]")) {
    const current = form.querySelector(`[data-part="${part.dataset.part}"]`);
    // Untouched parts stay as they are: screen readers speak what changes, and an open "see more" stays open.
    if (current && current.innerHTML.trim() !== part.innerHTML.trim()) current.innerHTML = part.innerHTML;
  }
}
