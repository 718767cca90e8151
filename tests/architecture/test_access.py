"""Every URL, as every role, on its own, a sibling's, a parent's and another province's things.

The matrix in ``tests/architecture/matrix`` is the promise; a URL that is not in it fails here.
"""

import importlib
import pkgutil
import uuid
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from django.db import transaction
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Invitation, Notice
from accounts.people.appointments import build_proposal
from accounts.permissions import DEEP, Role
from engagement.exports.services import find_unfinished
from media.links import public_url
from media.models import Folder, Logo
from posts.models import BulkImport
from posts.states import ImportState
from tests import factories
from tests.architecture import matrix
from tests.architecture.matrix.entry import Entry

# Pages of libraries, which keep their own promises; what they show without sign-in is listed in
# OPEN.
LIBRARIES = ("account_", "mfa_", "admin:")
OPEN = {
    "csp_report",
    "healthz",
    "readyz",
    "security_txt",
    "set_language",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_request_login_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_signup_webauthn",
    "mfa_trust",
    "account_signup_by_passkey",
    "account_complete_signup",
    "admin:login",
}
FINE = {200, 204, 302, 400, 409, 422}


def all_entries() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for module in pkgutil.iter_modules(matrix.__path__):
        found |= getattr(importlib.import_module(f"{matrix.__name__}.{module.name}"), "ENTRIES", {})
    return found


def all_urls(patterns=None, namespace: str = "", before: tuple = ()) -> dict[str, dict]:
    """Return each URL's name with the converters of its arguments, by argument; a bare regular
    expression has a None."""
    found: dict[str, dict] = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        plain = pattern.pattern.regex.groups == len(pattern.pattern.converters)
        steps = (*before, pattern.pattern.converters if plain else {"regex": None})
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= all_urls(pattern.url_patterns, inner, steps)
        else:
            name = pattern.name or f"unnamed {pattern.pattern}"
            found[f"{namespace}{name}"] = {key: c for step in steps for key, c in step.items()}
    return found


ENTRIES = all_entries()
OURS = {
    n: p
    for n, p in all_urls().items()
    if not n.startswith(LIBRARIES)
    and n not in {"csp_report", "healthz", "readyz", "security_txt", "set_language"}
}


def test_every_url_of_ours_is_in_the_matrix_and_nothing_else():
    unnamed_admin = {n for n in OURS if n.startswith("unnamed")}
    assert set(OURS) - unnamed_admin == set(ENTRIES)


def test_every_url_argument_is_typed_and_named_in_the_matrix():
    for name, entry in ENTRIES.items():
        converters = OURS[name]
        assert set(converters) == set(entry.kwargs), name
        assert all(type(c).__name__ != "PathConverter" for c in converters.values()), name


@pytest.mark.django_db
def test_what_a_stranger_sees_is_on_the_list(client):
    seen = set()
    for name, converters in all_urls().items():
        if "unnamed" in name or None in converters.values():
            continue  # a regular expression of a library's: its own checks cover it
        kwargs = {key: _sample(c) for key, c in converters.items()}
        for method in (client.get, client.post):
            response = method(reverse(name, kwargs=kwargs))
            to_sign_in = response.status_code == 302 and "login" in response["Location"]
            if not to_sign_in and response.status_code not in {401, 404, 405}:
                seen.add(name)
    open_of_ours = {name for name, entry in ENTRIES.items() if entry.anonymous}
    assert seen - OPEN - open_of_ours == set()


def _sample(converter) -> object:
    return {"UUIDConverter": uuid.uuid4(), "IntConverter": 1}.get(type(converter).__name__, "abc")


@dataclass
class World:
    """Two provinces, three communes, and one of everything wherever a test asks."""

    home: object
    sibling: object
    province: object
    top: object
    elsewhere: object


@pytest.fixture
def world(db):
    province = factories.ProvinceFactory()
    return World(
        home=factories.UnitFactory(parent=province),
        sibling=factories.UnitFactory(parent=province),
        province=province,
        top=factories.ministry(),
        elsewhere=factories.UnitFactory(),
    )


def _invitation(unit):
    user = factories.person(Role.OFFICER, unit)
    return Invitation.objects.create(
        user=user,
        secret_hash=uuid.uuid4().hex,
        invited_by=factories.UserFactory(),
        expires_at=timezone.now() + timedelta(days=1),
    )


def _appointment(unit):
    return factories.person(Role.OFFICER, unit).appointments.get()


def _pending_appointment(unit):
    asked_by = factories.UserFactory()
    return build_proposal(
        factories.UserFactory(),
        unit=unit,
        role=Role.APPROVER,
        title="",
        valid_from=timezone.localdate(),
        by=asked_by,
    )


def _saved(row):
    row.save()
    return row


def _post(unit):
    return factories.PostFactory(unit=unit)


def _approved(unit):
    return factories.approved(unit=unit)


def _media_token(unit):
    post = factories.approved(unit=unit, media=[factories.media(unit)])
    factories.delivery(post, state="claimed", lease_until=timezone.now())
    until = timezone.now() + timedelta(hours=1)
    return public_url(
        post.pictures.get().media, post.approved_revision.public_id, until=until
    ).split("/")[-2]


def _manual_task(unit):
    channel = factories.ChannelFactory(
        unit=unit, health="by_hand", health_reason="Không có quyền API"
    )
    post = factories.approved(unit=unit, channels=[channel])
    return factories.delivery(
        post, state="by_hand", manual_deadline=timezone.now() + timedelta(minutes=85)
    )


def _published_manually(unit):
    row = _manual_task(unit)
    now = timezone.now()
    link = f"https://facebook.com/{row.channel.handle}/posts/1"
    row.state, row.receipt_source, row.permalink, row.published_at = (
        "published",
        "posted",
        link,
        now,
    )
    row.save()
    return row


def _unit_with_logo(unit):
    Logo.objects.create(unit=unit, media=factories.media(unit), changed_at=timezone.now())
    return unit.key


def _open_kit(unit):
    kit = factories.kit(factories.ministry(), state="issued", all_below=False)
    kit.current.for_units.add(unit)
    return kit.public_id


MAKERS = {
    "open_kit": _open_kit,
    "board_note": lambda unit: factories.board_note(unit).public_id,
    "example": lambda unit: factories.example(unit).public_id,
    "report": lambda unit: factories.report(unit).public_id,
    "report_with_file": lambda unit: factories.report_with_files(unit).public_id,
    "document": lambda unit: "docs/README.html",
    "guide": lambda unit: "bai-dau-tien",
    "guide_reader": lambda unit: "operator",
    "report_kind": lambda unit: "month",
    "file_format": lambda unit: "pdf",
    "draft_format": lambda unit: "docx",  # in the process itself, and thus sooner than a PDF
    "submitted_report": lambda unit: factories.report(unit, state="in_review").public_id,
    "approved_report": lambda unit: factories.report(unit, state="approved").public_id,
    "sent_report": lambda unit: factories.report(unit, state="sent").public_id,
    "shared_example": lambda unit: factories.example(unit, state="nation").public_id,
    "live_post": lambda unit: factories.live_delivery(unit=unit).post.public_id,
    "unit": lambda unit: unit.key,
    "unit_with_logo": _unit_with_logo,
    "person": lambda unit: factories.person(Role.OFFICER, unit).public_id,
    "appointment": lambda unit: _appointment(unit).public_id,
    "link": lambda unit: factories.link(unit).public_id,
    "code": lambda unit: factories.link(unit).code,
    "kit": lambda unit: factories.kit(unit).public_id,
    "submitted_kit": lambda unit: factories.kit(unit, state="in_review").public_id,
    "approved_kit": lambda unit: factories.kit(unit, state="approved").public_id,
    "issued_kit": lambda unit: factories.kit(unit, state="issued").public_id,
    "topic": lambda unit: factories.topic().code,
    "topic_rule": lambda unit: factories.topic_rule(unit).public_id,
    "rule": lambda unit: "plate",
    "rule_switch": lambda unit: factories.rule_switch("plate", "info").public_id,
    "allowed": lambda unit: factories.allowed_item(unit).public_id,
    "delegation": lambda unit: factories.delegation(unit).public_id,
    "pending_appointment": lambda unit: _saved(_pending_appointment(unit)).public_id,
    "invitation": lambda unit: _invitation(unit).public_id,
    "ministry_request": lambda unit: factories.ministry_request(unit).public_id,
    "system_change": lambda unit: factories.system_change().public_id,
    "factor_reset": lambda unit: (
        factories.factor_reset(factories.person(Role.OFFICER, unit)).public_id
    ),
    "post": lambda unit: _post(unit).public_id,
    "submitted_post": lambda unit: factories.submitted(unit=unit).public_id,
    "approved_post": lambda unit: _approved(unit).public_id,
    "template": lambda unit: factories.template(unit).public_id,
    "reply_phrase": lambda unit: factories.reply_phrase(unit, approved_at=None).public_id,
    "reply_release": lambda unit: factories.reply_release(unit).public_id,
    "revision": lambda unit: _approved(unit).approved_revision.public_id,
    "thread": lambda unit: factories.thread(unit=unit).public_id,
    "comment": lambda unit: factories.thread(unit=unit).comments.get().public_id,
    "media": lambda unit: factories.media(unit).public_id,
    "folder": lambda unit: Folder.objects.create(unit=unit, name="Năm 2026").public_id,
    "channel": lambda unit: factories.ChannelFactory(unit=unit).public_id,
    "unrecognised_post": lambda unit: (
        factories.unrecognised_post(factories.ChannelFactory(unit=unit)).public_id
    ),
    "page_change": lambda unit: factories.page_change(unit).public_id,
    "matter": lambda unit: factories.matter(unit).public_id,
    "matter_below": lambda unit: (
        factories.matter(factories.UnitFactory(parent=unit), asked_from=unit).public_id
    ),
    "campaign": lambda unit: factories.CampaignFactory(unit=unit).public_id,
    "campaign_file": lambda unit: factories.campaign_file(unit).public_id,
    "checklist_item": lambda unit: factories.checklist_item(unit).public_id,
    "public_summary": lambda unit: factories.public_summary(unit).public_id,
    "delivery": lambda unit: factories.delivery(_approved(unit)).public_id,
    "manual_task": lambda unit: _manual_task(unit).public_id,
    "published_manually": lambda unit: _published_manually(unit).public_id,
    "unknown_delivery": lambda unit: (
        factories.delivery(_approved(unit), state="needs_person").public_id
    ),
    "pause": lambda unit: factories.pause(unit).public_id,
    "prepared_pause": lambda unit: factories.pause(unit, since=None).public_id,
    "live_delivery": lambda unit: factories.live_delivery(unit=unit).public_id,
    "broadcast": lambda unit: factories.broadcast(unit=unit).public_id,
    "recall": lambda unit: factories.recalled(unit=unit).public_id,
    "open_calendar_link": lambda unit: (
        factories.calendar_link(factories.person(Role.OFFICER, unit), unit).public_id
    ),
    "partner": lambda unit: factories.partner(unit).public_id,
    "kit_share": lambda unit: factories.kit_share(unit).public_id,
    "share": lambda unit: factories.share(unit).public_id,
    "series": lambda unit: factories.series(unit).public_id,
    "platform": lambda unit: "facebook",
    "number": lambda unit: 0,
    "word": lambda unit: "abc",
    "media_token": lambda unit: _media_token(unit),
}
PLACES = ("own", "sibling", "parent", "elsewhere")


def _is_tied(entry: Entry) -> bool:
    """Check whether the URL names something of a unit."""
    return entry.reach != "all" and any(
        kind in MAKERS and kind != "platform" for kind in entry.kwargs.values()
    )


@contextmanager
def undone():
    """Take back all that the block stores."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_each_role_reaches_what_the_matrix_says_and_nothing_else(client, world, name):
    entry = ENTRIES[name]
    things = cache(
        lambda unit: {argument: MAKERS[kind](unit) for argument, kind in entry.kwargs.items()}
    )
    wrong = {
        f"{role} {place}": answer
        for role in Role.values
        for place, answer in _answers(client, world, name, role, things).items()
        if answer
    }

    assert wrong == {}


def _answers(client, world, name, role, things) -> dict[str, str]:
    """Describe what the URL answers to the role, who signs in once, about a thing of each place;
    where the matrix says so, nothing. ``things`` makes the URL's arguments for a unit; no request
    changes them.
    """
    entry = ENTRIES[name]
    deep = role in DEEP
    desk = world.province if deep else world.home
    units = {
        "own": desk,
        "sibling": world.sibling,  # below a deep role, beside the others
        "parent": world.top if deep else world.province,
        "elsewhere": world.elsewhere,
    }
    places = PLACES if _is_tied(entry) else ("own",)
    if entry.reach != "own":
        known = {place: things(units[place]) for place in places}
    answers = {}
    with undone():
        user = factories.person(role, desk)
        client.force_login(user)
        signed_in = client.cookies
        for place in places:
            with undone():
                if entry.reach == "own":
                    owner = user if place == "own" else factories.person(role, units[place])
                    kwargs = _of_person(entry, owner)
                else:
                    kwargs = known[place]
                client.cookies = deepcopy(signed_in)
                response = getattr(client, entry.method)(reverse(name, kwargs=kwargs), entry.data)
            reached = _is_reached(entry, desk, place, units[place], deep=deep)
            answers[place] = _wrong(entry, role, response, reached=reached)
    return answers


def _is_reached(entry: Entry, desk, place: str, unit, *, deep: bool) -> bool:
    below = unit.path.startswith(desk.path) if deep else unit == desk
    return {
        "tree": below,
        "above": below or desk.path.startswith(unit.path),
        "own": place == "own",
        "all": True,
    }[entry.reach]


def _wrong(entry: Entry, role: str, response, *, reached: bool) -> str:
    """Describe the response if it is not what the matrix says."""
    if role not in entry.roles:
        right = response.status_code in {403, 404}
    elif reached or not entry.kwargs:
        to_sign_in = "/accounts/login/" in response.get("Location", "")
        right = response.status_code in FINE and not to_sign_in
    else:
        right = response.status_code == 404
    return "" if right else f"{response.status_code} {response.get('Location', '')}"


def _of_person(entry: Entry, user) -> dict[str, object]:
    makers = {
        "notice": lambda: Notice.objects.create(
            user=user, kind="post_approved", facts={"by": "A", "title": "B"}, address="/"
        ),
        "upload": lambda: _upload(user),
        "sheet": lambda: _sheet(user),
        "export": lambda: find_unfinished(user) or factories.export(user),
        "calendar_link": lambda: factories.calendar_link(user, user.appointments.get().unit),
    }
    return {argument: makers[kind]().public_id for argument, kind in entry.kwargs.items()}


def _upload(user):
    now = timezone.now()
    post = factories.PostFactory(unit=user.appointments.get().unit)
    return factories.upload(post, user=user, created_at=now, touched_at=now)


def _sheet(user):
    unit = user.appointments.get().unit
    return BulkImport.objects.create(
        unit=unit, made_by=user, file_name="ke-hoach.xlsx", state=ImportState.READY, rows=[]
    )
