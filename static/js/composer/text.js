// The common text of the draft as plain words, from the text area or from the rich text editor.
import { fragment } from "../lib/fragment.js";
import { form } from "./elements.js";

export function bodyText() {
  const { value } = form.elements.body;
  if (!form.elements["body-is-html"]) return value;
  return fragment(value.replace(/<br>/g, "\n").replace(/<\/(p|h2|h3|li)>/g, "\n\n")).textContent;
}
