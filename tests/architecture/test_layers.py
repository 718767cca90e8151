"""Rules on imports that import-linter cannot check."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from django.apps import apps

ORDER = [
    "core",
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
    "engagement",
    "oversight",
    "operations",
    "retention",
]
ROOT = Path(__file__).resolve().parents[2]


def test_imports_keep_to_the_layers():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-3000:]


# What other apps may use of publishing: its rows and states, the words for them, and what a subject
# does and finds.
OPEN = re.compile(
    r"publishing\.(models|states|presenters(\.\w+)?|\w+\.(queries|presenters|context)"
    r"|broadcasts\.broadcasting|freeze\.freezing|manual\.manual_posting"
    r"|pauses\.pausing|recalls\.recalling|recurrence\.planning|review\.approval_and_time"
    r"|scheduling\.scheduling|sharing\.share_links|slots\.slot_changes|calendar_links\.feed_links)"
)
# The try-out writes a history: deliveries that have already been through every step.
EXCEPTIONS = {
    (f"try_out/{name}.py", "publishing.deliveries.transitions") for name in ("story", "publication")
}


def test_other_apps_use_of_publishing_only_what_is_open_to_them():
    others = {*ORDER, "training", "try_out", "outreach_portal"} - {"publishing"}
    used = {
        (str(path.relative_to(ROOT)), module)
        for app in others
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        for module in _modules_of_publishing(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert {(path, module) for path, module in used if not OPEN.fullmatch(module)} == EXCEPTIONS


def _modules_of_publishing(tree):
    """Return the modules of publishing that a file imports, ``from package import module``
    included.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("publishing."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "publishing":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = (
                    importlib.util.find_spec(inner)
                    if hasattr(_package(node.module), "__path__")
                    else None
                )
                yield inner if is_module else node.module


def _package(name):
    return importlib.import_module(name)


def test_no_foreign_key_points_up_the_layers():
    upward = [
        f"{model.__name__}.{field.name}"
        for app in ORDER
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model._meta.app_label in ORDER
        if ORDER.index(field.related_model._meta.app_label) > ORDER.index(app)
    ]
    assert upward == []


def test_no_column_could_hold_a_residents_identity_or_words():
    """Red line: aggregates only. A column named so would be the beginning of a file on
    residents.
    """
    forbidden = (
        "commenter",
        "comment_text",
        "liker",
        "follower_id",
        "follower_name",
        "resident",
        "sender",
    )
    columns = [
        f"{model.__name__}.{field.name}"
        for app in ORDER
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if any(word in field.name for word in forbidden)
    ]
    assert columns == []


def test_no_process_starts_with_what_writes_workbooks_and_documents():
    """They cost each process 25 MB, and half a second of its start."""
    start = (
        "import sys, django; django.setup(); import outreach_portal.urls; "
        "from outreach_portal.celery import app; app.loader.import_default_modules(); "
        "print({'openpyxl', 'docx', 'numpy'} & sys.modules.keys())"
    )
    started = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert started.stdout == "set()\n"
