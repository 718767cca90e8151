// The parts of the page that answers replace: what was found, and what follows from what is saved.
import { fragment } from "../lib/fragment.js";
import { form } from "./elements.js";

const numbers = new Map(); // by part: the number of the request whose answer it shows
const listeners = [];
let tooOld = 0; // the number of the last request whose answer is not shown

// Calls the function each time when the page shows what was found.
export const onFound = (listener) => listeners.push(listener);

// The page has changed its text by itself, and shows what that left: only answers to later requests know it, too.
export function ignoreAnswersUpTo(number) {
  tooOld = number;
}

export function replaceParts(html, number) {
  if (number <= tooOld) return;
  for (const part of fragment(html).querySelectorAll("[data-part]")) {
    const { part: name } = part.dataset;
    if (number < numbers.get(name)) continue;
    numbers.set(name, number);
    const current = form.querySelector(`[data-part="${name}"]`);
    // Untouched parts stay as they are: screen readers speak what changes, and an open "see more" stays open.
    if (current && written(current) !== part.innerHTML.trim()) current.replaceChildren(...part.childNodes);
  }
  for (const listener of listeners) listener();
}

// As the portal wrote it: a line may be hidden since, and stays so.
function written(part) {
  const copy = part.cloneNode(true);
  for (const line of copy.querySelectorAll("[hidden]")) line.hidden = false;
  return copy.innerHTML.trim();
}
