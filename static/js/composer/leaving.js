// What is not saved yet when the person sends the form, closes the page or looks at another one.
import { keepOnDevice } from "./device.js";
import { form } from "./elements.js";
import { uploadedPercent, uploading } from "./media.js";
import { signedOut } from "./presence.js";
import { numberRequest } from "./requests.js";
import { showStatus } from "./status.js";
import { cancelScheduledSave, conflict, hasUnsaved, isRefused, save, saving } from "./save.js";

const UPLOAD_POLL = 200; // ms
let submitted = false;
let isTouched = false;

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!uploading() && !saving) {
    cancelScheduledSave();
    numberRequest();
    submitted = true;
    return;
  }
  // Two saves at once would look like two editors.
  event.preventDefault();
  while (uploading() || saving) {
    if (uploading()) showStatus("waiting", uploadedPercent());
    await (saving || new Promise((resolve) => setTimeout(resolve, UPLOAD_POLL)));
  }
  if (!conflict && !signedOut) form.requestSubmit(button);
});

// Who leaves a field has written it. To submit saves by itself.
form.addEventListener("input", () => (isTouched = true));
form.addEventListener("focusout", ({ relatedTarget }) => {
  if (!isTouched || submitted || relatedTarget?.matches(".bar-submit")) return;
  isTouched = false;
  if (hasUnsaved() && !conflict && !signedOut) save();
});

addEventListener("pageshow", () => (submitted = false));

addEventListener("beforeunload", (event) => {
  if (hasUnsaved() && !submitted) event.preventDefault();
});

// A save may still be under way, too large for a page that goes, or meet no network: until the portal has answered, this
// machine has a copy.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden || submitted || !hasUnsaved() || conflict || signedOut || "unsaved" in form.dataset) return;
  if (!isRefused) keepOnDevice();
  save();
});
