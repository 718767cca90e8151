"""The leak check on labelled texts: what it finds, how often it is wrong, how long it takes.

    python -m benchmarks.leaks [FILE.jsonl ...]

A line of a file is an object with `text`. Where it has `must`, a list of rules, each of them has to
be found; where it has none, the text is fit to publish: a hard or soft finding blocks it, a warning
is counted apart. Without a file it reads the templates that come with the portal. The floor is one
pass of one pattern that takes the same texts apart into words.
"""

import argparse
import json
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.stage import options_of

LIBRARY = Path(__file__).resolve().parent.parent / "data" / "library.toml"
GRAVE = ("hard", "soft")
ROUNDS = 3  # the quickest counts: the machine does other things


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--typed", action="store_true", help="leaks as people type them")


def measure(_stage: Any, options: argparse.Namespace) -> str:
    if options.typed:
        return _measure_typing()
    rows = [row for file in options.files for row in _rows(file)] or _templates()
    findings = [_found(row["text"]) for row in rows]
    needed: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    clean, blocked, warned = 0, 0, 0
    for row, severities in zip(rows, findings, strict=True):
        if "must" in row:
            needed.update(row["must"])
            missed.update(rule for rule in row["must"] if rule.lower() not in severities)
            continue
        worst = set().union(*severities.values())
        clean += 1
        blocked += bool(worst.intersection(GRAVE))
        warned += "warn" in worst
    for rule, count in sorted(missed.items()):
        print(f"missed {rule} {count}/{needed[rule]}")
    ours, floor = _time_per_1000(rows, _found), _time_per_1000(rows, _words)
    return (
        f"leaks n={len(rows)} recall={_recall(needed, missed)} grave={_grave(needed, missed)} "
        f"blocked={_share(blocked, clean)} warned={_share(warned, clean)} "
        f"ms_per_1000={ours:.2f} floor={floor:.3f} ratio={ours / floor:.0f}"
    )


def _measure_typing() -> str:
    """Return how many leaks in odd spellings have a finding that somebody has to pass."""
    from tests.posts.checks.leaks.typed import NOT_FOUND, TYPED

    blocked = held = total = 0
    for manner, typed_texts in TYPED.items():
        texts = [*typed_texts, *NOT_FOUND.get(manner, ())]
        worst = [set().union(*_found(text).values()) for text in texts]
        stops = sum(bool(rules.intersection(GRAVE)) for rules in worst)
        seen = sum(bool(rules.intersection((*GRAVE, "warn"))) for rules in worst)
        print(f"{manner:36} blocked {stops} held {seen} of {len(texts)}")
        blocked, held, total = blocked + stops, held + seen, total + len(texts)
    return f"typed n={total} blocked={_share(blocked, total)} held={_share(held, total)}"


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _templates() -> list[dict[str, Any]]:
    library = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))
    return [entry for kind in library.values() for entry in kind if "text" in entry]


def _found(text: str) -> dict[str, set[str]]:
    """Return the severities that each rule gave."""
    from posts.checks.leaks.scan import find_leaks

    severities: dict[str, set[str]] = {}
    for leak in find_leaks(text, today=date.today()):
        severities.setdefault(leak.rule, set()).add(leak.severity)
    return severities


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _grave(needed: Counter[str], missed: Counter[str]) -> str:
    """Return the recall of the rules that block, which are the ones that must not miss."""
    from posts.checks.leaks.scan import RULES

    rules = [rule for rule in needed if RULES.get(rule.lower(), "hard") in GRAVE]
    return _share(sum(needed[rule] - missed[rule] for rule in rules), sum(map(needed.get, rules)))


def _recall(needed: Counter[str], missed: Counter[str]) -> str:
    return _share(needed.total() - missed.total(), needed.total())


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "none"


def _time_per_1000(rows: list[dict[str, Any]], read: Any) -> float:
    letters = sum(len(row["text"]) for row in rows)
    spent = []
    for _round in range(ROUNDS):
        begun = time.process_time()
        for row in rows:
            read(row["text"])
        spent.append(time.process_time() - begun)
    return min(spent) * 1_000_000 / letters


if __name__ == "__main__":
    module = sys.modules[__name__]
    print(measure(None, options_of(module).parse_args()))
