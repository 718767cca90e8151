"""`scripts/figures.py` on a tree small enough to count by hand."""

import subprocess
import sys

import pytest

from tests.ops.compose import ROOT

PYPROJECT = """
[tool.mypy]
files = ["base", "app/services*.py", "app/views"]
exclude = ["^app/views/"]

[tool.importlinter]
root_packages = ["app", "base"]

[[tool.importlinter.contracts]]
name = "Apps"
type = "layers"
layers = ["app", "base"]

[[tool.importlinter.contracts]]
name = "Inside an app"
type = "layers"
layers = ["(views) | (tasks)", "(services)"]
containers = ["app"]
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "base/__init__.py": "",
    "base/words.py": '"""What words mean."""\n\nfrom base import told\n',
    "base/told.py": "def ask():\n    from . import words\n\n    return words\n",
    "app/__init__.py": "",
    "app/services.py": "import base.told\n\n\ndef send(): ...\n",
    "app/rows.py": (
        "# Why.\ndef _one(key): return f'SELECT {key} FROM rows'\n\n\n"
        "def _two(): return 'UPDATE rows SET n = 1'\n\n\ndef both(): _one(1), _two(), _two()\n"
    ),
    "app/views/page.py": f"def page():\n{'    page()\n' * 50}",
    "app/odd.py": 'class Odd:\n    """How odd."""\n\n\nclass Even:\n    """Howling."""\n',
    "app/migrations/0001_initial.py": '"""Whether it is counted."""\n',
    "templates/app/page.html": f"{'x' * 161}\n{'x' * 160}\n",
    "tests/test_app.py": "def test_it():\n    assert True\n",
}


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_figures_are_counted(tree):
    command = [sys.executable, ROOT / "scripts" / "figures.py", tree]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    printed = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert {name: figure.strip() for name, figure in printed.items()} == {
        "lines of the product, files": "76, 8",
        "private functions, used once": "33 %, 17 %",  # 2 and 1 of 6
        "own modules that a module imports (median)": "0.0",
        "comment lines in 100": "1.5",  # of 65 that hold something
        "statements of SQL outside migrations": "2",
        "migrations, their lines": "1, 1",
        "files outside a layer": "4",  # app/odd.py, app/rows.py, and base has no layers
        "import circles": "1 (2 files)",
        "functions > 50 lines": "1",
        "AST nodes a line": "4.0",
        "AST nodes a function (median)": "8.5",
        "docstrings that begin with What, Whether, Those, How": "2 of 3",
        "template lines > 160": "1",
        "lines under mypy": "14 % of 76",
        "test : code": "0.03",
        "biggest file": "51 (app/views/page.py)",
    }
