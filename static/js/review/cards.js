// The previews on a phone, one at a time: swiping and the links work without this; here are the buttons, the arrow keys
// and the mark of the card in sight.
const rail = document.querySelector(".review-cards");
const cards = rail ? [...rail.children] : [];
const steps = document.querySelector(".card-steps");
const links = steps ? [...steps.querySelectorAll("a")] : [];
let current = 0;

for (const card of cards) {
  const mark = () => card.classList.toggle("has-more", card.scrollTop + card.clientHeight < card.scrollHeight - 8);
  card.addEventListener("scroll", mark, { passive: true });
  new ResizeObserver(mark).observe(card);
  card.addEventListener("toggle", mark, true);
}

if (steps) {
  steps.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const button = event.target.closest("[data-step]");
    if (link) event.preventDefault();
    if (link) show(links.indexOf(link));
    if (button) show(current + Number(button.dataset.step));
  });
  rail.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || event.target.closest("details, .carousel, video")) return;
    event.preventDefault();
    show(current + by);
  });
  const inSight = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) note(cards.indexOf(entry.target));
    },
    { root: rail, threshold: 0.6 },
  );
  for (const card of cards) inSight.observe(card);
  note(0);
}

function show(at) {
  const card = cards[Math.min(Math.max(at, 0), cards.length - 1)];
  card.scrollIntoView({ behavior: "smooth", block: "nearest", inline: "start" });
}

// Beside each other on a desk, all are in sight and none is the current one.
function note(at) {
  current = at;
  links.forEach((link, n) => (n === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  for (const button of steps.querySelectorAll("[data-step]")) {
    button.disabled = !cards[at + Number(button.dataset.step)];
  }
}
