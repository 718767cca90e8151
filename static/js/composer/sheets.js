// Sheets: dialogs with a history entry of their own, so that the phone's back closes the sheet and not the draft.
let current = null;

export function openSheet(dialog) {
  if (current === dialog) return;
  const previous = current;
  current = dialog;
  if (previous) previous.close();
  else history.pushState({ sheet: true }, "");
  dialog.showModal();
}

export const currentSheet = () => current;

addEventListener("popstate", () => {
  const dialog = current;
  current = null;
  dialog?.close();
});

// By its button or by Esc.
document.addEventListener(
  "close",
  ({ target }) => {
    if (target !== current) return;
    current = null;
    if (history.state?.sheet) history.back();
  },
  true,
);

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-sheet] [data-close]")) target.closest("dialog").close();
});
