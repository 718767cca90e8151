"""A docstring begins with a verb in the imperative, or of a class or module with a noun."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
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
    "training",
    "try_out",
    "scripts",
    "benchmarks",
    "simulator",
    "deploy",
    "tests",
)
BEGINNINGS = {
    "What",
    "Whether",
    "Those",
    "How",
    "Which",
    "Who",
    "Whom",
    "Whose",
    "Where",
    "Why",
    "None",
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def verbless(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        words = (ast.get_docstring(node) or "").split() if isinstance(node, DOCUMENTED) else []
        if words and words[0] in BEGINNINGS:
            yield f"{path.relative_to(ROOT)}: {' '.join(words[:6])}"


def test_no_docstring_begins_with_a_question_word():
    paths = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    assert len(paths) > 200
    assert [
        line for path in paths if "migrations" not in path.parts for line in verbless(path)
    ] == []
