"""Requests of the composer's panes and steps: previews, signs, times, formatting."""

from datetime import datetime, time

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from posts.editor.forms import ComposeForm
from posts.editor.page import times_to_choose
from publishing.models import Slot
from tests.factories import ChannelFactory, PostFactory
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def preview(post, channel) -> str:
    return reverse("posts:preview", args=[post.public_id, channel.public_id])


def test_a_preview_is_asked_for_alone_and_is_a_page_without_scripts(client, post, channel):
    fragment = client.get(preview(post, channel), headers={"HX-Request": "true"}).content.decode()
    assert post.title in fragment
    assert "<html" not in fragment
    page = client.get(preview(post, channel)).content.decode()
    assert post.title in page
    assert "<html" in page


def test_the_composer_itself_renders_no_preview(client, post):
    page = client.get(address("edit", post)).content.decode()
    assert "data-preview=" in page
    assert 'class="preview preview-' not in page


def test_a_channel_that_is_switched_off_says_so_and_one_of_another_unit_is_not_there(
    client, post, unit
):
    other = ChannelFactory(unit=unit)
    assert "does not go to this channel" in client.get(preview(post, other)).content.decode()
    assert client.get(preview(post, ChannelFactory())).status_code == 404


def shown(answer, channel) -> str:
    _before, _name, rest = answer.json()["html"].partition(f'data-part="shown-{channel.public_id}"')
    return rest.partition(">")[2].partition("<")[0].strip()


def test_the_address_of_a_preview_changes_with_what_it_shows_and_with_nothing_else(
    client, post, channel
):
    first = client.post(address("autosave", post), typed(post, title="Một"))
    post.refresh_from_db()
    valid = typed(post, valid_until="2030-01-01T10:00")
    second = client.post(address("autosave", post), valid)
    post.refresh_from_db()
    third = client.post(address("autosave", post), typed(post, title="Hai"))

    assert shown(first, channel).startswith(preview(post, channel))
    assert shown(first, channel) == shown(second, channel)
    assert shown(second, channel) != shown(third, channel)


@pytest.mark.parametrize(
    ("hour", "offered"),
    [
        (9, ["2026-03-02T19:30", "2026-03-03T07:00"]),
        (19, ["2026-03-02T19:30", "2026-03-03T07:00"]),
        (20, ["2026-03-03T07:00", "2026-03-03T19:30"]),
    ],
)
def test_the_times_at_one_tap_are_ahead(post, hour, offered):
    now = timezone.make_aware(datetime(2026, 3, 2, hour))
    times = times_to_choose(ComposeForm(post=post), now)
    assert [value for _words, value in times["suggested"]] == offered


def test_the_units_free_slots_are_offered_too_each_time_once(post, channel):
    now = timezone.make_aware(datetime(2026, 3, 2, 9))  # a Monday
    for weekday, at in ((0, time(19, 30)), (0, time(20))):
        Slot.objects.create(unit=channel.unit, channel=channel, weekday=weekday, at=at)
    assert times_to_choose(ComposeForm(post=post), now)["free"] == []

    Slot.objects.filter(at=time(19, 30)).delete()
    assert times_to_choose(ComposeForm(post=post), now)["free"] == [
        ("20:00 02/03/2026", "2026-03-02T20:00")
    ]


@pytest.mark.parametrize(
    ("body", "is_rich"),
    [
        ("<p>Thường</p>", False),
        ("<p><strong>Đậm</strong></p>", True),
        ("<ul><li>a</li></ul>", True),
    ],
)
def test_a_text_with_formatting_opens_the_rich_text_editor(client, unit, officer, body, is_rich):
    post = PostFactory(unit=unit, author=officer, body=body)
    assert ("data-rich" in client.get(address("edit", post)).content.decode()) == is_rich


def test_a_channel_is_named_by_its_platform_and_by_its_name_only_beside_another(
    client, unit, officer
):
    pages = [ChannelFactory(unit=unit, platform="facebook", name=name) for name in ("A", "B")]
    zalo = ChannelFactory(unit=unit, platform="zalo", name="C")
    post = PostFactory(unit=unit, author=officer, channels=[*pages, zalo])
    parts = client.get(address("edit", post)).context["parts"]
    assert [part.also for part in parts] == ["A", "B", ""]


def test_a_submission_with_something_missing_leads_to_the_findings_without_a_message(client, post):
    response = client.post(address("submit", post), typed(post, body=""), follow=True)
    assert response.redirect_chain[-1][0].endswith("#at-findings")
    assert list(response.context["messages"]) == []
    assert "The text is missing." in response.content.decode()


def test_the_sign_of_a_channel_tells_how_it_stands():
    block = [type("Found", (), {"severity": "block"})]
    said = {"k-privacy": block}

    def sign(targets, said) -> str:
        context = {"key": "k", "targets": targets, "said": said}
        return render_to_string("posts/_sign.html", context)

    assert "sign-block" in sign({"k": {"a": 1}}, said)
    assert "sign-fine" in sign({"k": {"a": 1}}, {"other": block})
    assert "sign-off" in sign({}, {})


def test_a_conflict_with_oneself_names_no_colleague(client, post, officer):
    client.post(address("autosave", post), typed(post, title="Một"))
    said = client.post(address("autosave", post), typed(post, title="Hai")).json()["html"]
    assert "in another window" in said
    assert officer.full_name not in said
