// Findings over a picture or video: the one that is picked in the list stands out, and a video jumps to its second.
export function watchBoxes(root) {
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-show-box]");
    if (!button) return;
    pick(root, button.closest("[data-box]"));
    jump(root, button.closest("[data-box]"));
  });
  root.addEventListener("focusin", ({ target }) => pick(root, target.closest("[data-box]")));
  // It does not bubble.
  root.addEventListener("timeupdate", ({ target }) => showNow(root, target.currentTime), true);
}

function pick(root, item) {
  if (!item) return;
  for (const each of root.querySelectorAll(".is-picked")) each.classList.remove("is-picked");
  item.classList.add("is-picked");
  root.querySelector(`[data-mark="${item.dataset.box}"]`)?.classList.add("is-picked");
}

function jump(root, { dataset }) {
  const video = root.querySelector("video");
  if (!video || !dataset.second) return;
  video.currentTime = Number(dataset.second);
  video.scrollIntoView({ block: "nearest" });
}

function showNow(root, now) {
  for (const { dataset } of root.querySelectorAll("[data-second]")) {
    const isNow = Number(dataset.second) - 1 <= now && now <= Number(dataset.until) + 1;
    root.querySelector(`[data-mark="${dataset.box}"]`)?.classList.toggle("is-now", isNow);
  }
}
