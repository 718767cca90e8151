// The rich text editor comes when somebody asks for it, or when the text has formatting already.
import { form } from "./elements.js";

const area = form.elements.body;
const button = document.getElementById("format-text");

button?.addEventListener("click", () => {
  area.dataset.focus = "";
  load();
});
if (button && "rich" in area.dataset) load();

function load() {
  button.hidden = true;
  document.head.append(document.getElementById("editor-module").content.cloneNode(true));
}
