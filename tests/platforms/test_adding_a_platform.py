"""The promise: adding a platform touches its connector, its line in the registry, its part of the
simulator, its worker in docker-compose.yml and its section of the documentation. Nothing else has
to know of it.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from platforms.registry import CONNECTORS
from tests.ops.compose import ROOT

# Where the portal's own code and pages stand: the try-out, and what starts it, know the simulated
# platforms.
OURS = (
    *(
        "core",
        "platforms",
        "audit",
        "units",
        "accounts",
        "campaigns",
        "channels",
        "posts",
        "publishing",
        "engagement",
        "oversight",
        "retention",
    ),
    *("outreach_portal", "templates", "static/js"),
)
# Who may name a platform all the same, and why.
EXCEPTIONS = {
    # Previews draw a post as the platform shows it: where it folds a text, how it lays pictures
    # out.
    "posts/templatetags/previews.py",
    "templates/posts/_channel_preview.html",
    # TikTok asks every application for these words beside its own choices, and checks that they
    # stand there.
    "templates/posts/_channel.html",
    # The threads of a post's discussion.
    "posts/models.py",
    # The name of Celery's pool.
    "outreach_portal/embedded.py",
}


def test_everything_of_a_new_platform_is_known_by_its_connector_alone():
    """In a process of its own, because the registry is read when the portal is loaded."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.platforms.tiny",
    ]
    own = {"PORTAL_MODE": "test", "DATABASE_URL": f"{os.environ['DATABASE_URL']}_tiny"}
    env = {**os.environ, **own}
    done = subprocess.run(
        [*command, "tests/platforms/with_tiny.py", "tests/channels/test_wording.py"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


def test_nobody_else_names_a_platform():
    others = (path for path in sources() if not {*path.parts, path.stem} & set(CONNECTORS))
    naming = {str(path) for path in others if names_in(path)}

    assert naming == EXCEPTIONS


@pytest.mark.parametrize("kind", CONNECTORS)
def test_what_a_connector_says_is_in_the_catalogue(kind):
    """A text that is not marked as a message would stay English on every screen."""
    catalogue = {
        entry.msgid
        for entry in polib.pofile(str(ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.po"))
    }
    connector = CONNECTORS[kind]
    words, terms = (
        connector.words,
        [*connector.words.formats.values(), *connector.words.options.values()],
    )
    said = {
        *(words.page, words.no_page_offered),
        *(
            *words.reasons.values(),
            *words.rights.values(),
            *words.consent_items,
            *words.connect_steps,
        ),
        *(text for term in terms for text in (term.label, term.help, *term.choices.values())),
        *(
            text
            for line in connector.form.values()
            for text in (line.label, line.help, line.missing, line.wrong)
        ),
        *(origin.note for origin in connector.facts.measures.values()),
    }

    assert said - {""} <= catalogue


def sources() -> Iterator[Path]:
    for folder in OURS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".js") and "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def names_in(path: Path) -> list[str]:
    """Return the platforms that a file names as such: as a text of its own, or as a member of
    Kind.
    """
    source = (ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".py":
        nodes = list(ast.walk(ast.parse(source)))
        texts = [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        members = [
            node.attr.lower()
            for node in nodes
            if isinstance(node, ast.Attribute) and node.attr.isupper()
        ]
        return [text for text in (*texts, *members) if text in CONNECTORS]
    return re.findall(rf"""["'](?:{"|".join(CONNECTORS)})["']""", source)
