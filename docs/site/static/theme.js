// Before the first paint, so that a dark page does not flash in white. Furo has this inline.
document.body.dataset.theme = localStorage.getItem("theme") || "auto";
