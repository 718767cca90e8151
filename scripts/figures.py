"""Figures of the code, to compare a tree with an earlier one. A lamp, not a gate.

python scripts/figures.py [folder]    the tree at hand, or another checkout of this repository
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = {"tests", "migrations", "vendor", "node_modules"}
NO_VERB = ("What", "Whether", "Those", "How")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b.*\b(FROM|SET|VALUES|AS)\b", re.S
)


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
    imports = set()
    package = source.module.split(".")[: None if source.path.stem == "__init__" else -1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            names = {f"{origin}.{alias.name}" for alias in node.names}
            imports |= {name if name in modules else origin for name in names}
    return (imports & modules) - {source.module}


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


def count_private(code: list[Source]) -> tuple[int, int]:
    """Count the functions whose names begin with an underscore, and those of them that their
    module names once.
    """
    private = once = 0
    for source in code:
        nodes = list(ast.walk(source.tree))
        used = Counter(node.id for node in nodes if isinstance(node, ast.Name))
        used.update(node.attr for node in nodes if isinstance(node, ast.Attribute))
        names = [node.name for node in nodes if isinstance(node, FUNCTIONS)]
        hidden = [name for name in names if re.match("_(?!_)", name)]
        private += len(hidden)
        once += sum(used[name] == 1 for name in hidden)
    return private, once


def count_sql(code: list[Source]) -> int:
    """Count the strings that are statements of SQL."""
    total = 0
    for source in code:
        nodes = list(ast.walk(source.tree))
        joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        pieces = {id(part) for node in joined for part in node.values}
        texts = [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and id(node) not in pieces
        ]
        for node in joined:
            parts = (part.value for part in node.values if isinstance(part, ast.Constant))
            texts.append(" ".join(map(str, parts)))
        total += sum(isinstance(text, str) and bool(SQL.search(text)) for text in texts)
    return total


def count_lines(sources: list[Source], app: str) -> int:
    return sum(source.lines for source in sources if app in source.path.parts[:2])


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

    product = [source for source in code if source.path.parts[0] in roots - {"simulator"}]
    migrations = [source for source in every if "migrations" in source.path.parts]
    private, once = count_private(code)
    comments = sum(
        line.lstrip().startswith("#") for source in code for line in source.text.splitlines()
    )
    apps = {source.path.parts[0] for source in code}
    thin = [app for app in ("campaigns", "engagement", "oversight") if app in apps]

    verbs = ", ".join(NO_VERB)
    yield "lines of the product, files", f"{sum(s.lines for s in product):,}, {len(product)}"
    yield (
        "private functions, used once",
        f"{100 * private / len(functions):.0f} %, {100 * once / len(functions):.0f} %",
    )
    yield "own modules that a module imports (median)", median(map(len, graph.values()))
    yield "comment lines in 100", f"{100 * comments / filled:.1f}"
    yield "statements of SQL outside migrations", count_sql(product)
    yield (
        "migrations, their lines",
        f"{len(migrations)}, {sum(source.lines for source in migrations):,}",
    )
    yield "files outside a layer", len(outside(code, contracts, roots))
    yield "import circles", f"{len(groups)} ({sum(map(len, groups))} files)"
    yield "functions > 50 lines", sum(f.end_lineno - f.lineno >= 50 for f in functions)
    yield "AST nodes a line", f"{len(nodes) / filled:.1f}"
    yield "AST nodes a function (median)", median(sum(1 for _ in ast.walk(f)) for f in functions)
    yield f"docstrings that begin with {verbs}", f"{len(verbless)} of {len(documented):,}"
    yield "template lines > 160", len(wide)
    yield "lines under mypy", f"{100 * typed / lines:.0f} % of {lines:,}"
    yield "test : code", f"{sum(source.lines for source in tests) / lines:.2f}"
    for app in thin:
        share = count_lines(tests, app) / count_lines(code, app)
        yield f"test : code of {app}", f"{share:.2f}"
    yield "biggest file", f"{biggest.lines} ({biggest.path})"


if __name__ == "__main__":
    for name, figure in figures(Path(*sys.argv[1:2] or [ROOT])):
        print(f"{name:<56} {figure}")
