// Whoever signs out, or comes to a machine after somebody else, finds no text of others on it.
import { removeOthers, removeTaken } from "../lib/unsent.js";

const { person } = document.body.dataset;
if (person) removeOthers(person);
if (document.querySelector("[data-secrecy-refused]")) removeTaken();

document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-sign-out]")) removeOthers("");
});
