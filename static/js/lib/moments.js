// A day and a time of day as people here write them, in two inputs: components/day_and_clock.html.

export const inputs = (name, place = document) =>
  [0, 1].map((part) => place.querySelector(`[name="${CSS.escape(`${name}_${part}`)}"]`));

// Fills both inputs of the field from YYYY-MM-DDTHH:MM, or empties them.
export function fill(name, moment, place = document) {
  const [date, clock] = moment.split("T");
  const [day, time] = inputs(name, place);
  day.value = date.split("-").reverse().join("/");
  time.value = clock || "";
  time.dispatchEvent(new Event("input", { bubbles: true }));
  time.dispatchEvent(new Event("change", { bubbles: true }));
}

// Returns what is written as YYYY-MM-DDTHH:MM; empty where it is no day and time.
export function read(name, place = document) {
  const [day, time] = inputs(name, place).map((input) => input.value.trim());
  const date = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(day);
  const clock = /^(\d{1,2})\s*[:.hg]?\s*(\d{2})?\s*[hg]?$/i.exec(time);
  if (!date || !clock) return "";
  const two = (digits) => (digits || "0").padStart(2, "0");
  return `${date[3]}-${two(date[2])}-${two(date[1])}T${two(clock[1])}:${two(clock[2])}`;
}
