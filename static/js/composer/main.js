// The composer saves itself, uploads, and tells of others. Without this module the same form works by its buttons.
import "./beginning.js";
import "./kit.js"; // before the counters, which count what it fills in
import "./captions.js";
import "./check.js";
import "./chips.js";
import "./counters.js";
import { form } from "./elements.js";
import "./fields.js";
import "./findings.js";
import "./format.js";
import "./keys.js";
import "./layout.js";
import "./leaks.js";
import "./leaving.js";
import "./library.js";
import "./media.js";
import "./options.js";
import "./own.js";
import "./pieces.js";
import "./scans.js";
import "./unsent.js";
import "./swipe.js";
import "./switches.js";
import { watchPresence } from "./presence.js";
import { conflict, hasUnsaved, markEdited, save } from "./save.js";

form.addEventListener("input", (event) => event.target.type !== "file" && markEdited());
watchPresence(
  () => hasUnsaved() && save(),
  () => conflict || save(),
);
