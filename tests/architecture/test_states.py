"""The states of deliveries: sets of them and reasons have names, in `publishing/states.py`; rows
change by `move`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.patterns import APPS

ROOT = Path(__file__).parents[2]
STATES = ROOT / "publishing" / "states.py"


def files(*besides: str) -> Iterator[Path]:
    for app in (*APPS, "training", "try_out", *besides):
        yield from (p for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts)


def sets_without_a_name(source: str) -> list[int]:
    """Return the lines of collections that name several states of deliveries or broadcasts."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    if not any(node.module == "publishing.states" for node in imports):
        return []
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.List | ast.Tuple | ast.Set) and sum(map(_is_state, node.elts)) > 1
    ]


def _is_state(node: ast.expr) -> bool:
    node = node.value if isinstance(node, ast.Starred) else node
    of = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(of, ast.Name) and of.id in ("State", "BroadcastState")


def test_every_set_of_states_has_a_name():
    unnamed = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in files("benchmarks")
        if p != STATES
        for n in sets_without_a_name(p.read_text())
    ]
    assert unnamed == []


def test_the_search_finds_a_set_without_a_name():
    head = "from publishing.states import State\n"
    assert sets_without_a_name(head + "rows.filter(state__in=[State.CLAIMED, State.STAGED])") == [2]
    assert sets_without_a_name(head + "row.state in (State.CLAIMED, State.STAGED)") == [2]
    assert sets_without_a_name(head + "(row.state, State.CLAIMED)") == []


# --- reasons are members of an enumeration --------------------------------------------------------


def loose_reasons(source: str) -> list[int]:
    """Return the lines that write, ask for or compare a reason as a string of letters."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="error_code", value=value):
                pairs = [value]
            case ast.Dict(keys=keys, values=values):
                pairs = [
                    v
                    for k, v in zip(keys, values, strict=True)
                    if isinstance(k, ast.Constant) and k.value == "error_code"
                ]
            case ast.Compare(left=ast.Attribute(attr="error_code"), comparators=values):
                pairs = values
            case ast.Match(subject=ast.Attribute(attr="error_code"), cases=cases):
                pairs = [
                    case.pattern.value for case in cases if isinstance(case.pattern, ast.MatchValue)
                ]
            case _:
                continue
        found |= {value.lineno for value in pairs if isinstance(value, ast.Constant)}
    return sorted(found)


def test_every_reason_is_a_member_of_its_enumeration():
    loose = [f"{p.relative_to(ROOT)}:{n}" for p in files() for n in loose_reasons(p.read_text())]
    assert loose == []


def test_the_search_finds_loose_reasons():
    for line in (
        'move(row, to, error_code="later")',
        'fields = {"error_code": ""}',
        'row.error_code == "later"',
        'match row.error_code:\n    case "later": pass',
    ):
        assert loose_reasons(line), line
    assert loose_reasons("move(row, to, error_code=Reason.LATER, platform_code='7')") == []


# --- no row changes past `move` -------------------------------------------------------------------

GUARDED = {"state", "error_code"}
# The one module that moves deliveries, and the two that move broadcasts, by a table of their own.
MOVERS = {
    ROOT / "publishing" / "deliveries" / "transitions.py",
    ROOT / "publishing" / "broadcasts" / "broadcasting.py",
    ROOT / "publishing" / "broadcasts" / "worker.py",
}


def changes_past_move(source: str) -> list[int]:
    """Return the lines that write a delivery's state or its reason into the database."""
    tree = ast.parse(source)
    if not any(
        isinstance(node, ast.ImportFrom) and _brings_deliveries(node) for node in ast.walk(tree)
    ):
        return []
    found = {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _writes_guarded(node)
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        found |= _assigned_and_saved(function)
    return sorted(found)


def _brings_deliveries(node: ast.ImportFrom) -> bool:
    return (node.module or "").startswith("publishing.models") and any(
        alias.name == "Delivery" for alias in node.names
    )


def _writes_guarded(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "update":
        return any(keyword.arg in GUARDED for keyword in call.keywords)
    if name in ("save", "bulk_update"):
        return bool(_strings_in(call) & GUARDED)
    if name == "update_from_values":
        given = {keyword.arg: _strings_in(keyword.value) for keyword in call.keywords}
        rows = set().union(*map(_strings_in, call.args)) - given.get("match", set())
        return bool((rows | given.get("fields", set())) & GUARDED)
    return False


def _strings_in(node: ast.AST) -> set[object]:
    return {child.value for child in ast.walk(node) if isinstance(child, ast.Constant)}


def _assigned_and_saved(function: ast.FunctionDef) -> set[int]:
    """Return the lines of ``row.state = …`` in a function that saves ``row`` as well."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    saved = {
        ast.dump(func.value)
        for func in calls
        if isinstance(func, ast.Attribute) and func.attr == "save"
    }
    assigns = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    return {
        target.lineno
        for node in assigns
        for target in ast.walk(node)
        if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store)
        if target.attr in GUARDED and ast.dump(target.value) in saved
    }


def test_no_delivery_changes_its_state_or_reason_past_move():
    past = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in files()
        if p not in MOVERS
        for n in changes_past_move(p.read_text())
    ]
    assert past == []


def test_the_search_finds_what_goes_past_move():
    head = "from publishing.models import Delivery\n"
    for line in (
        'Delivery.objects.filter(pk=1).update(error_code="left")',
        'row.save(update_fields=["state"])',
        'Delivery.objects.bulk_update(rows, ["error_code"])',
        'update_from_values(Delivery, [{"id": 1, "error_code": ""}], match=("id",))',
        'update_from_values(Delivery, rows, match=("id",), fields={"state": "failed"})',
    ):
        assert changes_past_move(head + line) == [2], line
    assert changes_past_move(head + "def f(row):\n    row.state = 1\n    row.save()") == [3]
    assert (
        changes_past_move(
            head + 'update_from_values(Delivery, [{"state": 1}], match=("id", "state"))'
        )
        == []
    )
    assert changes_past_move(head + "rows.update(verify_at=now)") == []
