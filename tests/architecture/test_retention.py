"""Every model has a class that says how long its rows are kept, and no record vanishes with a
person or a unit.
"""

import re
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.models import CASCADE, SET_DEFAULT, SET_NULL

from accounts.models import User
from core.management.commands import grant_roles
from retention.classes import KEPT, RULES, STATE, WITH, Files, Rule, name_classes
from units.models import Unit

ROOT = Path(settings.BASE_DIR)
MODELS = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
LABELS = {model._meta.label: model for model in MODELS}
# Drafts among them leave, and what only they show: rules of their own say which.
SHARED = {"posts.Post", "media.Media"}


def test_every_model_has_a_retention_class_and_none_has_two_that_contradict():
    assert [label for label, model in LABELS.items() if not name_classes(model)] == []
    assert (KEPT | STATE | WITH.keys() | set(WITH.values())) - LABELS.keys() == set()
    ruled = {rule.model._meta.label for rule in RULES if isinstance(rule, Rule)}
    assert ruled & KEPT == SHARED | {"accounts.User", "campaigns.Partner"}
    assert [STATE & (KEPT | ruled | WITH.keys()), WITH.keys() & (KEPT | ruled)] == [set(), set()]


def test_names_of_classes_are_unique():
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)


def test_the_page_names_the_class_of_every_table_and_the_time_of_every_class():
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"^\| `(\w+)` \| \w+ \| ([^|]+) \|", page, re.MULTILINE))
    times = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", page, re.MULTILINE))

    assert tables == {model._meta.db_table: ", ".join(name_classes(model)) for model in MODELS}
    assert times == {rule.name: rule.words for rule in RULES}


def _leaving_with(model: type, seen: set) -> set:
    """Find what a deletion of a row of ``model`` deletes, or makes forget it."""
    for relation in model._meta.related_objects:
        if (
            relation.on_delete in (CASCADE, SET_NULL, SET_DEFAULT)
            and relation.related_model not in seen
        ):
            seen.add(relation.related_model)
            if relation.on_delete is CASCADE:
                _leaving_with(relation.related_model, seen)
    return seen


def test_no_record_vanishes_with_a_person_or_a_unit():
    gone = _leaving_with(User, set()) | _leaving_with(Unit, set())

    assert sorted(model._meta.label for model in gone if model._meta.label in KEPT) == []


def test_a_worker_may_remove_what_has_a_rule_and_nothing_of_the_record():
    kept = {LABELS[label]._meta.db_table for label in KEPT - SHARED}

    assert {*grant_roles.KEPT, *grant_roles.APPEND_ONLY} == kept | {"retention_hold"}


def test_every_class_that_the_timetable_names_exists():
    named = [
        name
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        for name in entry.get("kwargs", {}).get("classes", [])
        if entry["task"] == "retention.tasks.sweep"
    ]

    assert len(named) == 6
    assert set(named) <= {rule.name for rule in RULES}
    assert {rule.name for rule in RULES if isinstance(rule, Files)} == {"incoming", "stray-files"}
