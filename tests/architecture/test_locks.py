"""A row that waits for a lock is joined only with rows whose key in it never changes.

PostgreSQL joins the changed row with the relations it had read before the wait: where the key is
another one by then, the row is missing or the relation is empty.
"""

import ast
from pathlib import Path

from tests.architecture.patterns import APPS

ROOT = Path(__file__).parents[2]
FIXED = {
    "adoption",  # taken away, never exchanged
    "asked_by",
    "author",
    "channel",
    "chief",
    "deputy",
    "kit",
    "partner",
    "post",
    "proposed_by",
    "revision",
    "unit",  # of a channel and of a unit's parent it changes; none of them is locked with a join
    "user",
}
# Read by a query of its own, after the lock.
AFTERWARDS = ("posts/kits/adopting.py", "version")


def changeable_joins(source: str) -> list[tuple[str, str]]:
    """Return functions that lock rows and the relations they join whose key may change."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    return [
        (function.name, name)
        for function in functions
        if _calls(function, "select_for_update")
        for call in _calls(function, "select_related")
        for name in _names(call, function)
        if name.split("__")[0] not in FIXED
    ]


def _calls(function: ast.FunctionDef, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


def _names(call: ast.Call, function: ast.FunctionDef) -> list[str]:
    """Return the literals of a call; of one with ``*names``, those assigned to that variable."""
    starred = {ast.unparse(arg.value) for arg in call.args if isinstance(arg, ast.Starred)}
    assigned = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AugAssign)
        and starred & {ast.unparse(target) for target in _targets(node)}
    ]
    return [
        node.value
        for tree in (*call.args, *assigned)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _targets(node: ast.Assign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def test_locked_rows_are_joined_only_by_keys_that_never_change():
    found = {
        (str(path.relative_to(ROOT)), name)
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for _function, name in changeable_joins(path.read_text())
    }
    assert found == {AFTERWARDS}


def test_the_search_finds_a_changeable_join_behind_a_variable():
    code = """
def f():
    names = ("unit", "topic")
    rows = Post.objects.select_for_update(of=("self",)).select_related(*names)
    return rows.select_related("adoption__kit", "current")
"""
    assert changeable_joins(code) == [("f", "topic"), ("f", "current")]
