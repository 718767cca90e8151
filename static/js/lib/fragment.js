// Returns HTML that the portal sent as nodes for the page. Scripts in it do not run.
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
