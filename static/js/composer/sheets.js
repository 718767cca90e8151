// Sheets: dialogs with a history entry of their own, so that the phone's back closes the sheet and not the draft.
const opened = []; // the topmost last

// In place of the sheet that is open, or ``above`` it: then closing leads back to that.
export function openSheet(dialog, { above = false } = {}) {
  if (opened.includes(dialog)) return;
  const replaced = above ? null : opened.pop();
  opened.push(dialog);
  if (replaced) replaced.close();
  else history.pushState({ sheet: true }, "");
  dialog.showModal();
}

addEventListener("popstate", () => opened.pop()?.close());

// By its button or by Esc.
document.addEventListener(
  "close",
  ({ target }) => {
    if (target !== opened.at(-1)) return;
    if (history.state?.sheet) history.back();
    else opened.pop();
  },
  true,
);

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-sheet] [data-close]")) target.closest("dialog").close();
});
