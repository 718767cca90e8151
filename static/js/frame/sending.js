// Sends a form only while the portal is in reach: the browser's own error page would take what was typed out of sight.
// What could not be sent goes by itself once the line is back, unless another button is pressed meanwhile. A form with
// data-probe asks the portal first, for lines that look alive and are not.
import { showToast } from "../lib/toast.js";

const LONGEST_PROBE = 3000; // ms
const AGAIN = 5000; // ms
let waiting = null; // the press that waits for the line
let isLetThrough = false;

document.addEventListener("submit", holdBack, true);

function holdBack(event) {
  const { target: form, submitter } = event;
  if (isLetThrough || form.method !== "post" || form.matches("[hx-post], [data-hx-post]")) return;
  waiting = null;
  if (navigator.onLine && form.dataset.probe === undefined) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  sendInReach(form, submitter);
}

async function sendInReach(form, submitter) {
  const press = {};
  waiting = press;
  if (!(await isInReach())) {
    if (waiting === press) showToast("waits");
    do await comesBack();
    while (waiting === press && !(await isInReach()));
  }
  if (waiting !== press || !form.isConnected) return;
  waiting = null;
  isLetThrough = true;
  form.requestSubmit(submitter?.form === form ? submitter : null);
  isLetThrough = false;
}

async function isInReach() {
  if (!navigator.onLine) return false;
  try {
    const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(LONGEST_PROBE) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function comesBack() {
  return new Promise((resolve) => {
    addEventListener("online", resolve, { once: true });
    setTimeout(resolve, AGAIN);
  });
}
