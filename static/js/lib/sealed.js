// Text in the browser's storage that only a page of its owner can read: the key comes with each page of that person and
// is stored nowhere. Encrypting is asynchronous, and a page that closes has no time: the key stream lies ready.
const LONGEST = 1 << 20; // bytes; more is not stored
const { subtle } = globalThis.crypto; // none on a page without TLS
const { deviceKey } = document.body.dataset;
const key = subtle && deviceKey && subtle.importKey("raw", fromBase64(deviceKey), "AES-CTR", false, ["encrypt", "decrypt"]);
let stream = null; // is used once
let waiting = null; // what came while there was none

if (key) prepare();

async function prepare() {
  const counter = crypto.getRandomValues(new Uint8Array(16)).fill(0, 8);
  const bytes = new Uint8Array(await subtle.encrypt(algorithm(counter), await key, new Uint8Array(LONGEST)));
  stream = { counter, bytes };
  if (waiting) store(...waiting);
}

// Returns whether it is stored, or will be within milliseconds: a browser may forbid it, or be full.
export function store(storage, name, text) {
  const plain = new TextEncoder().encode(text);
  if (!key || plain.length > LONGEST) return false;
  waiting = stream ? null : [storage, name, text];
  if (waiting) return true;
  const { counter, bytes } = stream;
  stream = null;
  prepare();
  try {
    storage.setItem(name, `${toBase64(counter)} ${toBase64(plain.map((byte, at) => byte ^ bytes[at]))}`);
    return true;
  } catch {
    return false;
  }
}

// Forgets what waits to be stored under this name.
export function forget(name) {
  if (waiting?.[1] === name) waiting = null;
}

// Returns the text; rejects what another key has sealed, or nobody.
export async function read(storage, name) {
  const [counter, bytes] = storage.getItem(name).split(" ").map(fromBase64);
  const plain = await subtle.decrypt(algorithm(counter), await key, bytes);
  return new TextDecoder("utf-8", { fatal: true }).decode(plain);
}

function algorithm(counter) {
  return { name: "AES-CTR", counter, length: 64 };
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
