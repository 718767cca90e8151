// The rich text editor of the composer: django-prose-editor's own build of Tiptap, with a toolbar from the template.
// Only what posts/canonical/content.py lets through can be written. Without this file the text area works as it is.
import {
  Bold, BulletList, Document, Editor, Gapcursor, HardBreak, Heading, History, Italic, Link, ListItem, OrderedList,
  Paragraph, Text, Underline, getSchema, pm,
} from "../../django_prose_editor/editor.js";
import { fragment } from "../lib/fragment.js";

const area = document.querySelector("textarea[data-html]");
const tools = document.querySelector(".body-tools");
const dialog = document.getElementById("link-dialog");

function askForLink(editor) {
  const input = dialog.querySelector("input");
  input.value = editor.getAttributes("link").href || "";
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      const chain = editor.chain().focus().extendMarkRange("link");
      const href = input.value.trim();
      if (dialog.returnValue === "remove") chain.unsetLink().run();
      if (dialog.returnValue !== "set" || !href) return;
      if (editor.state.selection.empty && !editor.isActive("link")) {
        chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
      } else {
        chain.setLink({ href }).run();
      }
    },
    { once: true },
  );
}

const actions = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  underline: (chain) => chain.toggleUnderline(),
  heading: (chain) => chain.toggleHeading({ level: 2 }),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  undo: (chain) => chain.undo(),
};

const extensions = [
  Document, Paragraph, Text, HardBreak, Bold, Italic, Underline, BulletList, OrderedList, ListItem, History, Gapcursor,
  Heading.configure({ levels: [2, 3] }),
  Link.extend({
    addKeyboardShortcuts() {
      return { "Mod-k": () => (askForLink(this.editor), true) };
    },
  }).configure({
    openOnClick: false,
    defaultProtocol: "https",
    HTMLAttributes: { target: null, rel: null, class: null },
  }),
];

function start() {
  const box = document.createElement("div");
  area.after(box);
  const editor = new Editor({
    element: box,
    content: area.value === area.defaultValue ? stored(area.dataset.html) : typed(area.value),
    injectCSS: false, // the rules stand in composer.css: the page's policy refuses injected ones
    editorProps: {
      attributes: {
        class: "form-control body-editor",
        role: "textbox",
        "aria-multiline": "true",
        "aria-labelledby": "body-label",
      },
    },
    extensions,
    onUpdate(change) {
      area.value = change.editor.isEmpty ? "" : change.editor.getHTML();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onTransaction: (change) => showPressed(change.editor),
  });
  area.addEventListener("piece", (event) => {
    event.preventDefault();
    editor.chain().focus().insertContent(paragraphs(event.detail)).run();
  });
  area.value = editor.isEmpty ? "" : editor.getHTML();
  area.hidden = true;
  area.after(Object.assign(document.createElement("input"), { type: "hidden", name: "body-is-html", value: "1" }));
  document.getElementById("body-label").addEventListener("click", (event) => {
    event.preventDefault();
    editor.commands.focus();
  });
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (name === "link") askForLink(editor);
    else if (name) actions[name](editor.chain().focus()).run();
  });
  // One stop for the Tab key; the arrow keys walk along the bar.
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...tools.children];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  for (const [index, button] of [...tools.children].entries()) button.tabIndex = index ? -1 : 0;
  showPressed(editor);
  if ("focus" in area.dataset) editor.commands.focus("end");
}

// The body as the portal keeps it. The editor itself would read HTML from a string, which the page's policy refuses.
function stored(html) {
  return pm.model.DOMParser.fromSchema(getSchema(extensions)).parse(fragment(html)).toJSON();
}

// What was typed before the editor came.
function typed(text) {
  const content = paragraphs(text);
  return content.length ? { type: "doc", content } : null;
}

// Plain text as the portal would make it.
function paragraphs(text) {
  const parts = text.split(/\n{2,}/).filter((part) => part.trim());
  return parts.map((part) => ({ type: "paragraph", content: part.split("\n").flatMap(line) }));
}

function line(text, index) {
  return [...(index ? [{ type: "hardBreak" }] : []), ...(text ? [{ type: "text", text }] : [])];
}

function showPressed(editor) {
  for (const button of tools.children) {
    if (button.dataset.do !== "undo") button.ariaPressed = String(editor.isActive(button.dataset.do));
  }
}

start();
