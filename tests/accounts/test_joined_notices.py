"""One cause is one notice, wherever it makes many at once."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.notices import JOINED, SENTENCES, Weight, describe, get_weight, notify, register
from accounts.permissions import Role
from channels.connection.health import mark_lost
from channels.states import Health
from core.clock import database_now
from engagement.reports import decisions, queries
from engagement.reports.periods import list_recent_periods
from engagement.reports.queries import Due
from engagement.reports.reminders import send_reminders
from operations import alarms
from operations.models import Alarm
from publishing.manual import manual_posting
from publishing.reconciliation import expiry
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


def facts_of(kind: str, number: int) -> dict[str, str]:
    """Return facts for each place of the sentence; those that are joined differ by ``number``."""
    names = [part.split(")s")[0] for part in SENTENCES[kind].split("%(")[1:]]
    return {name: f"{name} {number if name in JOINED[kind] else ''}" for name in names}


@pytest.mark.parametrize("kind", sorted(JOINED))
def test_a_burst_of_one_cause_is_one_notice(officer, kind):
    for number in range(8):
        notify(
            [officer], kind, address=f"/{number}/", joined_address="/all/", **facts_of(kind, number)
        )

    (notice,) = officer.notices.all()
    assert notice.address == "/all/"
    for name in JOINED[kind]:
        assert notice.facts[name] == [f"{name} {number}" for number in range(8)]
        assert f"{name} 4" in describe(notice)
        assert f"{name} 5" not in describe(notice)  # five are named, of the others the number
    assert "… (+3)" in describe(notice)


@pytest.mark.parametrize("kind", sorted(kind for kind in JOINED if "reason" in facts_of(kind, 0)))
def test_another_reason_is_another_notice(officer, kind):
    notify([officer], kind, address="/", **facts_of(kind, 0))
    notify([officer], kind, address="/", **facts_of(kind, 1) | {"reason": "another one"})

    assert officer.notices.count() == 2


def test_what_leads_to_one_page_keeps_its_way(officer):
    for channel in ("Facebook", "Zalo"):
        notify([officer], "delivery_expired", address="/post/", title="A", channel=channel)

    (notice,) = officer.notices.all()
    assert notice.address == "/post/"
    assert "“A” was too late for Facebook, Zalo" in describe(notice)


def test_titles_keep_their_quotation_marks(officer):
    for title in "AB":
        notify([officer], "delivery_expired", address="/", title=title, channel="Zalo")

    assert "“A”, “B” was too late for Zalo" in describe(officer.notices.get())


def test_what_was_read_takes_nothing_up(officer):
    notify([officer], "channel_lost", address="/", channel="A")
    officer.notices.update(read_at=timezone.now())
    notify([officer], "channel_lost", address="/", channel="B")

    assert [notice.facts["channel"] for notice in officer.notices.all()] == ["B", "A"]


@pytest.mark.parametrize(
    ("kind", "age", "n"),
    [
        ("channel_lost", timedelta(minutes=50), 1),
        ("channel_lost", timedelta(minutes=70), 2),
        ("report_sent", timedelta(hours=23), 1),
        ("report_sent", timedelta(hours=25), 2),
    ],
)
def test_what_comes_later_has_another_cause(officer, kind, age, n):
    assert (get_weight(kind) == Weight.URGENT) == (kind == "channel_lost")
    notify([officer], kind, address="/", **facts_of(kind, 0))
    officer.notices.update(created_at=timezone.now() - age)
    notify([officer], kind, address="/", **facts_of(kind, 1))

    assert officer.notices.count() == n


def test_the_same_once_more_is_a_reminder(officer):
    for _ in range(2):
        notify([officer], "channel_expiring", address="/", channel="A", date="19/12/2030")

    assert officer.notices.count() == 2


def test_each_reader_gets_a_notice_of_their_own(officer, unit):
    late = factories.person(Role.OFFICER, unit)
    notify([officer], "channel_lost", address="/", channel="A")
    notify([officer, late], "channel_lost", address="/", channel="B")

    assert officer.notices.get().facts["channel"] == ["A", "B"]
    assert late.notices.get().facts["channel"] == "B"


def test_facts_that_no_sentence_shows_are_not_joined():
    with pytest.raises(ValueError, match="not in the sentence of some_words: place"):
        register({"some_words": "x"}, joined={"some_words": ("place",)})


@pytest.mark.django_db(transaction=True)
def test_a_burst_is_one_mail_which_says_that_there_may_be_more(officer, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    for channel in "ABC":
        notify([officer], "channel_lost", address="/", channel=channel)

    (letter,) = mail.outbox
    assert "If there is more of this kind, the portal lists it." in letter.body


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_notice_that_somebody_else_is_adding_to(officer):
    notify([officer], "channel_lost", address="/", channel="A")
    done = threading.Event()

    def rival():
        notify([officer], "channel_lost", address="/", channel="C")
        connection.close()
        done.set()

    with transaction.atomic():
        notify([officer], "channel_lost", address="/", channel="B")
        thread = threading.Thread(target=rival)
        thread.start()
        assert done.wait(10)
    thread.join()

    assert [notice.facts["channel"] for notice in officer.notices.all()] == ["C", ["A", "B"]]


# --- where bursts are made ------------------------------------------------------------------------


def test_twelve_pages_that_lose_one_access_are_one_notice(unit):
    leader = factories.person(Role.APPROVER, unit, language="en")
    for number in range(12):
        name = f"Công an phường {number}"
        mark_lost(factories.ChannelFactory(unit=unit, platform="facebook", name=name))

    (notice,) = leader.notices.all()
    assert len(notice.facts["channel"]) == 12
    assert notice.address == reverse("channels:list")


def test_posts_that_an_outage_made_too_late_are_one_notice(officer, unit):
    channels = [
        factories.ChannelFactory(unit=unit, platform=name)
        for name in ("facebook", "zalo", "threads")
    ]
    past = timezone.now() - timedelta(hours=3)
    for _ in range(3):
        post = factories.approved(unit=unit, channels=channels)
        for channel in channels:
            factories.delivery(post, channel, due_at=past)

    assert expiry.expire() == 9

    (notice,) = officer.notices.all()
    assert notice.kind == "delivery_expired"
    assert [len(notice.facts[name]) for name in ("title", "channel")] == [3, 3]
    assert notice.address == reverse("publishing:post_list")


def test_posts_by_hand_that_fall_due_together_are_one_notice(officer, unit):
    channels = [
        factories.ChannelFactory(unit=unit, platform=name, health=Health.MANUAL)
        for name in ("facebook", "zalo", "threads")
    ]
    post = factories.approved(unit=unit, channels=channels)
    now = timezone.now()
    for channel in channels:
        factories.delivery(post, channel, due_at=now)

    assert manual_posting.create_manual_tasks() == 3

    (notice,) = officer.notices.all()
    assert len(notice.facts["channel"]) == 3
    assert notice.address == reverse("publishing:manual_tasks")


def test_reports_that_are_due_are_one_notice_which_names_kind_and_period(
    officer, unit, monkeypatch
):
    today = timezone.localdate()
    due = [
        Due(unit, kind, list_recent_periods(kind, today, 15)[0], today, today, None)
        for kind in ("week", "month", "quarter")
    ]
    monkeypatch.setattr(queries, "find_due", lambda units, on: due)

    assert send_reminders(now=timezone.now()) == 3

    (notice,) = officer.notices.all()
    assert len(notice.facts["report"]) == 3
    for row in due:
        assert f"{row.label} (by {today:%d/%m/%Y})" in describe(notice)


def test_reports_that_wait_for_approval_are_one_notice(unit):
    leader = factories.person(Role.APPROVER, unit, language="en")
    writer = factories.person(Role.OFFICER, unit)
    reports = [factories.report(unit, kind=kind) for kind in ("week", "month")]
    for row in reports:
        decisions.submit(row, by=writer)

    (notice,) = leader.notices.all()
    assert notice.facts["report"] == [str(row) for row in reports]
    assert notice.address == reverse("engagement:reports")


def test_units_that_send_one_periods_report_are_one_notice():
    province = factories.ProvinceFactory()
    overseer = factories.person(Role.OVERSEER, province)
    for _ in range(3):
        unit = factories.UnitFactory(parent=province)
        row = factories.report(unit, state="approved")
        writer = factories.person(Role.OFFICER, unit)
        decisions.send(row, by=writer, number="12", signed_on=timezone.localdate())

    (notice,) = overseer.notices.all()
    assert len(notice.facts["unit"]) == 3
    assert str(row) in describe(notice)


def test_alarms_that_begin_together_are_one_notice():
    watcher = factories.person(Role.ADMINISTRATOR, factories.ministry())
    now = database_now()
    for platform in ("facebook", "zalo", "youtube"):
        Alarm.objects.create(
            kind="late", key=platform, facts={"n": 3}, opened_at=now, seen_at=now, report_at=now
        )

    alarms._report_alarms(now)

    (notice,) = watcher.notices.all()
    assert len(notice.facts["what"]) == 3
    assert notice.address == f"{reverse('operations:status')}#late"
