"""No text is normalised before its marks are bounded.

Python's ``unicodedata.normalize`` sorts the marks of one letter in a time that grows with the
square, and nothing else runs meanwhile. Some builds of Python have mended it, so these tests count
what is handed to it instead of measuring how long it takes.
"""

import ast
import sys
import unicodedata
from functools import partial
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.permissions import Role
from core.middleware import STRANGERS_BYTES
from core.secrecy import has_secrecy_mark
from core.text import fold, normalise
from platforms import text as platform_text
from platforms.text import MOST_MARKS, normalize_unicode
from simulator import model
from tests import factories
from tests.architecture.patterns import APPS
from tests.architecture.test_access import _sample, all_urls

ROOT = Path(__file__).resolve().parents[2]
# The helper, and the simulator's, which is a program of its own.
HELPERS = {"platforms/text.py", "simulator/model.py"}
STRANGERS_PAGES = ["account_login", "account_reset_password", "set_language"]
TAKE_APART = partial(unicodedata.normalize, "NFKD")
# What a mark becomes at most when it is taken apart, twice: none of more than four.
MOST_PARTS = 4


def longest_run(text):
    """Return how many marks in a row are sorted when ``text`` is taken apart."""
    longest = run = 0
    for letter in text:
        for part in unicodedata.decomposition(letter).split() or [f"{ord(letter):x}"]:
            is_mark = not part.startswith("<") and unicodedata.combining(chr(int(part, 16)))
            run = run + 1 if is_mark else 0 if not part.startswith("<") else run
            longest = max(longest, run)
    return longest


@pytest.fixture
def runs(monkeypatch):
    """Return the longest run of marks of each text that anything has normalised."""
    normalize, found = unicodedata.normalize, []

    def spy(form, text):
        found.append(longest_run(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", spy)
    return found


def calls_of_normalize(source):
    """Yield the line of each call or import by which a text would be normalised."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(
                value=ast.Name(id="unicodedata"), attr="normalize" | "is_normalized"
            ):
                yield node.lineno
            case ast.ImportFrom(module="unicodedata"):
                yield node.lineno


def test_nothing_but_the_helpers_calls_the_standard_library():
    found = {
        str(path.relative_to(ROOT))
        for app in (*APPS, "simulator", "training", "try_out")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and list(calls_of_normalize(path.read_text()))
    }

    assert found == HELPERS


def test_a_run_of_any_character_is_cut(runs):
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    bearing = [letter for letter in letters if any(map(unicodedata.combining, TAKE_APART(letter)))]
    runs.clear()
    for letter in bearing:
        normalize_unicode("NFKD", 100 * letter)

    assert len(bearing) > 900
    assert max(runs, default=0) <= MOST_PARTS * MOST_MARKS


@pytest.mark.parametrize(
    "between", ["", "\u0f73", "\uff9e", "\u200b", "\u034f", "\ufe0f", "\u0344"]
)
@pytest.mark.parametrize("read", [normalise, fold, has_secrecy_mark])
def test_marks_in_turn_are_cut_whatever_stands_between(runs, read, between):
    platform_text._compile_long_run()
    runs.clear()

    read("Mật a" + f"\u0301{between}\u0323" * 2000)

    assert max(runs, default=0) <= MOST_PARTS * MOST_MARKS


def test_letters_that_people_write_keep_their_marks():
    written = "e\u0323\u0302\u0301 ệ \u0e01\u0e33\u0e49"
    assert normalize_unicode("NFC", written) == unicodedata.normalize("NFC", written)
    assert normalize_unicode("NFD", "a" + 9 * "\u0301") == "a" + MOST_MARKS * "\u0301"
    assert model.normalize_unicode("NFD", "a" + 9 * "\u0301") == "a" + 8 * "\u0301"


@pytest.mark.django_db
def test_no_form_of_a_stranger_has_a_run_sorted(client, runs):
    """Names, addresses and codes too, which Django and its packages normalise by themselves."""
    marks = "a" + "\u0301\u0323" * 4000
    names = ("login", "email", "username", "password", "next", "language", "code")
    for name in STRANGERS_PAGES:
        for prefix in ("", "https://"):
            for field in names:
                response = client.post(reverse(name), {field: prefix + marks})
                assert response.status_code < 500
            response = client.get(reverse(name), {"next": f"https://{marks[:300]}"})
            assert response.status_code < 500

    assert max(runs, default=0) <= MOST_PARTS * MOST_MARKS


@pytest.mark.django_db
def test_no_form_of_an_officer_has_a_run_sorted(client, runs):
    client.force_login(factories.person(Role.OFFICER, factories.UnitFactory()))
    marks = "a" + "\u0301\u0323" * 4000
    fields = {
        name: f"{prefix}{marks}"
        for prefix in ("", "https://")
        for name in ("title", "body", "link", "address", "name", "note", "reason", "q", "target")
    }
    for name, converters in all_urls().items():
        if "unnamed" in name or None in converters.values():
            continue
        address = reverse(name, kwargs={key: _sample(c) for key, c in converters.items()})
        assert client.post(address, fields).status_code < 500

    assert len(marks.encode()) * len(fields) > STRANGERS_BYTES
    assert max(runs, default=0) <= MOST_PARTS * MOST_MARKS
