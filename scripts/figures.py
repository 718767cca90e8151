"""Figures of the code, to compare a tree with an earlier one. A lamp, not a gate.

python scripts/figures.py [folder]    the tree at hand, or another checkout of this repository
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = {"tests", "migrations", "vendor", "node_modules"}
NO_VERB = ("What", "Whether", "Those", "How")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)


class Source(NamedTuple):
    path: Path
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def lines(self) -> int:
        return self.text.count("\n")


def sources(root: Path) -> Iterator[Source]:
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        if not any(part.startswith(".") for part in place.parts) and place.parts[0] != "var":
            text = path.read_text(encoding="utf-8")
            yield Source(place, text, ast.parse(text))


def layers(contracts: list[dict]) -> tuple[set[str], set[str]]:
    """Return the packages that contracts cut into layers, and the modules that are those layers."""
    containers, named = set(), set()
    for contract in contracts:
        for container in contract.get("containers", []):
            containers.add(container)
            names = re.findall(r"[\w.]+", " ".join(contract["layers"]))
            named |= {f"{container}.{name}" for name in names}
    return containers, named


def below(module: str, packages: set[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:end]) in packages for end in range(1, len(parts) + 1))


def outside(code: list[Source], contracts: list[dict], roots: set[str]) -> list[Source]:
    """Find the files of ``roots`` that stand in none of the layers; a package without layers is
    outside as a whole.
    """
    containers, named = layers(contracts)
    return [
        source
        for source in code
        if below(source.module, roots) and source.module not in roots | containers
        if not below(source.module, named)
    ]


def imports(source: Source, modules: set[str]) -> set[str]:
    found = set()
    package = source.module.split(".")[: None if source.path.stem == "__init__" else -1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else origin for name in names}
    return (found & modules) - {source.module}


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Find the groups of modules that import each other, directly or over others."""

    def reach(start: str) -> set[str]:
        seen, todo = set(), [start]
        while todo:
            new = graph[todo.pop()] - seen
            seen |= new
            todo += new
        return seen

    reached = {module: reach(module) for module in graph}
    groups: list[set[str]] = []
    for module in graph:
        if module in reached[module] and not any(module in group for group in groups):
            groups.append({other for other in reached[module] if module in reached[other]})
    return groups


def checked(root: Path, files: list[str], exclude: list[str]) -> set[Path]:
    """Expand mypy's `files`, which may be folders and patterns. What is excluded below a folder may
    be named by itself.
    """
    places = [place for name in files for place in root.glob(name)]
    below = {path.relative_to(root) for place in places for path in place.rglob("*.py")}
    left_out = re.compile("|".join(exclude) or "(?!)")
    return {place.relative_to(root) for place in places} | {
        path for path in below if not left_out.search(path.as_posix())
    }


def figures(root: Path) -> Iterator[tuple[str, object]]:
    tools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts, roots = (
        tools["importlinter"]["contracts"],
        set(tools["importlinter"]["root_packages"]),
    )
    every = list(sources(root))
    code = [source for source in every if not NOT_CODE & set(source.path.parts)]
    tests = [source for source in every if source.path.parts[0] == "tests"]
    modules = {source.module for source in code}
    graph = {source.module: imports(source, modules) for source in code}
    groups = circles(graph)
    nodes = [node for source in code for node in ast.walk(source.tree)]
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    docstrings = [ast.get_docstring(node) for node in nodes if isinstance(node, DOCUMENTED)]
    documented = [text for text in docstrings if text]
    pages = [page.read_text(encoding="utf-8") for page in (root / "templates").rglob("*.*")]
    verbless = [text for text in documented if text.split()[0] in NO_VERB]
    wide = [line for page in pages for line in page.splitlines() if len(line) > 160]
    lines = sum(source.lines for source in code)
    filled = sum(1 for source in code for line in source.text.splitlines() if line.strip())
    files = checked(root, tools["mypy"]["files"], tools["mypy"].get("exclude", []))
    typed = sum(source.lines for source in code if source.path in files)
    biggest = max(code, key=lambda source: source.lines)

    words = ", ".join(NO_VERB)
    yield "files outside a layer", len(outside(code, contracts, roots))
    yield "import circles", f"{len(groups)} ({sum(map(len, groups))} files)"
    yield "functions > 50 lines", sum(f.end_lineno - f.lineno >= 50 for f in functions)
    yield "AST nodes a line", f"{len(nodes) / filled:.1f}"
    yield "AST nodes a function (median)", median(sum(1 for _ in ast.walk(f)) for f in functions)
    yield f"docstrings that begin with {words}", f"{len(verbless)} of {len(documented):,}"
    yield "template lines > 160", len(wide)
    yield "lines under mypy", f"{100 * typed / lines:.0f} % of {lines:,}"
    yield "test : code", f"{sum(source.lines for source in tests) / lines:.2f}"
    yield "biggest file", f"{biggest.lines} ({biggest.path})"


if __name__ == "__main__":
    for name, figure in figures(Path(*sys.argv[1:2] or [ROOT])):
        print(f"{name:<56} {figure}")
