// Asks every few seconds whether the portal still knows us, and who else has this post open.
import { form, notices } from "./elements.js";
import { showStatus } from "./status.js";

const POLL = 15_000; // ms
const RETURN_POLL = 5000;
// Only a person's keys and fingers keep a session alive: an open page on an empty chair must not.
const AWAKE = 5 * 60_000;

export let signedOut = false;
let lastInput = Date.now();
let afterReturn = () => {};
let takeVideos = () => {};

// Begins to ask; `onReturn` is called when the person has signed in again, `onNewVideo` when a video that was being made
// has taken its place in the draft.
export function watchPresence(onReturn, onNewVideo) {
  afterReturn = onReturn;
  takeVideos = onNewVideo;
  for (const kind of ["keydown", "pointerdown", "input"]) {
    document.addEventListener(kind, () => (lastInput = Date.now()), { passive: true });
  }
  setInterval(() => {
    if (!document.hidden && !signedOut && Date.now() - lastInput < AWAKE) checkPresence();
  }, POLL);
  checkPresence();
}

// Resolves to true when the portal knows us; then every form has a fresh token.
export async function checkPresence() {
  let answer;
  try {
    answer = await fetch(form.dataset.presence, { headers: { Accept: "application/json" } });
  } catch {
    return false;
  }
  if (!answer.ok) return false;
  const { person, token, others, version, has_new_video: hasNewVideo } = await answer.json();
  // At a shared machine a colleague has signed in: what is typed here is not theirs to save.
  if (person !== form.dataset.person) {
    showSignedOut();
    return false;
  }
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  showOthers(others);
  if (hasNewVideo && version > Number(form.elements.version.value)) takeVideos();
  return true;
}

// Resolves to whether an answer of this status says that nobody is signed in here. Whoever is not may send little, and a
// proxy may say so before the portal says why.
export async function meansSignedOut(status) {
  if (status !== 413) return status === 401;
  const answer = await fetch(form.dataset.presence, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.status === 401;
}

// Shows how to sign in again, and waits until the person has done so.
export function showSignedOut() {
  if (signedOut) return;
  signedOut = true;
  showStatus("dirty");
  if (!document.getElementById("signed-out-note")) {
    notices.prepend(document.getElementById("signed-out").content.cloneNode(true));
  }
  setTimeout(checkReturn, RETURN_POLL);
}

async function checkReturn() {
  if (!signedOut) return;
  if (document.hidden || !(await checkPresence())) {
    setTimeout(checkReturn, RETURN_POLL);
    return;
  }
  signedOut = false;
  document.getElementById("signed-out-note")?.remove();
  afterReturn();
}

function showOthers(names) {
  const shown = document.getElementById("company-note");
  if (!names.length) {
    shown?.remove();
    return;
  }
  const note = shown || document.getElementById("company").content.cloneNode(true).firstElementChild;
  const line = note.querySelector("div");
  const words = names.length > 1 ? line.dataset.wordsMany : line.dataset.wordsOne;
  const sentence = words.replace("{names}", names.join(", "));
  if (line.textContent !== sentence) line.textContent = sentence;
  if (!shown) notices.append(note);
}
