// The composer by keyboard: Ctrl+Enter submits, Ctrl+S saves, Alt and a number opens a channel.
import { onKey } from "../lib/keys.js";
import { form } from "./elements.js";
import { setDrawer, showNumber } from "./layout.js";
import { markEdited, save } from "./save.js";

onKey("Ctrl+Enter", () => form.requestSubmit(form.querySelector(".bar-submit")));
onKey("Ctrl+S", () => {
  markEdited();
  save();
});
onKey("Alt+1…9", ({ code }) => showNumber(Number(code.at(-1))));
onKey("Esc", () => setDrawer(false));
