"""The Vietnamese catalogue, without the gettext tools.

python scripts/messages.py compile    locale/*/LC_MESSAGES/*.po -> .mo, where the .po is newer
python scripts/messages.py update     adds to the catalogue what the code says and drops what nobody
says any more python scripts/messages.py check      fails when a message is untranslated, fuzzy,
missing, or loses a placeholder
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
CATALOGUE = LOCALE / "vi" / "LC_MESSAGES" / "django.po"
SKIPPED = {
    ".venv",
    "tests",
    "simulator",
    "benchmarks",
    "scripts",
    "static",
    "staticfiles",
    "var",
    "node_modules",
    "docs",
}
# Packages whose own catalogues lack Vietnamese words, in whole or in part: we may translate their
# messages in ours.
GUESTS = (
    "allauth",
    "axes",
    "django_prose_editor",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.core",
    "django.db",
    "django.forms",
)

_CALLS = {
    "_": ("id",),
    "gettext": ("id",),
    "gettext_lazy": ("id",),
    "gettext_noop": ("id",),
    "ngettext": ("id", "plural"),
    "ngettext_lazy": ("id", "plural"),
    "pgettext": ("context", "id"),
    "pgettext_lazy": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
    "npgettext_lazy": ("context", "id", "plural"),
}
_STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(({_STRING}(?:\s*,\s*{_STRING})*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


class Message(NamedTuple):
    id: str
    plural: str = ""
    context: str = ""


def in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [
                a.value
                for a in node.args
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            names = _CALLS.get(name, ())
            if names and len(texts) >= len(names):
                yield Message(**dict(zip(names, texts, strict=False)))


def in_template(source: str, origin: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    for call in _TEMPLATE_CALL.finditer(templatize(source, origin=origin)):
        texts = [ast.literal_eval(text) for text in re.findall(_STRING, call[2], re.DOTALL)]
        yield Message(**dict(zip(_CALLS[call[1]], texts, strict=False)))


def said_in(folder: Path) -> dict[Message, list[str]]:
    """Find every message below ``folder`` with the files that use it."""
    messages: dict[Message, list[str]] = {}
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.txt")]):
        place = path.relative_to(folder)
        if place.parts[0] in SKIPPED or (path.suffix == ".txt" and "templates" not in place.parts):
            continue
        source = path.read_text(encoding="utf-8")
        for message in (
            in_python(source) if path.suffix == ".py" else in_template(source, str(place))
        ):
            if message.id:
                messages.setdefault(message, []).append(str(place))
    return messages


def said_by_guests() -> dict[tuple[str, str], Message]:
    folders = [Path(importlib.import_module(name).__path__[0]) for name in GUESTS]
    return {(m.id, m.context): m for folder in folders for m in said_in(folder)}


def compile_catalogues() -> None:
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))


def update() -> None:
    if CATALOGUE.exists():
        catalogue = polib.pofile(str(CATALOGUE), wrapwidth=120)
    else:
        catalogue = polib.POFile(wrapwidth=120)
        catalogue.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Language": "vi",
            "Plural-Forms": "nplurals=1; plural=0;",
        }
    messages, guests = said_in(ROOT), said_by_guests()
    known = {(e.msgid, e.msgctxt or ""): e for e in catalogue}
    for message in messages:
        if (message.id, message.context) not in known:
            entry = polib.POEntry(msgid=message.id, msgctxt=message.context or None)
            if message.plural:
                entry.msgid_plural, entry.msgstr_plural = message.plural, {0: ""}
            catalogue.append(entry)
            known[message.id, message.context] = entry
    ours = {(m.id, m.context): (m, places) for m, places in messages.items()}
    for key, entry in known.items():
        if key in ours:
            entry.occurrences = [(place, "") for place in dict.fromkeys(ours[key][1])]
        elif key not in guests:
            catalogue.remove(entry)
    catalogue.sort(key=lambda e: (e.msgid, e.msgctxt or ""))
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))


def faults() -> list[str]:
    catalogue = polib.pofile(str(CATALOGUE))
    known = {(e.msgid, e.msgctxt or ""): e for e in catalogue}
    messages = said_in(ROOT)
    faults = [
        f"not in the catalogue: {m.id!r} ({places[0]})"
        for m, places in messages.items()
        if (m.id, m.context) not in known
    ]
    for entry in catalogue:
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy or not all(texts):
            faults.append(f"untranslated: {entry.msgid!r}")
            continue
        expected = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        faults += [
            f"placeholders differ: {entry.msgid!r}"
            for text in texts
            if set(_PLACEHOLDER.findall(text)) != expected
        ]
    spoken = {(m.id, m.context) for m in messages} | said_by_guests().keys()
    faults += [
        f"said by nobody: {msgid!r}" for msgid, context in known if (msgid, context) not in spoken
    ]
    return faults


def main() -> int:
    match sys.argv[1:]:
        case ["compile"]:
            compile_catalogues()
        case ["update"]:
            update()
            compile_catalogues()
        case ["check"]:
            wrong = faults()
            print("\n".join(wrong) or "The Vietnamese catalogue is complete.")
            return 1 if wrong else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
