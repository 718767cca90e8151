// Saves the form by itself when the person pauses, and again when the portal could not be reached.
import { fragment } from "../lib/fragment.js";
import { keepOnDevice, removeFromDevice } from "./device.js";
import { form, notices } from "./elements.js";
import { showErrors } from "./errors.js";
import { replaceParts } from "./parts.js";
import { checkPresence, meansSignedOut, showSignedOut, signedOut } from "./presence.js";
import { send } from "./requests.js";
import { showStatus } from "./status.js";

const BREATH = 400; // ms without a keystroke before what is written is checked
const QUIET = 1500; // ms without a keystroke before a save
const LONGEST_UNSAVED = 12_000; // ms of typing without a pause
const LONGEST_WAIT = 60_000;

export let saving = null; // the save under way
export let conflict = false; // somebody else has saved: a person decides
export let isRefused = false; // for its secrecy mark, perhaps: then it may be stored nowhere
let edits = "unsaved" in form.dataset ? 1 : 0; // changes since the page came
let saved = 0; // how many of them the portal has
let timer = 0;
let breathTimer = 0;
let unsavedSince = 0; // the first change that no save has taken
let isAskedAgain = false; // while a save is under way
let failures = 0;
const breathListeners = [];
const saveListeners = [];

export const hasUnsaved = () => edits > saved;

// Calls the function a moment after the last key, unless a save is sent before: its answer says what was found, too.
export const onBreath = (listener) => breathListeners.push(listener);

// Calls the function with the portal's answer after each save, when the page shows it.
export const onSaved = (listener) => saveListeners.push(listener);

export function markEdited() {
  edits += 1;
  if (signedOut || conflict) return;
  showStatus(failures && keepOnDevice() ? "kept" : "dirty");
  unsavedSince ||= Date.now();
  scheduleSave(Math.max(0, Math.min(QUIET, unsavedSince + LONGEST_UNSAVED - Date.now())));
  clearTimeout(breathTimer);
  breathTimer = setTimeout(() => breathListeners.forEach((listener) => listener()), BREATH);
}

export function save() {
  cancelScheduledSave();
  isAskedAgain = Boolean(saving);
  saving ??= saveForm().finally(() => (saving = null));
  return saving;
}

export function cancelScheduledSave() {
  clearTimeout(timer);
  clearTimeout(breathTimer);
}

function scheduleSave(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => signedOut || save(), wait);
}

async function saveForm(again = false) {
  const editsSent = edits;
  unsavedSince = 0;
  showStatus("saving");
  const { number, answer, result } = await send(form.dataset.autosave);
  const status = answer?.status;
  // Signing in again changed the token that every form carries.
  if (status === 403 && !again && (await checkPresence())) return saveForm(true);
  if (await meansSignedOut(status)) showSignedOut();
  else if (status === 429) tooOften(answer, result);
  else if (isAboutText(status, result)) finish(answer, result || {}, number, editsSent);
  else if (!signedOut) retryLater();
}

// A page of the server's, or nothing at all, says nothing of the text; 413 says that it is too long, whoever answers it.
function isAboutText(status, result) {
  return status === 413 || (result && status < 500 && status !== 403);
}

function tooOften(answer, result) {
  showErrors(result?.errors || {});
  retryLater(1000 * answer.headers.get("Retry-After"), "busy");
}

function finish(answer, result, number, editsSent) {
  failures = 0;
  isRefused = answer.status === 422;
  showErrors(result.errors || {});
  // Until a person has decided between two copies, a closed tab must lose none of them.
  if (answer.status === 409) showConflict(result.html);
  else if (!answer.ok || !document.hidden || edits === editsSent) removeFromDevice();
  if (answer.ok) {
    form.elements.version.value = result.version;
    saved = editsSent;
    replaceParts(result.html, number);
    for (const listener of saveListeners) listener(result);
  }
  if (edits === editsSent || conflict) {
    showStatus(answer.ok ? "saved" : "wrong", result.saved);
  } else {
    showStatus("dirty");
    scheduleSave(isAskedAgain ? 0 : QUIET);
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
