"""A new platform is a folder in simulator/platforms and two lines of the list there. Nothing else
knows of it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.calls import Reply
from simulator.platform import Platform
from simulator.platforms import PLATFORMS
from simulator.spec import Spec
from simulator.testing import RunningSimulator

from .conftest import ask

ROOT = Path(__file__).resolve().parents[2] / "simulator"
REGISTRY = ROOT / "platforms" / "__init__.py"
NAMES = [kind.spec.name for kind in PLATFORMS]
# Instagram's second way in leads through Facebook, whose pages know the account that is linked to
# them; what all of Meta's share says facebook.com.
ACQUAINTED = {("facebook", "instagram"), ("instagram", "facebook"), ("meta", "facebook")}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_else_names_a_platform(name):
    naming = {path for path in ROOT.rglob("*.py") if path != REGISTRY and names(path, name)}
    naming |= {path for path in shown_files() if styles(path.read_text(), name)}

    strangers = {path.relative_to(ROOT) for path in naming if home(path) != name}
    assert {path for path in strangers if (home(ROOT / path), name) not in ACQUAINTED} == set()


def test_the_list_names_each_folder_once():
    folders = {path.parent.name for path in ROOT.glob("platforms/*/api.py")}

    assert sorted(folders) == sorted(NAMES)


class TinySpec(Spec):
    name = "tiny"
    title = "Tiny Place"
    settings = {"tiny_echoes": 7}

    def page_id(self, number):
        return f"corner{number}"


class Tiny(Platform):
    spec = TinySpec()
    mounts = ("/tiny/",)

    def describe(self, call):
        return call.text("corner"), ("publish",)

    async def answer(self, call, plan):
        return Reply({"echoes": self.world.settings["tiny_echoes"]})

    def refusal(self, fault, call):
        return Reply({"error": fault.kind}, fault.status)

    def connect(self, page):
        return {"key": page.external_id}

    def compose(self, page, post, number):
        post.id = str(number)


def test_a_platform_of_its_own_folder_is_played():
    with RunningSimulator(platforms=[*PLATFORMS, Tiny]) as simulator:
        page = simulator.page("tiny", name="Công an phường Bến Nắng")
        post = simulator.post("tiny", page["external_id"], "Ngày hội")
        offered = ask("GET", f"{simulator.url}/pages/new/").raw.decode()
        simulator.fault("tiny", "error_before", operation="publish", status=503)
        calls = [
            ask("GET", f"{simulator.url}/tiny/say", query={"corner": page["external_id"]})
            for _ in range(2)
        ]
        shown = ask("GET", page["url"]).raw.decode()

        assert page["tokens"] == {"key": page["external_id"]}
        assert [call.status for call in calls] == [503, 200]
        assert calls[1].body == {"echoes": 7}
        assert simulator.requests()["tiny"] == {"publish": 2}
        assert [seen["id"] for seen in simulator.visible("tiny")] == [post["id"]]
        assert "Ngày hội" in shown
        assert "Tiny Place" in shown
        assert "Tiny Place</option>" in offered


def home(path: Path) -> str:
    """Return the platform in whose folder a file is; empty where it is in none."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "platforms" and len(parts) > 2 else ""


def names(path: Path, name: str) -> bool:
    """Tell whether the code of a file imports a platform's folder, or has its name in a text that
    a program reads: what has a space is a sentence for people."""
    return any(
        re.search(rf"(?<![a-z]){name}(?![a-z])", text)
        for text in texts(ast.parse(path.read_text()))
        if " " not in text.strip()
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from simulator.platforms.tiktok import api", True),
        ("import simulator.platforms.tiktok.api", True),
        ("kind == 'tiktok'", True),
        ("mounts = ('/tiktok/v2/',)", True),
        ("told = 'tiktok_echoes'", True),
        ("told = 'The page opens as on tiktok and others.'", False),
        ("# tiktok", False),
        ('def answer():\n    """tiktok"""', False),
    ],
)
def test_code_names_a_platform_and_a_sentence_does_not(tmp_path, source, expected):
    path = tmp_path / "some.py"
    path.write_text(source)

    assert names(path, "tiktok") == expected


def shown_files() -> list[Path]:
    """List the files that pages are made of: they serve every platform, so they name none."""
    return [path for path in ROOT.rglob("*") if path.suffix in (".html", ".css", ".js")]


def styles(source: str, name: str) -> bool:
    """Tell whether a page, a sheet or a script has a platform's name in a value, a selector or an
    attribute, rather than in words that people read."""
    return bool(re.search(rf"""["'.#=][\w/-]*(?<![a-z]){name}(?![a-z])""", source.lower()))


def test_pages_may_speak_of_a_platform_and_not_ask_for_it():
    assert styles('{% if page.platform == "zalo" %}', "zalo")
    assert styles(".mark-zalo { color: red }", "zalo")
    assert not styles("<p>As on Zalo and others.</p>", "zalo")


def texts(tree: ast.Module) -> Iterator[str]:
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in described
        ):
            yield node.value
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
