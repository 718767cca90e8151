"""Checks of a post while it is being written: nothing of it is stored."""

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.semaphores import PerUserLock
from posts.editor import saving, script_views
from posts.kits import adopting
from posts.models import Contribution, Post
from tests import factories
from tests.factories import ChannelFactory, PostFactory, person
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db
NUMBER = "0912 345 678"
LEAK = f"Xin gọi cho anh ấy qua số {NUMBER} nhé."
PARTS = re.compile(
    r'<div data-part="((?:said|sign|asked|findings)[^"]*)">(.*?)(?=<div data-part=|\Z)', re.S
)


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


@pytest.fixture
def post(unit, officer):
    """A draft for two channels with a picture."""
    channels = [ChannelFactory(unit=unit, platform=name) for name in ("facebook", "youtube")]
    return PostFactory(unit=unit, author=officer, channels=channels, media=[factories.media(unit)])


def found(answer):
    """Return what an answer says was found, by the part of the page."""
    return {name: " ".join(part.split()) for name, part in PARTS.findall(answer.json()["html"])}


def written(post, **fields):
    """Return the form with a leak in each kind of text."""
    picture = post.pictures.get().media
    facebook = post.targets.get(channel__platform="facebook").channel
    leaks = {
        "title": f"Gọi {NUMBER}",
        "body": f"<p>{LEAK}</p>",
        "source": f"Anh ấy, {NUMBER}",
        f"text-{facebook.public_id}": f"{LEAK} #canhgiac",
        f"alt-{picture.public_id}": f"Ảnh chụp số {NUMBER}",
    }
    return typed(post, **leaks, **fields)


def everything(post):
    """Return all that a save could change."""
    targets = list(post.targets.values().order_by("pk"))
    pictures = list(post.pictures.values().order_by("pk"))
    entries = list(Entry.objects.values_list("action", flat=True))
    media = [picture.media.last_used_at for picture in post.pictures.select_related("media")]
    editors = list(Contribution.objects.filter(post=post).values())
    return (
        Post.objects.filter(pk=post.pk).values().get(),
        targets,
        pictures,
        entries,
        media,
        editors,
    )


@pytest.mark.parametrize("fields", [{}, {"topic": ""}, {"channels": []}, {"valid_until_0": "28/"}])
def test_the_same_is_found_before_the_save_as_after_it(client, post, fields):
    before = client.post(address("check", post), written(post, **fields))
    after = client.post(address("autosave", post), written(post, **fields))

    assert (before.status_code, after.status_code) == (200, 200)
    assert found(before)["said-text"].count("data-leak=") == 2
    assert found(before) == found(after)


def test_each_text_bears_its_findings(client, post):
    answer = client.post(address("check", post), written(post))

    fields = set(re.findall(r'data-field="([a-z_]+)', answer.json()["html"]))
    assert fields == {"title", "body", "source", "text", "alt"}


def test_nothing_is_stored(client, post):
    before = everything(post)

    client.post(address("check", post), written(post))

    assert everything(post) == before


def test_a_post_without_a_row_is_checked_and_gets_none(client, unit):
    ChannelFactory(unit=unit)
    page = client.get("/posts/new/").content.decode()
    check = re.search(r'data-check="([^"]+)"', page)[1]

    answer = client.post(check, {"version": "1", "body": LEAK})

    assert found(answer)["said-text"].count("data-leak=") == 1
    assert not Post.objects.exists()


def test_a_post_of_a_kit_is_checked_with_its_values(client, unit, officer):
    kit = factories.kit(unit.parent, state="issued")
    post = adopting.adopt(kit, unit=unit, by=officer)
    values = typed(post, **{"placeholder-khu_vuc": f"nhà anh ấy, {NUMBER}"})
    stored = dict(post.adoption.values)

    before = client.post(address("check", post), values)

    post.adoption.refresh_from_db()
    assert post.adoption.values == stored
    assert found(before)["said-text"].count("data-leak=") == 1
    assert found(before) == found(client.post(address("autosave", post), values))


def test_a_secrecy_mark_is_refused_as_by_the_save(client, post, caplog):
    values = typed(post, body="<p>TUYỆT MẬT</p><p>Kế hoạch 12</p>")
    before = everything(post)

    answers = [client.post(address(name, post), values) for name in ("check", "autosave")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert "state secret" in answers[0].json()["errors"][""][0]
    assert "Kế hoạch 12" not in answers[0].content.decode() + caplog.text
    assert everything(post) == before


@pytest.mark.parametrize(
    "too_much",
    [
        {"title": "ă" * 201},
        {"body": "ă" * 40_001},
        {"body": "<p>" + "<b>a</b>" * 4_000 + "</p>"},
        {"link": "không phải"},
        {"picture": ["no-id"], "topic": "999999"},
    ],
    ids=["title", "body", "marks", "link", "topic"],
)
def test_what_the_save_refuses_is_not_checked(client, post, too_much):
    answers = [
        client.post(address(name, post), typed(post) | too_much) for name in ("check", "autosave")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()


def test_what_is_written_over_a_colleagues_newer_copy_is_still_checked(client, post, colleague):
    values = typed(post, body=f"<p>{LEAK}</p>")
    saving.save(post, factories.edit_of(post, title="Mới"), by=colleague, version=post.version)

    answer = client.post(address("check", post), values)

    assert found(answer)["said-text"].count("data-leak=") == 1


def test_a_post_in_review_is_not_checked(client, unit, officer):
    post = factories.submitted(unit=unit, author=officer)
    answer = client.post(address("check", post), typed(post))
    assert answer.status_code == 422
    assert "not open for editing" in answer.json()["errors"][""][0]


def test_another_units_post_does_not_exist(client):
    foreign = PostFactory()
    assert client.post(address("check", foreign), typed(foreign)).status_code == 404


def test_who_only_reads_checks_nothing(client, unit, post):
    client.force_login(person(Role.SUPERVISOR, unit))
    assert client.post(address("check", post), typed(post)).status_code == 403


def test_another_units_channels_and_pictures_are_not_looked_at(client, post):
    channel, picture = ChannelFactory(), factories.media(factories.UnitFactory())
    answer = client.post(address("check", post), typed(post, channels=[channel.public_id]))
    assert answer.status_code == 422
    values = typed(post, picture=[picture.public_id])
    values[f"alt-{picture.public_id}"] = LEAK
    assert NUMBER not in client.post(address("check", post), values).json()["html"]


def test_a_script_learns_that_the_session_has_ended_or_is_anothers(client, post, colleague):
    page = client.get(address("edit", post)).content.decode()
    proof = re.search(r'name="proof" value="([^"]+)"', page)[1]
    client.force_login(colleague)
    assert client.post(address("check", post), typed(post, proof=proof)).status_code == 403
    client.logout()
    assert client.post(address("check", post), typed(post)).status_code == 401


def test_checks_have_a_quota_of_their_own(client, post, settings):
    settings.QUOTAS = settings.QUOTAS | {"check": [(2, 60)]}
    answers = [client.post(address("check", post), typed(post)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert client.post(address("autosave", post), typed(post, title="Khác")).status_code == 200


@pytest.mark.parametrize("n", [1, 3])
def test_a_check_takes_the_same_few_queries_however_much_there_is(client, unit, officer, n):
    post = PostFactory(
        unit=unit,
        author=officer,
        channels=[ChannelFactory(unit=unit) for _ in range(n)],
        media=[factories.media(unit) for _ in range(n)],
    )
    values = typed(post, body=f"<p>{LEAK}</p>" * n)
    client.post(address("check", post), values)

    with CaptureQueriesContext(connection) as queries:
        assert client.post(address("check", post), values).status_code == 200

    assert len(queries) == 19  # two for the turn


@pytest.mark.parametrize(("name", "turns"), [("check", "CHECKING"), ("autosave", "SAVING")])
def test_a_script_that_sends_many_at_once_holds_up_nobody_else(
    client, post, officer, colleague, monkeypatch, name, turns
):
    monkeypatch.setattr(script_views, turns, PerUserLock("work", queue=0, timeout=0))
    with getattr(script_views, turns).hold(officer.pk):
        answer = client.post(address(name, post), typed(post))
        assert (answer.status_code, answer["Retry-After"]) == (429, "10")
        assert answer.json()["errors"][""][0].startswith("The portal is still at work")
        client.force_login(colleague)
        assert client.post(address(name, post), typed(post)).status_code == 200
    client.force_login(officer)
    post.refresh_from_db()
    assert client.post(address(name, post), typed(post)).status_code == 200


@pytest.mark.clock("2030-12-02 12:00")
def test_another_post_in_the_wanted_minute_is_named_with_free_times(client, officer, post):
    at = timezone.make_aware(datetime(2030, 12, 3, 7, 0))
    channel = post.targets.switched_on().first().channel
    other = factories.approved(unit=post.unit, channels=[channel], title="Họp dân")
    factories.delivery(other, channel, due_at=at)
    client.force_login(officer)

    def offered(minute):
        form = typed(post, requested_time=f"2030-12-03T07:{minute}")
        part = client.post(address("check", post), form).json()["html"]
        part = part.split('data-part="clash"')[1].split("data-part")[0]
        return "Họp dân" in part, re.findall(r'data-time="[^"]*T(.....)"', part)

    assert offered("00") == (True, ["07:15", "07:30", "07:00"])
    assert offered("15") == (False, [])
