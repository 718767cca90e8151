from datetime import timedelta

import pytest
from django.utils import timezone

from engagement.reports import decisions, drafts, periods
from engagement.reports.figures import compute_digest
from engagement.reports.queries import build_content


@pytest.fixture
def month():
    """Return the last reporting month that has ended, by the portal's own form."""
    return periods.list_recent_periods("month", timezone.localdate(), 15)[0]


@pytest.fixture
def within(month):
    """Return a moment in that month."""
    return month.start + timedelta(days=3, hours=9)


@pytest.fixture
def sent(month):
    """Send a unit's report of the month: ``sent(unit, officer, leader)``."""

    def send(unit, writer, leader, **options):
        report = drafts.begin(unit, "month", month, by=writer, **options)
        decisions.submit(report, by=writer)
        report.refresh_from_db()
        approve(report, leader)
        return send_approved(report, writer)

    return send


def approve(report, leader):
    """Approve what the report holds now."""
    digest = compute_digest(build_content(report))
    decisions.approve(report, by=leader, digest=digest, with_gaps=True)
    report.refresh_from_db()
    return report


def send_approved(report, writer):
    """Send an approved report as the paper no. 125 of today."""
    return decisions.send(report, by=writer, number="125", signed_on=timezone.localdate())
