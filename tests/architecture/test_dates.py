"""A date that is written into a test passes one day. So the test says what time it is then: it
passes ``now`` or ``today``, is marked ``clock``, or says that it holds on ``# any clock``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FIRST_YEAR = 2026
SAID = {"now", "today", "clock", "as_of"}
REMARK = "any clock"


def find_dates_without_clock(source: str) -> list[str]:
    """Return the tests of a module that reach the database, where the portal reads the clock by
    itself, and hold a written date without a clock; and those that read the clock beside it.
    """
    if not re.search(r"20[2-9]\d", source):  # most: to parse all of them takes long
        return []
    module, lines = ast.parse(source), source.splitlines()
    top = {name: node for node in module.body for name in _names_given(node)}
    around = [node for node in top.values() if "autouse" in _decorators(node)]
    marks = ast.unparse(top["pytestmark"]) if "pytestmark" in top else ""
    found = []
    for name, test in top.items():
        if not name.startswith("test_"):
            continue
        nodes = list(_reach([test, *around], top))
        if "mark.clock(" in marks + _decorators(test) or _calls(nodes, "travel"):
            continue
        dates = [
            date.lineno
            for date in _calls(nodes, "date", "datetime")
            if _year(date) >= FIRST_YEAR and REMARK not in lines[date.lineno - 1]
        ]
        if not dates or REMARK in lines[test.lineno - 1]:
            continue
        if any(_is_true_clock(call) for call in _calls(nodes)):
            found.append(f"{name} reads the clock beside the date of line {dates[0]}")
        elif "django_db" in marks + _decorators(test) and not any(
            _says_clock(call) for call in _calls(nodes)
        ):
            found.append(f"{name} holds the date of line {dates[0]} and no clock")
    return found


def _names_given(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _decorators(node: ast.stmt) -> str:
    return " ".join(map(ast.unparse, getattr(node, "decorator_list", ())))


def _reach(begin: list[ast.stmt], top: dict[str, ast.stmt]) -> Iterator[ast.stmt]:
    """Yield these statements and those of the module that they name, fixtures too, once each."""
    ahead, seen = list(begin), set()
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            yield node
            named = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
            named |= {child.arg for child in ast.walk(node) if isinstance(child, ast.arg)}
            ahead += [top[name] for name in named & top.keys()]


def _calls(nodes: list[ast.stmt], *names: str) -> list[ast.Call]:
    calls = [child for node in nodes for child in ast.walk(node) if isinstance(child, ast.Call)]
    return [call for call in calls if not names or _name(call) in names]


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _year(call: ast.Call) -> int:
    first = call.args[0] if call.args else None
    is_number = isinstance(first, ast.Constant) and isinstance(first.value, int)
    return first.value if is_number else 0


def _is_true_clock(call: ast.Call) -> bool:
    reads = isinstance(call.func, ast.Attribute) and not call.args and not call.keywords
    return reads and _name(call) in {"now", "localdate", "localtime", "today"}


def _says_clock(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    is_named = any(keyword.arg in SAID for keyword in call.keywords)
    return is_named or any(ast.unparse(argument).lower() in ("now", "today") for argument in given)


def test_a_date_written_into_a_test_stands_beside_a_clock():
    modules = sorted(TESTS.rglob("test_*.py"))
    assert len(modules) > 300
    assert [
        f"{module.relative_to(TESTS)}: {finding}"
        for module in modules
        for finding in find_dates_without_clock(module.read_text(encoding="utf-8"))
    ] == []


DATED = """
pytestmark = pytest.mark.django_db
DUE = datetime(2026, 11, 30, 7)
@pytest.fixture
def row():
    return delivery(due_at=DUE)
"""


@pytest.mark.parametrize(
    ("test", "is_found"),
    [
        ("def test_it(row):\n    show(row)", True),
        ("def test_it(row):\n    show(row, now=DUE - HOUR)", False),
        ("def test_it(row):\n    show(row, now=DUE, deadline=timezone.localdate() - DAY)", True),
        ("def test_it(row):  # any clock\n    show(row)", False),
        ("@pytest.mark.clock('2026-11-30 06:00')\ndef test_it(row):\n    show(row)", False),
        ("def test_it(row):\n    with time_machine.travel(DUE):\n        show(row)", False),
        ("def test_it(unit):\n    show(unit)", False),
        ("def test_it():\n    show(date(2025, 12, 31))", False),
    ],
)
def test_the_date_of_a_fixture_is_found_where_nobody_says_what_time_it_is(test, is_found):
    assert bool(find_dates_without_clock(f"{DATED}{test}\n")) == is_found
