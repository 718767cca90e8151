// The whole form as a request, but for its files. Requests are numbered: answers may come in another order.
import { form } from "./elements.js";

const MOST_KEPT_ALIVE = 60_000; // bytes; browsers refuse more than 64 KiB to a page that goes away
let sent = 0;
let answered = 0; // the number of the youngest request that was answered

export const lastSent = () => sent;

// Whether a request that was sent later has been answered.
export const isOutdated = (number) => number < answered;

// The form carries the number: the portal tells by it a page's own save, whose answer was lost, from a colleague's.
export function numberRequest() {
  sent += 1;
  form.elements.number.value = sent;
  return sent;
}

// Resolves to the request's number, the portal's answer and what it says; to no answer when the portal could not be
// reached, and to no result when it said nothing that this script understands.
export async function send(address, options = {}) {
  const number = numberRequest();
  const body = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
  const headers = { Accept: "application/json" };
  const keepalive = document.hidden && isSmall(body);
  const answer = await fetch(address, { method: "POST", body, headers, keepalive, ...options }).catch(() => null);
  const result = await answer?.json().catch(() => null);
  if (answer) answered = Math.max(answered, number);
  return { number, answer, result };
}

function isSmall(body) {
  let size = 0;
  for (const [name, value] of body) size += 200 + name.length + new Blob([value]).size;
  return size < MOST_KEPT_ALIVE;
}
