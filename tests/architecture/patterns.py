"""Try every regular expression of our applications on long hostile strings. Run by test_patterns.py
as a program.

A pattern whose time grows with the square of its input holds the interpreter's lock for a minute at
100 kB, and with it everybody whom the process serves. Time is counted as processor time of this
process alone: what else the machine does changes nothing.
"""

import ast
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

APPS = (
    "core",
    "platforms",
    "audit",
    "units",
    "accounts",
    "media",
    "links",
    "help",
    "campaigns",
    "channels",
    "posts",
    "publishing",
    "operations",
    "engagement",
    "oversight",
    "retention",
    "outreach_portal",
)
LENGTH = 100_000
CPU_SECONDS = 1  # for one string, which takes a linear pattern milliseconds
# What grows with the square takes a sixteenth of its time on a quarter of the length: the next
# length is for what takes more than that.
LENGTHS = (LENGTH // 16, LENGTH // 4, LENGTH)
SEARCHES = ("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split")
PIECES = (
    *'<>{}()[]&#;:/.,-_=+*@!?"\\ \t\n\r0aAzÀ\u00a0',
    "{\\",
    "&a",
    "&#1",
    "<a ",
    "</",
    "<!--",
    "a ",
    " \n",
    "1:",
    "--",
    "-->",
    "http://",
    "a.",
    "a@",
    "a_",
    "#a",
)


class Use(NamedTuple):
    """A pattern and the way in which it is searched for, with the place that does so."""

    where: str
    pattern: re.Pattern
    method: str


def uses_in(root: Path) -> Iterator[Use]:
    """Yield every use of a pattern, compiled at the head of a module or written where it is
    used.
    """
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _uses_in_file(path, path.relative_to(root))


def _uses_in_file(path: Path, name: Path) -> Iterator[Use]:
    tree = ast.parse(path.read_text())
    module = (
        __import__(".".join(name.with_suffix("").parts), fromlist=["*"])
        if _compiles(tree)
        else None
    )
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in SEARCHES or not isinstance(node.func.value, ast.Name):
            continue
        where, owner = f"{name}:{node.lineno}", node.func.value.id
        if owner == "re":
            yield Use(where, re.compile(ast.literal_eval(node.args[0])), node.func.attr)
        elif isinstance(pattern := getattr(module, owner, None), re.Pattern):
            yield Use(where, pattern, node.func.attr)


def _compiles(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "compile"
        and getattr(node.value, "id", "") == "re"
        for node in ast.walk(tree)
    )


def compiled_in(root: Path) -> dict[str, re.Pattern]:
    """Return the patterns that modules compile, by module and name."""
    found = {}
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" in path.parts or not _compiles(ast.parse(path.read_text())):
                continue
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            module = __import__(name, fromlist=["*"])
            for attribute, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    found[f"{name}.{attribute}"] = value
    return found


def hostile(pattern: re.Pattern, length: int) -> Iterator[str]:
    """Yield strings of this length, of pieces that often begin a match and never end it; the
    pattern's own letters among them.
    """
    source = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    own = set(re.findall(r"[^\\()\[\]{}|?*+^$.]+", source))
    for piece in dict.fromkeys((*PIECES, *own)):
        body = (piece * (length // len(piece) + 1))[:length]
        yield body
        yield body + "\x00"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(use: Use) -> None:
    """Try the pattern on short strings, and on longer ones of those by which its time may grow with
    the square. SIGPROF, which nobody handles, ends the process at a string that takes too long.
    """
    strings = zip(*(hostile(use.pattern, length) for length in LENGTHS), strict=True)
    for same in strings:  # in all lengths
        for text in same:
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            if seconds_of(use, text) <= CPU_SECONDS * (len(text) / LENGTH) ** 2:
                break


def seconds_of(use: Use, text: str) -> float:
    """Search the text, and return the processor time that it took."""
    began = time.process_time()
    subject = text.encode() if isinstance(use.pattern.pattern, bytes) else text
    if use.method in ("sub", "subn"):
        use.pattern.sub(subject[:0], subject)
    elif use.method == "finditer":
        list(use.pattern.finditer(subject))
    else:
        getattr(use.pattern, use.method)(subject)
    return time.process_time() - began


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    import django

    django.setup()
    uses = list(uses_in(root))
    seen = {use.pattern for use in uses}
    compiled = compiled_in(root)
    # What is compiled but searched elsewhere: as hard as it can be searched.
    uses += [
        Use(name, pattern, "search") for name, pattern in compiled.items() if pattern not in seen
    ]
    # Where a pattern is used twice, its first use tells.
    for use in {(use.pattern, use.method): use for use in reversed(uses)}.values():
        say(f"{use.where} {use.method} {use.pattern.pattern}")
        run(use)
    signal.setitimer(signal.ITIMER_PROF, 0)
    say(f"{len(uses)} tried, of {len(compiled)} compiled")


if __name__ == "__main__":
    main()
