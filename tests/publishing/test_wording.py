from datetime import datetime, timedelta

import pytest
from django.utils import timezone, translation

from channels.states import Health
from publishing import wording
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def row():
    delivery = factories.delivery()
    delivery.channel.name = "Công an phường Hải Châu"
    delivery.due_at = delivery.fire_at = timezone.make_aware(datetime(2026, 11, 30, 7, 0))
    delivery.not_after = delivery.due_at + timedelta(hours=2)
    delivery.published_at = delivery.due_at
    return delivery


PAGE = "Facebook page Công an phường Hải Châu"


@pytest.mark.parametrize(
    ("fields", "tone", "sentence"),
    [
        ({}, "yellow", f"Will be published at 07:00 Monday 30/11/2026 on {PAGE}."),
        (
            {"error_code": "access"},
            "red",
            f"The connection to {PAGE} is lost. The head of the unit opens Channels → Connect again. "
            "The post goes out by itself if the connection is back before 09:00 Monday 30/11/2026.",
        ),
        ({"state": State.PUBLISHED}, "green", f"Published on {PAGE} at 07:00 Monday 30/11/2026."),
        (
            {"state": State.FAILED, "error_code": "refused", "platform_code": "1366046"},
            "red",
            f"{PAGE} refused the post: the platform could not take a picture; replace it. "
            "Revise the post, or schedule it again.",
        ),
        (
            {"state": State.FAILED, "error_code": "not_there"},
            "red",
            f"A colleague looked: the post does not stand on {PAGE}. Schedule it again.",
        ),
        (
            {"state": State.NEEDS_PERSON, "error_code": "withdraw_failed"},
            "red",
            f"{PAGE} did not let the portal take the post down. Delete it on the page, then confirm it here.",
        ),
        (
            {"state": State.NEEDS_PERSON, "error_code": "withdraw_failed", "platform_code": "200"},
            "red",
            f"{PAGE} did not let the portal take the post down: the connection lacks the right to do this; connect "
            "again and allow everything that is asked for. Delete it on the page, then confirm it here.",
        ),
        (
            {"state": State.EXPIRED, "error_code": "expired"},
            "red",
            f"Too late for {PAGE}, so it was not published. Schedule it again at a new time.",
        ),
        ({"state": State.RECALLED, "published_at": None}, "grey", f"Cancelled before it was published on {PAGE}."),
    ],
)
def test_a_state_is_told_in_a_sentence_with_the_way_out(row, fields, tone, sentence):
    for name, value in fields.items():
        setattr(row, name, value)

    told = wording.told(row)

    assert (told.tone, told.sentence) == (tone, sentence)


def test_a_platform_that_asked_to_wait_is_told_with_the_time_of_the_next_try(row):
    row.error_code, row.fire_at = "later", row.due_at + timedelta(minutes=15)

    assert wording.sentence(row) == (
        f"{PAGE} was not ready; the portal tries again at 07:15 Monday 30/11/2026. There is nothing to do."
    )


def test_a_lost_channel_is_told_before_the_engine_meets_it(row):
    row.channel.health = Health.LOST

    assert wording.told(row).label == "Connection lost"


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize(
    "code",
    [
        "",
        "later",
        "refused",
        "access",
        "unknown",
        "too_many_tries",
        "expired",
        "stopped",
        "not_there",
        "content_changed",
    ],
)
def test_every_state_with_every_error_has_a_sentence_a_tone_and_an_icon(row, state, code):
    row.state, row.error_code = state, code

    told = wording.told(row)

    assert told.tone in wording.TONES
    assert all(told)


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([State.PUBLISHED, State.PUBLISHED], "Published on 2 channels."),
        ([State.PUBLISHED, State.FAILED], "Published on 1 of 2 channels. Schedule the others again."),
        ([State.PUBLISHED, State.NEEDS_PERSON], "1 channel needs somebody to look at the page."),
        ([State.SCHEDULED, State.COMMITTING], "On its way to the channels now."),
        ([State.CANCELLED], "Approved, with no time set. Next: schedule it or publish it now."),
    ],
)
def test_the_next_step_of_an_approved_post_says_first_what_needs_somebody(states, sentence):
    post = factories.approved()
    rows = [
        Delivery(pk=n, channel_id=n, channel=post.targets.get().channel, post=post, state=state)
        for n, state in enumerate(states, start=1)
    ]
    for row in rows:
        row.channel_id = row.pk

    assert wording.next_step(post, rows, now=timezone.now()).sentence == sentence


def test_will_names_one_time_or_the_span_of_several():
    now = timezone.make_aware(datetime(2026, 11, 29, 12, 0))
    first, second = (timezone.make_aware(datetime(2026, 11, 30, hour, 0)) for hour in (7, 19))

    assert wording.will([first, first], now=now) == "Will be published at 07:00 Monday 30/11/2026 on 2 channels."
    assert wording.will([second, first], now=now) == (
        "Will be published on 2 channels, from 07:00 Monday 30/11/2026 to 19:00 Monday 30/11/2026."
    )
    assert wording.will([now], now=now) == "Goes out now to 1 channel."
