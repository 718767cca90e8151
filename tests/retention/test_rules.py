"""Each class in time: what is a day too young stays, what is due goes, and a second run finds
nothing.
"""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import (
    Appointment,
    FactorReset,
    Invitation,
    MinistryRequest,
    Notice,
    PendingAppointment,
    PeopleImport,
    Session,
    User,
)
from accounts.permissions import Role
from campaigns.partners.models import Partner
from channels.models import ConnectAttempt, HookEvent
from core import jobs
from core.models import CacheEntry, Job, Letter, QuotaUse
from engagement.exports.models import Export
from engagement.models import SpentTicket
from help.models import SearchMiss
from media import incoming
from media.models import Media, Upload, VideoEdit
from oversight.models import Digest, Reminder
from posts.leak_rules.models import FalseAlarm, LeakCount
from posts.models import BulkImport, Editing, Post
from publishing.models import CalendarLink, ShareLink
from retention.classes import RULES
from retention.services import apply_rules, plan_removal
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2031, 5, 4, 3, 40, tzinfo=timezone.get_current_timezone())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _row(model: type, moment: str, **fields: Any) -> Callable[[datetime], Any]:
    """Make a row whose time runs from the moment that is passed in, also where the model sets that
    by itself.
    """

    def make(at: datetime) -> Any:
        given = {name: value() if callable(value) else value for name, value in fields.items()}
        row = model.objects.create(**given, **{moment: at})
        model.objects.filter(pk=row.pk).update(**{moment: at})
        return row

    return make


def _person() -> User:
    return factories.UserFactory()


def _key() -> str:
    return os.urandom(8).hex()


def _proposal(at: datetime) -> PendingAppointment:
    unit = factories.UnitFactory()
    return PendingAppointment.objects.create(
        user=factories.person(Role.OFFICER, unit),
        unit=unit,
        role=Role.APPROVER,
        valid_from=at.date(),
        asked_by=_person(),
        asked_at=at,
        expires_at=at,
        decision="expired",
        decided_at=at,
    )


def _upload(at: datetime) -> Upload:
    post = factories.PostFactory()
    return factories.upload(post, created_at=at, touched_at=at)


def _draft(at: datetime) -> Post:
    return factories.PostFactory(changed_at=at, version=2)


def _blank(at: datetime) -> Post:
    return factories.PostFactory(changed_at=at, title="", body="")


def _media(at: datetime) -> Media:
    media = factories.media(factories.UnitFactory())
    Media.objects.filter(pk=media.pk).update(last_used_at=at)
    return media


def _library(at: datetime) -> Media:
    media = _media(at)
    Media.objects.filter(pk=media.pk).update(kept_at=at)
    return media


def _archived(at: datetime) -> Media:
    media = _media(at)
    Media.objects.filter(pk=media.pk).update(archived_at=at)
    return media


def _video_edit(at: datetime) -> VideoEdit:
    media = _media(at)
    Media.objects.filter(pk=media.pk).update(kept_at=NOW, last_used_at=NOW)
    return VideoEdit.objects.create(
        job=_job(at, "video"), media=media, by=media.uploaded_by, plan={}
    )


def _job(at: datetime, kind: str) -> Job:
    job = jobs.create_done(kind)
    Job.objects.filter(pk=job.pk).update(ended_at=at)
    return job


def _blurred(at: datetime) -> Media:
    media = _media(at)
    Media.objects.filter(pk=media.pk).update(blurred_at=at, last_used_at=NOW, kept_at=NOW)
    return media


def _last_day(at: datetime) -> date:
    """Return the last day of what is over at that moment: the night's run comes at 03:40."""
    return timezone.localdate(at - timedelta(hours=3, minutes=40))


def _partner(at: datetime) -> Partner:
    return factories.partner(factories.UnitFactory(), ends_on=_last_day(at))


def _share(at: datetime) -> ShareLink:
    return factories.share(factories.UnitFactory(), expires_on=_last_day(at))


def _leaver(at: datetime) -> User:
    person = factories.person(Role.OFFICER, date_joined=at - DAY, last_login=at)
    person.appointments.update(valid_from=at.date() - DAY, valid_to=timezone.localdate(at) - DAY)
    return person


class _File(NamedTuple):
    pk: str


def _file(name: str) -> Callable[[datetime], _File]:
    def make(at: datetime) -> _File:
        stored = default_storage.save(name, ContentFile(b"x"))
        os.utime(default_storage.path(stored), (at.timestamp(),) * 2)
        return _File(stored)

    return make


AXES = {
    "username": "a",
    "ip_address": "192.0.2.1",
    "path_info": "/",
    "user_agent": "x",
    "http_accept": "x",
}


# Of each class: how to make a row, and how long it is kept from the moment on that it is made with.
def _export(at: datetime) -> Export:
    row = Export.objects.create(
        job=jobs.create_done("export"),
        made_by=_person(),
        kind="campaign",
        format="csv",
        language="vi",
        positions=[],
        name="a",
        page="/",
        total=1,
        asked_at=at,
    )
    row.parts.create(number=0, data=b"x")
    return row


CASES: dict[str, tuple[Callable[[datetime], Any], timedelta]] = {
    "sessions": (_row(Session, "expire_date", session_key=_key, session_data=""), timedelta()),
    "confirmations": (
        _row(
            EmailConfirmation,
            "created",
            key=_key,
            email_address=lambda: EmailAddress.objects.create(
                user=_person(), email=f"{_key()}@congan.example"
            ),
        ),
        30 * DAY,
    ),
    "sign-in-attempts": (
        _row(AccessAttempt, "attempt_time", **AXES | {"user_agent": _key}, failures_since_start=1),
        90 * DAY,
    ),
    "sign-in-failures": (_row(AccessFailureLog, "attempt_time", **AXES), 90 * DAY),
    "sign-in-log": (_row(AccessLog, "attempt_time", **AXES), 90 * DAY),
    "system-log": (
        _row(
            LogEntry,
            "action_time",
            user=_person,
            action_flag=2,
            object_repr="x",
            content_type=lambda: ContentType.objects.get_for_model(User),
        ),
        90 * DAY,
    ),
    "quotas": (_row(QuotaUse, "ends_at", key=_key), DAY),
    "cache": (_row(CacheEntry, "expires", cache_key=_key, value="x"), timedelta()),
    "letters": (lambda at: Letter.objects.create(job=_job(at, "letter")), 7 * DAY),
    "jobs": (lambda at: _job(at, "video"), 7 * DAY),
    "notices": (
        _row(Notice, "created_at", user=_person, kind="post_approved", address="/"),
        365 * DAY,
    ),
    "invitations": (
        _row(Invitation, "expires_at", user=_person, invited_by=_person, secret_hash=_key),
        30 * DAY,
    ),
    "recoveries": (
        _row(FactorReset, "stopped_at", user=_person, asked_by=_person, asked_at=NOW, reason="x"),
        30 * DAY,
    ),
    "proposals": (_proposal, 30 * DAY),
    "ministry-requests": (
        _row(
            MinistryRequest,
            "expires_at",
            unit=factories.UnitFactory,
            issuer="x",
            subject=_key,
            asked_at=NOW,
        ),
        timedelta(),
    ),
    "calendar-links": (
        _row(
            CalendarLink,
            "revoked_at",
            user=_person,
            unit=factories.UnitFactory,
            secret_hash=_key,
            made_at=NOW,
        ),
        30 * DAY,
    ),
    "partners": (_partner, timedelta()),
    "shares": (_share, 365 * DAY),
    "imports": (
        _row(PeopleImport, "created_at", made_by=_person, file_name="a.xlsx", rows=[]),
        30 * DAY,
    ),
    "sheets": (
        _row(
            BulkImport,
            "created_at",
            unit=factories.UnitFactory,
            made_by=_person,
            file_name="a.xlsx",
            rows=[],
        ),
        30 * DAY,
    ),
    "connect-attempts": (
        _row(
            ConnectAttempt,
            "created_at",
            unit=factories.UnitFactory,
            platform="zalo",
            user=_person,
            state_hash=_key,
        ),
        HOUR,
    ),
    "hook-events": (
        _row(
            HookEvent,
            "received_at",
            platform="zalo",
            key=_key,
            kind="posted",
            page="1",
            handled_at=NOW,
        ),
        7 * DAY,
    ),
    "spent-tickets": (_row(SpentTicket, "spent_at", key=_key), DAY),
    "exports": (_export, DAY),
    "editings": (_row(Editing, "seen_at", post=factories.PostFactory, user=_person), DAY),
    "false-alarms": (
        _row(
            FalseAlarm,
            "reported_at",
            unit=factories.UnitFactory,
            rule="plate",
            severity="hard",
            shape="d2-A-d5",
        ),
        365 * DAY,
    ),
    "leak-counts": (
        _row(LeakCount, "day", unit=factories.UnitFactory, rule="plate", outcome="overridden"),
        730 * DAY,
    ),
    "search-misses": (_row(SearchMiss, "month", words="xin xe"), 90 * DAY),
    "uploads": (_upload, DAY),
    "incoming": (_file("incoming/upload-1"), DAY),
    "blank-drafts": (_blank, DAY),
    "drafts": (_draft, 365 * DAY),
    "media": (_media, 7 * DAY),
    "library-media": (_library, 730 * DAY),
    "video-edits": (_video_edit, 30 * DAY),
    "digests": (
        _row(
            Digest, "sent_at", user=_person, week=NOW.date(), unit=factories.UnitFactory, counts={}
        ),
        365 * DAY,
    ),
    "reminders": (
        _row(Reminder, "sent_at", unit=factories.UnitFactory, kind="silent", day=NOW.date()),
        90 * DAY,
    ),
    "blurred-media": (_blurred, HOUR),
    "archived-media": (_archived, 30 * DAY),
    "stray-files": (_file("media/" + "a" * 64 + ".jpg"), 30 * DAY),
    "leavers": (_leaver, 730 * DAY),
}


def due(name: str) -> int:
    return next(planned.count for planned in plan_removal([name], clock=lambda: NOW))


def still_there(row: Any) -> bool:
    if isinstance(row, _File):
        return default_storage.exists(row.pk)
    if isinstance(row, User):
        return User.objects.filter(pk=row.pk, pseudonymised_at=None).exists()
    if isinstance(row, Partner):
        return Partner.objects.filter(pk=row.pk, ended_at=None).exists()
    return type(row).objects.filter(pk=row.pk).exists()


def test_there_is_a_case_for_every_class():
    assert list(CASES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("name", CASES)
def test_what_is_too_young_stays_and_what_is_due_goes_once(name):
    incoming.folder()
    make, kept = CASES[name]
    Session.objects.all().delete()
    short = min(DAY, kept) or HOUR
    young = make(NOW - kept + short)
    old = make(NOW - kept - timedelta(minutes=1) - (DAY if name == "leavers" else timedelta()))
    planned = due(name)

    first = apply_rules([name], clock=lambda: NOW)
    second = apply_rules([name], clock=lambda: NOW)

    assert planned == 1
    assert (still_there(young), still_there(old)) == (True, False)
    assert (first.removed, first.failed, second.removed) == ({name: 1}, [], {})
    assert due(name) == 0


@pytest.mark.parametrize(
    "case",
    {
        "submitted once": lambda post: factories.submitted(post),
        "published": lambda post: factories.delivery(factories.approved(post)),
        "edited in time": lambda post: Post.objects.filter(pk=post.pk).update(
            changed_at=NOW - 364 * DAY
        ),
    }.items(),
    ids=lambda case: case[0],
)
def test_a_post_that_was_ever_submitted_or_is_young_is_no_draft_to_remove(case):
    post = _draft(NOW - 1000 * DAY)
    case[1](post)

    apply_rules(["blank-drafts", "drafts"], clock=lambda: NOW)

    assert Post.objects.filter(pk=post.pk).exists()


def test_a_draft_leaves_with_all_that_was_only_its_own_and_its_copy_stays():
    unit = factories.UnitFactory()
    picture, shared = factories.media(unit), factories.media(unit)
    Media.objects.update(last_used_at=NOW - 400 * DAY)
    draft = factories.PostFactory(unit=unit, media=[picture, shared], changed_at=NOW - 400 * DAY)
    copy = factories.submitted(
        factories.PostFactory(unit=unit, media=[shared], duplicate_of=draft, changed_at=NOW)
    )
    factories.upload(draft, created_at=NOW, touched_at=NOW - 400 * DAY)

    done = apply_rules(clock=lambda: NOW)

    copy.refresh_from_db()
    assert (Post.objects.get(), copy.duplicate_of, Upload.objects.count()) == (copy, None, 0)
    assert (Media.objects.get(), default_storage.exists(picture.file.name)) == (shared, False)
    assert default_storage.exists(shared.file.name)
    assert (done.removed["drafts"], done.removed["media"]) == (1, 1)


def test_a_proposal_stays_while_it_is_all_by_which_an_account_is_found():
    proposal = _proposal(NOW - 60 * DAY)
    Appointment.objects.all().delete()

    apply_rules(["proposals"], clock=lambda: NOW)
    found = PendingAppointment.objects.count()
    User.objects.filter(pk=proposal.user_id).update(pseudonymised_at=NOW)
    apply_rules(["proposals"], clock=lambda: NOW)

    assert (found, PendingAppointment.objects.count()) == (1, 0)


def test_a_file_of_a_row_is_no_stray_one_however_old():
    moving = factories.video(factories.UnitFactory())
    for folder in ("media",):
        for name in default_storage.listdir(folder)[1]:
            os.utime(default_storage.path(f"{folder}/{name}"), (0, 0))

    done = apply_rules(["stray-files"], clock=lambda: NOW)

    assert (done.removed, len(default_storage.listdir("media")[1])) == ({}, 2)
    assert default_storage.exists(moving.file.name)
