"""A country of two months with a commune at work, and the files that are sent to it."""

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.stage import Stage

COMMUNES, POSTS = 97, 6
# Files take turns among so many officers, each of whom may send 120 an hour.
OFFICERS, ACCOUNTS = 60, 240


@dataclass
class World:
    """The addresses and people of the load."""

    pages: dict[str, tuple[str, str]]  # by name: cookies and address
    officers: list[str]  # cookies of those who send hostile files
    posts: list[dict[str, str]]
    captions_of: str


def fill(stage: Stage, keys: dict[str, str], provinces: int) -> World:
    """Fill a country of two months: provinces of 97 communes, whose posts were published, and a
    commune at work.
    """
    from django.test import override_settings
    from django.urls import reverse

    from accounts.permissions import Role
    from tests import factories
    from tests.ops.test_hostile_uploads import cookies_of

    of_production = {
        "SECRET_KEY": keys["SECRET_KEY"],
        "CREDENTIAL_KEYS": [keys["CREDENTIAL_KEYS"]],
        "APPROVAL_KEYS": [keys["APPROVAL_KEY"]],
        "PASSWORD_HASHERS": ["accounts.sign_in.hashing.BoundedArgon2Hasher"],
    }
    with override_settings(**of_production):
        province = _published(stage, provinces)
        unit = factories.UnitFactory(parent=province)
        channel = factories.ChannelFactory(unit=unit)
        author = factories.person(Role.OFFICER, unit)
        _in_every_state(unit, channel, author)
        draft = factories.PostFactory(
            unit=unit, author=author, channels=[channel], media=[factories.media(unit)]
        )
        waiting = factories.submitted(unit=unit, author=author, channels=[channel])
        video = factories.video(unit)
        _accounts(unit)
        officers = [factories.person(Role.OFFICER, unit) for _number in range(OFFICERS)]
        sessions = {
            "officer": cookies_of(author, keys["SECRET_KEY"]),
            "approver": cookies_of(factories.person(Role.APPROVER, unit), keys["SECRET_KEY"]),
            "overseer": cookies_of(factories.person(Role.OVERSEER, province), keys["SECRET_KEY"]),
        }
        hostile = [cookies_of(officer, keys["SECRET_KEY"]) for officer in officers]
    posts = [
        factories.PostFactory(unit=unit, author=author, channels=[channel]) for _number in range(8)
    ]
    pages = {
        "today": (sessions["officer"], reverse("oversight:today")),
        "today of a province": (sessions["overseer"], reverse("oversight:today")),
        "list": (sessions["officer"], reverse("publishing:post_list")),
        "composer": (sessions["officer"], reverse("posts:edit", args=[draft.public_id])),
        "review": (sessions["approver"], reverse("publishing:review", args=[waiting.public_id])),
        "calendar": (sessions["officer"], reverse("publishing:calendar")),
        "province": (sessions["overseer"], reverse("oversight:province")),
    }
    addresses = [
        {
            name: reverse(f"posts:{name}", args=[p.public_id])
            for name in ("upload", "autosave", "check")
        }
        for p in posts
    ]
    return World(pages, hostile, addresses, str(video.public_id))


def _published(stage: Stage, provinces: int) -> Any:
    """Create provinces whose communes published all they have. Return the last province."""
    from django.db.models import F
    from django.db.models.fields import CharField
    from django.db.models.functions import Cast

    from publishing.models import Delivery
    from tests import factories
    from units.models import Level, Unit

    now, numbers = time.time(), random.Random(7)
    for number in range(provinces):
        province = Unit(
            level=Level.PROVINCE, kind="tỉnh", place=f"Tỉnh {number}", name=f"Công an tỉnh {number}"
        )
        province.parent, province.valid_from = stage.rows.top, factories.UnitFactory.valid_from
        province.save()
        rows = stage.rows.fill("facebook", COMMUNES, posts=POSTS, parent=province)
        stage.rows.deliver(rows, lambda _n: now - numbers.uniform(0, 60 * 86400))
    Delivery.objects.update(
        state="published", published_at=F("due_at"), remote_id=Cast("pk", CharField(max_length=40))
    )
    return province


def _in_every_state(unit: Any, channel: Any, author: Any) -> None:
    """Write forty posts of a commune: drafts, submitted ones, and approved ones with a time."""
    from tests import factories

    for state in range(40):
        make = (factories.PostFactory, factories.submitted, factories.approved)[state % 3]
        post = make(unit=unit, author=author, channels=[channel])
        if state % 3 == 2:
            factories.delivery(
                post, channel, due_at=factories.timezone.now() + timedelta(hours=state)
            )


def _accounts(unit: Any) -> None:
    """Create the officers who sign in, all with the password of the factories."""
    from django.contrib.auth.hashers import make_password

    from accounts.models import Appointment, User
    from accounts.permissions import Role
    from tests import factories

    password = make_password(factories.PASSWORD)
    people = [
        User(username=name_of(n), email=f"{n:04}@congan.example", password=password)
        for n in range(ACCOUNTS)
    ]
    User.objects.bulk_create(people)
    common = {"unit": unit, "role": Role.OFFICER, "valid_from": unit.valid_from}
    Appointment.objects.bulk_create(Appointment(user=person, **common) for person in people)


def name_of(number: int) -> str:
    return f"can.bo.{number:04}"


def hostile_files(folder: Path) -> dict[str, str]:
    """Make one file of each kind that once took the portal's memory or time."""
    from tests.media.test_pictures import deep_png, many_scans, webp_of_one_colour
    from tests.videos import crowded, video_file

    files = {
        "webp of one colour": webp_of_one_colour(6324, 6324),
        "deep png": deep_png(7300, 5470),
        "20,000 scans": many_scans(20_000),
        "video": video_file(),
        "broken video": video_file()[:30_000],
        "9,000,000 samples": crowded(9_000_000),
        "no picture": bytes(range(256)) * 4000,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: str(folder / name) for name in files}
