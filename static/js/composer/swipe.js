// In the sheet of a channel a swipe, or an arrow key, leads to the next one.
import { form } from "./elements.js";
import { showNeighbour } from "./layout.js";

const FAR = 60; // pixels to the side
const ELSEWHERE = "input, textarea, select, [contenteditable], .carousel, video"; // use both themselves
let start = null;

form.addEventListener("touchstart", (event) => {
  const isSwipe = event.touches.length === 1 && sheetOf(event.target);
  start = isSwipe ? { sheet: isSwipe, x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
}, { passive: true });

form.addEventListener("touchend", ({ changedTouches: [touch] }) => {
  if (!start) return;
  const x = touch.clientX - start.x;
  const isSideways = Math.abs(x) > FAR && Math.abs(x) > 2 * Math.abs(touch.clientY - start.y);
  if (isSideways) showNeighbour(start.sheet.closest(".channel"), x < 0 ? 1 : -1);
  start = null;
}, { passive: true });

form.addEventListener("keydown", ({ key, target }) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const sheet = step && sheetOf(target);
  if (sheet) showNeighbour(sheet.closest(".channel"), step);
});

function sheetOf(place) {
  return !place.closest(ELSEWHERE) && place.closest("dialog[data-sheet][open]");
}
