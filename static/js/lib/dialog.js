// Asks in the page's dialog, and resolves to true when the person agrees. Without a title the question is the title.
export function askInDialog(question, { title, label, look = "btn-primary" }) {
  const dialog = document.getElementById("confirm");
  const yes = document.getElementById("confirm-yes");
  document.getElementById("confirm-title").textContent = title || question;
  document.getElementById("confirm-text").textContent = title ? question : "";
  yes.textContent = label || yes.dataset.default;
  yes.className = `btn ${look}`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
