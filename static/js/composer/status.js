// The line that says whether the text is saved. Its words stand in the page, by name.
const line = document.getElementById("save-state");

export const statusText = (name, time = "") => line.dataset[name].replace("{time}", time);

export function showStatus(name, time) {
  const words = statusText(name, time);
  if (line.textContent !== words) line.textContent = words; // a screen reader speaks it each time it is written
}
