"""The site that `make docs` makes of README.md, CONTRIBUTING.md and docs/ (docs/adr/0086)."""

import re
import unicodedata
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, languages

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[([^]]+)\]\((?!https?:|#)([^)#\s]+)\.md\)")

project = "Outreach Portal"
html_title = "Outreach Portal"
language = "en"
extensions = ["myst_parser"]
root_doc = "docs/README"
# Documents stand where a forge shows them, so the source is the whole checkout; what else lies
# there (packages, data of the try-out) is not even walked through.
include_patterns = ["*.md", "docs/*.md", "docs/adr/*.md"]
exclude_patterns = [path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "docs"]

myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
html_search_language = "vi"


class FoldedWords(SearchLanguage):
    """Index words without case and accents, so that "khoi phuc" finds “Khôi phục”.

    No word is left out: English ones that say nothing ("the", "do") are Vietnamese ones that do.
    """

    lang = "vi"
    language_name = "Vietnamese"
    js_stemmer_code = r"""
var Stemmer = function () {
  this.stemWord = (word) =>
    word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d");
};
"""

    def stem(self, word: str) -> str:
        decomposed = unicodedata.normalize("NFD", word.lower()).replace("đ", "d")
        return "".join(c for c in decomposed if not unicodedata.category(c).startswith("M"))


def add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Make navigation of the lists of docs/README.md and of the index of decisions, which stay
    plain Markdown for who reads them elsewhere.
    """
    if docname not in (root_doc, "docs/adr/README"):
        return
    for section in source[0].split("\n## ")[1:]:
        caption = section.splitlines()[0]
        pages = "\n".join(f"{title} <{path}>" for title, path in LINK.findall(section))
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


def name_alarms(app: Sphinx, doctree: nodes.document) -> None:
    """Let `#late` lead to the section “Posts for a platform are late (late)” of the runbook, in
    either language: pages and mails of alarms link there.
    """
    for section in doctree.findall(nodes.section):
        if named := re.search(r" \(([a-z_, ]+)\)$", section[0].astext()):
            section["ids"] += named[1].split(", ")


def set_language(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Say in the page which language it speaks: screen readers and hyphenation ask."""
    if pagename.endswith(".vi"):
        context["language"] = "vi"


def setup(app: Sphinx) -> None:
    languages["vi"] = FoldedWords
    app.connect("source-read", add_navigation)
    app.connect("doctree-read", name_alarms)
    app.connect("html-page-context", set_language)
