// Has what is typed checked a moment after the last key, long before it is saved. The portal stores nothing of it.
import { form } from "./elements.js";
import { showErrors } from "./errors.js";
import { replaceParts } from "./parts.js";
import { checkPresence, showSignedOut, signedOut } from "./presence.js";
import { isOutdated, send } from "./requests.js";
import { onBreath } from "./save.js";
import { showStatus } from "./status.js";

const LONGEST = 10_000; // ms for an answer
let isChecking = false;
let isDue = false;
let notBefore = 0;

onBreath(check);

async function check() {
  isDue = isChecking;
  if (isChecking || signedOut || Date.now() < notBefore) return;
  isChecking = true;
  const { number, answer, result } = await send(form.dataset.check, { signal: AbortSignal.timeout(LONGEST) });
  isChecking = false;
  if (answer) finish(answer, result, number);
  if (isDue) check();
}

// What it does not understand it leaves to the save, which follows.
function finish({ status, headers }, result, number) {
  if (status === 401) showSignedOut();
  if (status === 403) checkPresence();
  if (status === 429) notBefore = Date.now() + 1000 * headers.get("Retry-After");
  if (!result || isOutdated(number)) return;
  if (status === 200) replaceParts(result.html, number);
  // What is wrong with a field is said when the person pauses; what nothing may store, at once.
  if (status === 422 && result.errors[""]) {
    showErrors({ "": result.errors[""] });
    showStatus("wrong");
  }
}
