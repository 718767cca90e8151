// The one place that makes nodes of text. Everywhere else the page's policy refuses a string as HTML (Trusted Types).
const trusted = globalThis.trustedTypes?.createPolicy("portal", { createHTML: (html) => html }) ?? { createHTML: (html) => html };

// Returns HTML that the portal sent as nodes for the page. Scripts in it do not run.
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = trusted.createHTML(html);
  return template.content;
}

// htmx reads the portal's answers by this. It gets a document without a window, where nothing runs or loads.
Document.parseHTMLUnsafe = (html) => new DOMParser().parseFromString(trusted.createHTML(html), "text/html");
