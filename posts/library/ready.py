"""Bring the library that comes with the portal (data/library.toml) into the database, for the
ministry.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.services import record
from campaigns.models import Topic
from core.errors import Refused
from posts.library.models import Template
from posts.library.texts import TemplateFields, clean_fields, store
from units.models import Level, Unit


@dataclass
class LoadResult:
    """The result of a run."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0  # changed or archived by people, and left so

    def __str__(self) -> str:
        return (
            f"{self.created} texts created, {self.changed} changed, {self.unchanged} unchanged, "
            f"{self.kept} left as people changed them."
        )


@transaction.atomic
def load_library(path: Path) -> LoadResult:
    """Add the texts of the file, and bring those that nobody has touched in line with it. Safe to
    repeat; deletes nothing. Raise Refused for a text that the library itself would refuse.
    """
    ministry = Unit.objects.select_for_update(of=("self",)).filter(level=Level.MINISTRY).first()
    if ministry is None:
        raise Refused("The ministry is missing: run load_units first.")
    texts = tomllib.loads(path.read_text(encoding="utf-8"))
    topics = {topic.code: topic for topic in Topic.objects.all()}
    done = LoadResult()
    for text in (*texts["snippet"], *texts["template"]):
        values = {name: value for name, value in text.items() if name != "code"}
        values["topic"] = topics[text["topic"]] if "topic" in text else None
        _update_or_create(text["code"], clean_fields(TemplateFields(**values)), ministry, done)
    if done.created or done.changed:
        record("template.loaded", ministry, created=done.created, changed=done.changed)
    return done


def _update_or_create(
    code: str, values: Mapping[str, Any], ministry: Unit, done: LoadResult
) -> None:
    row = Template.objects.filter(code=code).first()
    if row is None:
        done.created += 1
        store(Template(unit=ministry, code=code), values, by=None)
    elif row.changed_by_id or row.archived_at:
        done.kept += 1
    elif all(getattr(row, name) == value for name, value in values.items()):
        done.unchanged += 1
    else:
        done.changed += 1
        row.version += 1
        store(row, values, by=None)
