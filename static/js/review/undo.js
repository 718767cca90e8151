// An approval can be taken back for some seconds; then the button goes.
document.querySelector("[data-decided]")?.focus();
const undo = document.querySelector("[data-undo]");
if (undo) setTimeout(() => undo.remove(), Number(undo.dataset.undo) * 1000);
