// What somebody typed while the portal could not be reached, on this machine: by person and post, for a day at most, and
// sealed. A station's PC is shared: it leaves when its owner signs out, and when somebody else's page comes.
import * as sealed from "./sealed.js";

const PREFIX = "unsent:";
const LONGEST = 24 * 3600 * 1000; // ms

const keyOf = (person, post) => `${PREFIX}${person}:${post}`;

// Returns whether it is stored.
export function storeCopy(person, post, copy) {
  return sealed.store(localStorage, keyOf(person, post), JSON.stringify(copy));
}

export async function copiesOf(person) {
  const copies = await Promise.all(keys(`${PREFIX}${person}:`).map(async (key) => ({ ...(await read(key)), key })));
  return copies.filter(({ key, at }) => Date.now() - at < LONGEST || removeKey(key));
}

export function removeCopy(person, post) {
  removeKey(keyOf(person, post));
}

// The copy that a page takes back: refused for its secrecy mark, it may stay nowhere, and so not here.
const TAKEN = "unsent-taken";

export function noteTaken(key) {
  sessionStorage.setItem(TAKEN, key);
}

export function removeTaken() {
  const key = sessionStorage.getItem(TAKEN);
  if (key) removeKey(key);
}

// Removes the copies of everybody else; of everybody, where nobody is named.
export function removeOthers(person) {
  for (const key of keys(PREFIX)) if (!person || !key.startsWith(`${PREFIX}${person}:`)) removeKey(key);
}

function keys(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

async function read(key) {
  try {
    return JSON.parse(await sealed.read(localStorage, key));
  } catch {
    return { at: 0 };
  }
}

function removeKey(key) {
  sealed.forget(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // A browser that forbids it has stored nothing.
  }
}
