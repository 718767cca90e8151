"""What import-linter cannot see."""

import subprocess
import sys
from pathlib import Path

from django.apps import apps

ORDER = [
    "core",
    "audit",
    "units",
    "accounts",
    "campaigns",
    "channels",
    "posts",
    "publishing",
    "engagement",
    "oversight",
]
ROOT = Path(__file__).resolve().parents[2]


def test_imports_keep_to_the_layers():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout[-3000:]


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
    """Red line: aggregates only. A column named so would be the beginning of a file on residents."""
    forbidden = ("commenter", "comment_text", "liker", "follower_id", "follower_name", "resident", "sender")
    columns = [
        f"{model.__name__}.{field.name}"
        for app in ORDER
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if any(word in field.name for word in forbidden)
    ]
    assert columns == []
