from copy import copy
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from channels.states import Health, Lifecycle
from publishing.broadcasts.presenters import broadcast_status
from publishing.models import Broadcast, Delivery, Pause, Pauses
from publishing.presenters import delivery_texts
from publishing.presenters.delivery import delivery_sentence, delivery_status
from publishing.presenters.post import next_step
from publishing.presenters.scheduling import planned_times_sentence
from publishing.presenters.status import TONES, pick
from publishing.states import BROADCAST_REASONS, REASONS, Reason, ReceiptSource, State
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.clock("2026-11-30 04:00")]
DUE = timezone.make_aware(datetime(2026, 11, 30, 7, 0))


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def row():
    delivery = factories.delivery()
    delivery.channel.name = "Công an phường Hải Châu"
    delivery.due_at = delivery.fire_at = DUE
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
            f"The connection to {PAGE} is lost. The head of the unit opens Channels → "
            f"Connect again. "
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
            {"state": State.FAILED, "error_code": "refused", "platform_code": "368"},
            "red",
            f"{PAGE} refused the post: Facebook blocks the page for a while, for its rules or for "
            "posting too fast; try hours later. Choose a time some hours from now.",
        ),
        (
            {"state": State.FAILED, "error_code": "not_there"},
            "red",
            f"A colleague looked: the post does not stand on {PAGE}. Schedule it again.",
        ),
        (
            {"state": State.NEEDS_PERSON, "error_code": "withdraw_failed"},
            "red",
            (
                f"{PAGE} did not let the portal take the post down. Delete it on the page, "
                f"then confirm it here."
            ),
        ),
        (
            {"state": State.NEEDS_PERSON, "error_code": "withdraw_failed", "platform_code": "200"},
            "red",
            f"{PAGE} did not let the portal take the post down: the connection lacks the "
            f"right to do this; connect "
            "again and allow everything that is asked for. Delete it on the page, then "
            "confirm it here.",
        ),
        (
            {"state": State.EXPIRED, "error_code": "expired"},
            "red",
            f"Too late for {PAGE}, so it was not published. Schedule it again at a new time.",
        ),
        (
            {"state": State.RECALLED, "published_at": None},
            "grey",
            f"Cancelled before it was published on {PAGE}.",
        ),
    ],
)
def test_a_state_is_reported_in_a_sentence_with_the_way_out(row, fields, tone, sentence):
    for name, value in fields.items():
        setattr(row, name, value)

    status = delivery_status(row)

    assert (status.tone, status.sentence) == (tone, sentence)


def test_a_platform_that_asked_to_wait_is_shown_with_the_time_of_the_next_try(row):
    row.error_code, row.fire_at = "later", row.due_at + timedelta(minutes=15)

    assert delivery_sentence(row) == (
        f"{PAGE} was not ready; the portal tries again at 07:15 Monday 30/11/2026. There "
        f"is nothing to do."
    )


def test_a_lost_channel_is_found_before_the_engine_meets_it(row):
    row.channel.health = Health.LOST

    assert delivery_status(row).label == "Connection lost"


@pytest.mark.parametrize(
    ("state", "reason"),
    [(state, reason) for state, reasons in REASONS.items() for reason in sorted(reasons)],
)
def test_every_state_with_every_reason_that_it_may_bear_has_a_sentence_a_tone_and_an_icon(
    row, state, reason
):
    row.state, row.error_code = state, reason
    if reason == Reason.DOES_NOT_FIT:
        row.error_detail = "text_long 500 1"

    status = delivery_status(row)

    assert status.tone in TONES
    assert all(status)


# What the state and its reason do not say alone: the row, its channel, and the badge.
CIRCUMSTANCES = [
    ({}, {"health": Health.MANUAL}, "Scheduled, by hand", "yellow"),
    ({}, {"unit_id": 0}, "Kept back", "red"),
    ({}, {"lifecycle": Lifecycle.FROZEN}, "Waiting for the page", "red"),
    ({}, {"lifecycle": Lifecycle.TAKEN_OVER}, "Kept back", "red"),
    ({}, {"lifecycle": Lifecycle.PAUSED}, "Kept back", "yellow"),
    ({}, {"health": Health.LOST}, "Connection lost", "red"),
    ({}, {"confirmed_at": None}, "Channel to be confirmed", "red"),
    (
        {"error_code": Reason.LATER, "due_at": datetime(2026, 11, 29, tzinfo=UTC)},
        {},
        "Trying again",
        "yellow",
    ),
    ({"fire_at": datetime(2026, 11, 29, tzinfo=UTC)}, {}, "Going out", "blue"),
    (
        {"state": State.CLAIMED, "prepare_at": datetime(2026, 11, 29, tzinfo=UTC)},
        {},
        "Scheduled",
        "yellow",
    ),
    ({"state": State.PROCESSING, "recall_id": 1}, {}, "Being recalled", "yellow"),
    (
        {"state": State.NEEDS_PERSON, "error_code": Reason.MANUAL_WITHDRAWAL, "published_at": None},
        {},
        "Please look",
        "red",
    ),
    (
        {"state": State.NEEDS_PERSON, "error_code": Reason.WITHDRAW_FAILED, "platform_code": "200"},
        {},
        "Please look",
        "red",
    ),
    (
        {"state": State.MANUAL, "manual_deadline": datetime(2026, 11, 30, tzinfo=UTC)},
        {},
        "By hand",
        "yellow",
    ),
    ({"state": State.PUBLISHED, "receipt_source": ReceiptSource.POSTED}, {}, "Published", "green"),
    ({"state": State.RECALLING, "published_at": None}, {}, "Being cancelled", "yellow"),
    ({"state": State.RECALLING}, {"health": Health.LOST}, "Waiting for the connection", "red"),
    ({"state": State.RECALLED, "published_at": None}, {}, "Cancelled", "grey"),
    (
        {"state": State.FAILED, "error_code": "refused", "platform_code": "368"},
        {},
        "Not published",
        "red",
    ),
    ({"state": State.EXPIRED, "error_code": Reason.PAUSED}, {}, "Please decide", "red"),
    (
        {
            "state": State.EXPIRED,
            "error_code": Reason.PAUSED,
            "left_unpublished_at": datetime(2026, 11, 30, tzinfo=UTC),
        },
        {},
        "Left unpublished",
        "grey",
    ),
    (
        {"state": State.EXPIRED, "manual_deadline": datetime(2026, 11, 30, tzinfo=UTC)},
        {},
        "No link entered",
        "red",
    ),
]


def put(row, fields, channel):
    for name, value in fields.items():
        setattr(row, name, value)
    for name, value in channel.items():
        setattr(row.channel, name, value)


@pytest.mark.parametrize(("fields", "channel", "label", "tone"), CIRCUMSTANCES)
def test_what_the_reason_does_not_say_changes_the_badge(row, fields, channel, label, tone):
    put(row, fields, channel)

    status = delivery_status(row)

    assert (status.label, status.tone) == (label, tone)


def test_every_circumstance_of_the_tables_is_tested_here(row):
    tested = []
    for fields, channel, _label, _tone in CIRCUMSTANCES:
        fresh = copy(row)
        fresh.channel = copy(row.channel)
        put(fresh, fields, channel)
        cases = delivery_texts.CASES[State(fresh.state)]
        tested.append(pick(fresh, cases, {None: None}))

    assert tested == [case.wording for cases in delivery_texts.CASES.values() for case in cases]


@pytest.mark.parametrize(
    ("state", "starts", "ends", "label", "end_of_sentence"),
    [
        (State.SCHEDULED, -1, None, "Paused", "goes out only if the pause has ended by then."),
        (State.STAGED, -1, 9, "Paused", "does not go out unless the pause ends sooner."),
        (State.CLAIMED, 1, 9, "Pause planned", f"on {PAGE} falls into it."),
        (
            State.MANUAL,
            -1,
            None,
            "Paused",
            f"Do not post it by hand on {PAGE} while the pause lasts.",
        ),
    ],
)
def test_a_pause_over_the_hour_is_said_first(row, state, starts, ends, label, end_of_sentence):
    now = row.fire_at - timedelta(hours=3)
    pause = Pause(
        unit=row.unit,
        reason="Storm",
        started_at=now + timedelta(hours=starts),
        ended_at=ends and now + timedelta(hours=ends),
    )
    row.state = state

    status = delivery_status(row, Pauses((pause,), now))

    assert status.label == label
    assert "Storm." in status.sentence
    assert status.sentence.endswith(end_of_sentence)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(state, reason) for state, reasons in BROADCAST_REASONS.items() for reason in sorted(reasons)],
)
def test_every_state_of_a_broadcast_with_every_reason_has_a_sentence_a_tone_and_an_icon(
    row, state, reason
):
    now = timezone.now()
    times = {"send_at": now, "not_after": now, "ended_at": now}
    broadcast = Broadcast(
        channel=row.channel, asked_by=row.scheduled_by, state=state, error_code=reason, **times
    )

    status = broadcast_status(broadcast)

    assert status.tone in TONES
    assert all(status)


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([State.PUBLISHED, State.PUBLISHED], "Published on 2 of 2 channels."),
        (
            [State.PUBLISHED, State.FAILED],
            "Published on 1 of 2 channels. Schedule the others again.",
        ),
        ([State.PUBLISHED, State.NEEDS_PERSON], "1 channel needs somebody to look at the page."),
        ([State.COMMITTING, State.COMMITTING], "On its way to the channels now."),
        (
            [State.SCHEDULED, State.PUBLISHED, State.VERIFYING],
            "Published on 1 of 3 channels; 1 on the way or being checked.",
        ),
        ([State.CANCELLED], "Approved, with no time set. Next: schedule it or publish it now."),
    ],
)
def test_the_next_step_of_an_approved_post_says_first_what_needs_somebody(states, sentence):
    post = factories.approved()
    rows = _rows(post, states)

    assert next_step(post, rows, now=timezone.now()).sentence == sentence


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (
            [State.COMMITTING, State.FAILED],
            "Published on 0 of 2 channels; 1 on the way or being checked. On 1 channel it does not",
        ),
        (
            [State.MANUAL, State.EXPIRED, State.FAILED],
            "Waits to be posted by hand on 1 channel. On 2 channels",
        ),
    ],
)
def test_the_next_step_hides_no_failure_behind_what_still_goes_on(states, words):
    post = factories.approved()

    step = next_step(post, _rows(post, states), now=timezone.now())

    assert step.sentence.startswith(words)
    assert step.tone == "red"


def _rows(post, states):
    """Return deliveries of a post, each on a channel of its own, not stored."""
    due = {"due_at": timezone.now(), "fire_at": timezone.now(), "not_after": timezone.now()}
    channels = [factories.ChannelFactory(unit=post.unit) for _ in states]
    return [
        Delivery(
            pk=n,
            channel=channel,
            unit=post.unit,
            platform="facebook",
            post=post,
            state=state,
            **due,
        )
        for n, (channel, state) in enumerate(zip(channels, states, strict=True), start=1)
    ]


def test_will_names_one_time_or_the_span_of_several():
    now = timezone.make_aware(datetime(2026, 11, 29, 12, 0))
    first, second = (timezone.make_aware(datetime(2026, 11, 30, hour, 0)) for hour in (7, 19))

    assert (
        planned_times_sentence([first, first], now=now)
        == "Will be published at 07:00 Monday 30/11/2026 on 2 channels."
    )
    assert planned_times_sentence([second, first], now=now) == (
        "Will be published on 2 channels, from 07:00 Monday 30/11/2026 to 19:00 Monday 30/11/2026."
    )
    assert planned_times_sentence([now], now=now) == "Goes out now to 1 channel."
