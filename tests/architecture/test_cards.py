"""A page shows a row through a card: nothing is hung on the row itself, where no model says what it
is.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("publishing", "operations")
# A paginator whose rows are counted already; the address without what only its poll asks for.
NO_ROWS = {"paginator.count", "request.GET"}


def test_no_view_hangs_an_attribute_on_a_row():
    files = [
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "views" in (path.parent.name, path.stem)
    ]
    hung = {
        f"{path.relative_to(ROOT)}: {ast.unparse(node)}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node) not in NO_ROWS
        and not ast.unparse(node).startswith("self.")  # of a form that stands in its view
    }

    assert len(files) > 10
    assert hung == set()
