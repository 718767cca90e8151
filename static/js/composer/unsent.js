// Saves by itself when the network is back, and asks about what a closed tab has left on this machine.
import { copiesOf, noteTaken, removeCopy } from "../lib/unsent.js";
import { fieldsOfForm } from "./device.js";
import { form, notices } from "./elements.js";
import { signedOut } from "./presence.js";
import { conflict, hasUnsaved, save } from "./save.js";

addEventListener("online", () => {
  if (hasUnsaved() && !conflict && !signedOut) save();
});

const { person, post } = form.dataset;
const isNew = new URL(form.action).searchParams.has("begun");

if ("returned" in form.dataset) {
  history.replaceState(history.state, "", location.href); // a reload shall not send the copy again
  save();
} else if (!("unsaved" in form.dataset)) {
  offer();
}

async function offer() {
  const copies = (await copiesOf(person)).toSorted((one, other) => other.at - one.at);
  // A post that was never saved has no page of its own: the next new one asks for it.
  const copy = copies.find(({ key, address }) => key.endsWith(post) || (isNew && address.includes("?begun=")));
  if (!copy) return;
  const postOfCopy = copy.key.split(":").at(-1);
  if (postOfCopy === post && comparable(copy.fields) === comparable(fieldsOfForm())) {
    removeCopy(person, post);
    return;
  }
  const note = document.getElementById("left-on-device").content.cloneNode(true).firstElementChild;
  const line = note.querySelector("[data-words]");
  line.textContent = line.dataset.words.replace("{time}", timeOf(copy.at));
  note.querySelector("[data-take]").addEventListener("click", () => take(copy));
  note.querySelector("[data-drop]").addEventListener("click", () => {
    removeCopy(person, postOfCopy);
    note.remove();
    form.querySelector("[name=title]").focus();
  });
  notices.prepend(note);
}

// The portal makes the page of it: pictures, channels and all.
function take({ key, address, fields }) {
  noteTaken(key);
  const sent = document.createElement("form");
  sent.method = "post";
  sent.action = address;
  const token = ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value];
  for (const [name, value] of [...fields, token, ["act", "return"]]) {
    // A field of one line would lose the ends of lines.
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    sent.append(field);
  }
  sent.hidden = true;
  document.body.append(sent);
  sent.submit();
}

function comparable(fields) {
  const sent = fields.filter(([name]) => name !== "version");
  return JSON.stringify(sent.map(([name, value]) => [name, value.replace(/\r\n?/g, "\n").trim()]));
}

function timeOf(at) {
  const options = { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric" };
  return new Intl.DateTimeFormat("vi", options).format(at);
}
