// The elements of the composer's page that its modules share.
export const form = document.getElementById("compose");
export const notices = document.getElementById("notices");
export const pictures = document.getElementById("pictures");
