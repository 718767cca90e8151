"""`scripts/facts.py`: the documentation says what the connectors' facts say."""

import shutil
import subprocess
import sys

import pytest

from tests.ops.compose import ROOT


@pytest.fixture
def checkout(tmp_path):
    """The script with pages of its own, and otherwise the portal as it is."""
    for name in ("scripts", "docs", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for path in ROOT.iterdir():
        if path.name not in ("scripts", "docs", "deploy"):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def facts(checkout, act):
    command = [sys.executable, "scripts/facts.py", act]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("docs/connectors.vi.md", "63.206"),
        ("docs/limits.md", "1,100 MB"),
        ("deploy/proxy/nginx.conf.template", "client_max_body_size 1100000000"),
    ],
)
def test_a_table_that_says_something_else_is_found_and_written_anew(checkout, name, fact):
    page = checkout / name
    right = page.read_text(encoding="utf-8")
    assert fact in right
    page.write_text(right.replace(fact, "100"), encoding="utf-8")

    found = facts(checkout, "check")
    facts(checkout, "update")

    assert (found.returncode, found.stdout.split()[0]) == (1, name)
    assert page.read_text(encoding="utf-8") == right
    assert facts(checkout, "check").returncode == 0
