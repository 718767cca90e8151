"""No text that somebody wrote takes the place of what our scripts look for in the page."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from posts.canonical.html import clean

ROOT = Path(settings.BASE_DIR)
SCRIPTS = {
    path.relative_to(ROOT / "static/js").as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "static/js").rglob("*.js")
}
OF_THE_BROWSER = {
    "activeElement",
    "addEventListener",
    "body",
    "createElement",
    "createElementNS",
    "createRange",
    "createTreeWalker",
    "dispatchEvent",
    "documentElement",
    "getElementById",
    "head",
    "hidden",
    "querySelector",
    "querySelectorAll",
}


@pytest.mark.parametrize("tag", ["p", "a", "strong", "form", "img", "iframe", "input"])
@pytest.mark.parametrize("name", ["confirm", "portal", "getElementById"])
def test_texts_bring_no_names_into_the_page(tag, name):
    written = (
        f'<p>a</p><{tag} id="{name}" name="{name}" class="{name}" '
        f'href="https://example.vn/">b</{tag}>'
    )

    kept = clean(written)

    assert "a" in kept
    assert re.findall(r"\b(?:id|name|class)\s*=", kept) == []


def test_scripts_take_nothing_from_the_document_by_its_name():
    assert len(SCRIPTS) > 20
    taken = {
        name: set(re.findall(r"\bdocument\.(\w+)", source)) - OF_THE_BROWSER
        for name, source in SCRIPTS.items()
    }
    by_index = [
        name for name, source in SCRIPTS.items() if re.search(r"\b(?:document|window)\[", source)
    ]

    assert {name: names for name, names in taken.items() if names} == {}
    assert by_index == []


def test_scripts_share_nothing_by_a_name_of_the_window():
    """Find no global of ours: an element's id or name would stand for one that is not there yet."""
    shared = {
        name: found
        for name, source in SCRIPTS.items()
        if (found := re.findall(r"\b(?:window|self|globalThis)\.\w+ = ", source))
    }

    assert shared == {}
