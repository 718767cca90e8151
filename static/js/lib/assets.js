// A library that few visits need is fetched when something needs it: the page has it in a <template>, with its digest, and
// its style sheet stands where the template stands, before those of the page. Resolves once the script ran.
const loading = new Map();

export function load(id) {
  if (!loading.has(id)) loading.set(id, fetchOnce(document.getElementById(id)));
  return loading.get(id);
}

function fetchOnce(template) {
  const parts = template.content.cloneNode(true);
  const script = parts.querySelector("script");
  const result = new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
  });
  template.before(parts);
  return result;
}
