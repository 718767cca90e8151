"""Draft reports of all kinds for a commune, its province and the ministry, and have every number of
them counted again from the raw rows by a script that shares no code with the portal.

    DATABASE_URL=postgres://… python manage.py seed_national --share 0.01
    DATABASE_URL=… python -m benchmarks.report_figures

What it drafts is rolled back. Of each of the five
regular kinds it takes the last period that ended, of chosen days the last thirty, of campaigns the
newest that has begun; sums once as reported and once filled in, and what a province filled in
counts as sent to the ministry. The last line is that of `report_recount`.
"""

# Django is set up before its models are imported.
# ruff: noqa: E402

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
os.environ.setdefault("PORTAL_MODE", "test")

import django

django.setup()

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from core.periods import Period
from core.scope import list_ancestors
from engagement.reports import periods
from engagement.reports.figures import compute_digest, freeze_figures
from engagement.reports.models import Report, ReportApproval, ReportFigures
from engagement.reports.standard import make_standard_form
from engagement.reports.states import REGULAR, ReportKind, ReportState
from publishing.models import Delivery
from units.models import Level, Unit


def _choose_units() -> list[Unit]:
    """Return the communes that published most and least, their provinces, and the ministry."""
    published = Delivery.objects.filter(published_at__isnull=False)
    ranked = published.order_by().values("unit").annotate(n=Count("pk")).order_by("-n", "unit")
    keys = [row["unit"] for row in ranked]
    rows = Unit.objects.filter(level=Level.COMMUNE, pk__in=keys).select_related("parent").in_bulk()
    communes = [rows[key] for key in keys if key in rows]
    chosen = {unit.pk: unit for unit in (communes[0], communes[-1])}
    chosen |= {unit.parent.pk: unit.parent for unit in [*chosen.values()] if unit.parent}
    return [*chosen.values(), Unit.objects.get(level=Level.MINISTRY)]


def _list_contents(units: list[Unit]) -> Iterator[dict[str, Any]]:
    now, today = timezone.now(), timezone.localdate()
    for unit in units:
        for kind in ReportKind:
            first, campaign = make_standard_form(kind)["first"], None
            if kind in REGULAR:
                period = periods.list_recent_periods(kind, today, first)[0]
            else:
                period = Period(today - timedelta(days=30), today - timedelta(days=1))
            if kind == ReportKind.CAMPAIGN:
                begun = Campaign.objects.filter(
                    unit__path__in=list_ancestors(unit.path), starts_on__lte=today
                )
                campaign = begun.order_by("-starts_on", "pk").first()
                if campaign is None:
                    continue
                period = Period(campaign.starts_on, min(campaign.ends_on, today))
            for fill in (False, True)[: 1 if unit.level == Level.COMMUNE else 2]:
                (row,) = freeze_figures(
                    [unit], kind, period, now=now, first=first, campaign=campaign, fill=fill
                )
                yield row.content
            if unit.level == Level.PROVINCE:
                _send(row)


def _send(figures: ReportFigures) -> None:
    """Store a report of these figures as a leader approved it, until all is rolled back."""
    content, now = figures.content, timezone.now()
    author, leader = User.objects.order_by("pk")[:2]
    about = content["campaign"]
    report = Report.objects.create(
        unit=figures.unit,
        kind=content["kind"],
        first=content["first"],
        last=content["last"],
        due_on=content["last"],
        campaign=Campaign.objects.get(public_id=about["id"]) if about else None,
        # The last one: the other versions, if there are any, are not lost.
        version=1 + Report.objects.filter(unit=figures.unit).count(),
        changes="-",
        figures=figures,
        state=ReportState.SENT,
        author=author,
        made_at=now,
        changed_at=now,
        sent_at=now,
    )
    frozen = {"figures": content}
    ReportApproval.objects.create(
        report=report,
        content=frozen,
        content_sha256=compute_digest(frozen),
        author=author,
        approved_by=leader,
        position="-",
        approved_at=now,
    )


def main() -> int:
    with transaction.atomic():
        contents = list(_list_contents(_choose_units()))
        transaction.set_rollback(True)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "reports.json"
        kept.write_text(json.dumps(contents), encoding="utf-8")
        script = Path(__file__).with_name("report_recount.py")
        command = [sys.executable, "-I", str(script), os.environ["DATABASE_URL"], str(kept)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
