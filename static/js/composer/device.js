// The copy of the form on this machine, while the portal cannot be reached.
import { removeCopy, storeCopy } from "../lib/unsent.js";
import { form } from "./elements.js";

const { person, post } = form.dataset;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "proof", "page", "number", "act"]);

// Returns the fields of the form as they are sent, but for its files.
export function fieldsOfForm() {
  const fields = [...new FormData(form)];
  return fields.filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
}

export function keepOnDevice() {
  return storeCopy(person, post, { at: Date.now(), address: form.getAttribute("action"), fields: fieldsOfForm() });
}

export function removeFromDevice() {
  removeCopy(person, post);
}
