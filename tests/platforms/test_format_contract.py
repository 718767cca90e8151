"""Promises of every format of every platform, over real HTTP: nothing is seen before its second, an
upload goes on where it was cut, a draft that died is begun again, and an unknown outcome is
reported as unknown."""

import contextlib
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.facts import Format
from platforms.limits import find_problems, get_text_limit
from platforms.messages import Draft, Message, Video, Visibility
from platforms.registry import CONNECTORS
from simulator import images

# What a person finishes in an app is not published by us. TikTok lists a creator's videos alone;
# and how old an upload there is, or a job at Zalo, our own clock tells, which the simulator's does
# not move. Nothing tells an Instagram story from another.
UNLISTED, DATED = {("tiktok", "photo")}, {("tiktok", "video"), ("zalo", "article")}
ALIKE = {("instagram", "story")}
EVERY = [
    (kind, form.name)
    for kind, connector in CONNECTORS.items()
    for form in connector.facts.formats
    if not form.finished_in_app
]
STAGING = [(kind, form) for kind, form in EVERY if CONNECTORS[kind].facts.stages]
LISTED = [case for case in EVERY if case not in UNLISTED]
FINDING = [(kind, form) for kind, form in LISTED if CONNECTORS[kind].facts.finds]
LISTING = [(kind, form) for kind, form in LISTED if CONNECTORS[kind].facts.lists_posts]
MORTAL = [case for case in STAGING if case not in DATED]
REPEATABLE = [case for case in LISTED if case in STAGING and case not in ALIKE]
KNOWN = [case for case in FINDING if case not in ALIKE]
WORDED = [(kind, form) for kind, form in EVERY if CONNECTORS[kind].facts.format(form).max_text]
VIDEO_CASES = [(kind, form) for kind, form in EVERY if CONNECTORS[kind].facts.format(form).videos]


@dataclass
class Case:
    """A platform, one of its formats, and a message of it."""

    platform: object
    form: Format
    message: Message

    def steps(self, ref: str = ""):
        """Yield the drafts, one a step, until the last is whole; the world waits as each asks."""
        draft = Draft(ref)
        for _ in range(50):
            draft = self.platform.call("stage", self.platform.account, self.message, draft.ref)
            yield draft
            if draft.ready:
                return
            self.platform.simulator.advance(draft.wait.total_seconds())
        raise AssertionError("this will never be whole")

    def stage(self, ref: str = "") -> str:
        return list(self.steps(ref))[-1].ref if self.platform.facts.stages else ""

    def publish(self):
        return self.platform.commit(self.message, self.stage())

    def is_live(self, receipt) -> bool:
        """Tell whether residents see this post, under its address, and nothing else."""
        addresses = [seen["permalink"] for seen in self.platform.visible]
        ids = [seen["id"] for seen in self.platform.visible]
        return bool(receipt.permalink) and (
            addresses == [receipt.permalink] or ids == [receipt.external_id]
        )

    @property
    def shown(self) -> list[str]:
        """Return the media that residents see, without the cover of a video."""
        (seen,) = self.platform.visible
        return seen["media"][-len(self.message.media) :] if self.message.media else seen["media"]


def made(params):
    """Make a fixture with one case for each format."""

    @pytest.fixture(params=params, ids="-".join)
    def case(request, platform_of):
        kind, form = request.param
        return case_on(platform_of(kind), form)

    return case


def case_on(platform, form: str) -> Case:
    return Case(platform, platform.facts.format(form), platform.message_of(form))


case, staging, mortal, repeatable = map(made, (EVERY, STAGING, MORTAL, REPEATABLE))
finding, known, listing, worded, with_video = map(
    made, (FINDING, KNOWN, LISTING, WORDED, VIDEO_CASES)
)


# --- staging and showing --------------------------------------------------------------------------


def test_a_post_becomes_visible_once_with_its_media_and_an_address(case):
    receipt = case.publish()

    assert case.is_live(receipt)
    assert case.shown == [medium.sha256 for medium in case.message.media]


def test_no_step_of_staging_shows_anything(staging):
    for _draft in staging.steps():
        assert staging.platform.visible == []

    staging.platform.simulator.advance(3600)
    assert staging.platform.visible == []


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_after"])
def test_staging_goes_on_from_its_last_step_after_a_cut_at_any_call(staging, fault, platform_of):
    """Whatever breaks, the step before it is not lost, and one post comes of it."""
    staging.stage()
    calls = sum(staging.platform.simulator.requests()[staging.platform.kind].values())
    for number in range(calls):
        case = case_on(platform_of(staging.platform.kind), staging.form.name)
        case.platform.fault(fault, skip=number)
        draft = Draft("", ready=False)
        while not draft.ready:
            with contextlib.suppress(TryLater, OutcomeUnknown):
                draft = case.platform.call("stage", case.platform.account, case.message, draft.ref)
            case.platform.simulator.advance(draft.wait.total_seconds())
        case.platform.simulator.clear_faults()

        assert case.is_live(case.platform.commit(case.message, draft.ref))


def test_a_draft_can_be_withdrawn_before_it_is_whole(staging):
    for draft in staging.steps():
        staging.platform.withdraw(draft.ref)
        staging.platform.withdraw(draft.ref)
        break

    assert staging.platform.visible == []
    assert staging.platform.publish(staging.message)


@pytest.mark.parametrize("cleared", [True, False])
def test_a_draft_that_died_is_begun_anew(mortal, cleared):
    """Sessions and containers live for hours or days; and somebody may clear drafts away on the
    page.
    """
    ref = next(mortal.steps()).ref
    if cleared:
        mortal.platform.withdraw(ref)
    mortal.platform.simulator.advance(8 * 86_400)
    mortal.platform.renew()

    assert mortal.is_live(mortal.platform.commit(mortal.message, mortal.stage(ref)))


def test_committing_a_draft_twice_leaves_one_post(repeatable):
    draft = repeatable.stage()

    first, second = (repeatable.platform.commit(repeatable.message, draft) for _ in range(2))

    assert first == second
    assert repeatable.is_live(first)


@pytest.mark.parametrize(
    "fault", ["drop_after", "error_after", "truncated_json", "not_json", "drop_before"]
)
def test_an_answer_that_is_lost_or_broken_is_unknown(case, fault):
    draft = case.stage()
    case.platform.fault(fault, operation="publish")

    with pytest.raises(OutcomeUnknown):
        case.platform.commit(case.message, draft)


def test_an_answer_that_does_not_come_in_time_is_unknown(case, monkeypatch):
    draft = case.stage()
    case.platform.fault("hang_after", operation="publish", seconds=2)
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.3))

    with pytest.raises(OutcomeUnknown) as caught:
        case.platform.commit(case.message, draft)

    assert "Timeout" in caught.value.code  # not the cut that comes after two seconds


def test_no_step_of_staging_waits_for_ever(staging, monkeypatch):
    refs = ["", *(draft.ref for draft in staging.steps() if not draft.ready)]
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.3))

    waits = []
    for ref in refs:
        staging.platform.fault("hang_after", seconds=2)
        try:
            draft = staging.platform.call("stage", staging.platform.account, staging.message, ref)
            waits.append(
                "whole" if draft.ready else ""
            )  # where it stands is asked by the next step
        except TryLater as error:
            waits.append(error.code)
        staging.platform.simulator.clear_faults()

    assert [wait for wait in waits if wait and "Timeout" not in wait] == []


def test_a_redirect_is_not_followed(case, serve):
    """It would carry the token to another host; and what became of the post, nobody knows."""
    target = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    base = serve(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    draft = case.stage().replace(case.platform.simulator.url, base)
    account = case.platform.account_with(case.platform.token, base_url=base)

    with pytest.raises((OutcomeUnknown, TryLater)) as caught:  # YouTube is asked something first
        case.platform.commit(case.message, draft, account=account)

    assert caught.value.code == "302"
    assert case.platform.visible == []


def test_a_limit_is_a_wait_and_shows_nothing(case):
    draft = case.stage()
    case.platform.fault("rate_limit", operation="publish", retry_after=120)

    with pytest.raises(TryLater) as caught:
        case.platform.commit(case.message, draft)

    assert caught.value.wait > timedelta(0)
    assert case.platform.visible == []


def test_a_dead_token_is_access_lost(case):
    draft = case.stage()
    case.platform.simulator.kill_tokens(case.platform.kind, page=case.platform.id)

    with pytest.raises(AccessLost):
        case.platform.commit(case.message, draft)

    assert case.platform.visible == []


def test_a_dead_token_is_access_lost_at_any_step_of_staging(staging):
    refs = ["", *(draft.ref for draft in staging.steps() if not draft.ready)]
    staging.platform.simulator.kill_tokens(staging.platform.kind, page=staging.platform.id)

    for ref in refs:
        with pytest.raises(AccessLost):
            staging.platform.call("stage", staging.platform.account, staging.message, ref)


# --- what fits ------------------------------------------------------------------------------------


def test_the_longest_text_is_taken_and_one_more_is_a_problem(worded):
    longest = get_text_limit(worded.form, media=len(worded.message.media))
    text = "a" * longest

    assert find_problems(worded.form, replace(worded.message, text=text)) == []
    over = find_problems(worded.form, replace(worded.message, text=text + "a"))
    worded.message = replace(worded.message, text=text)
    worded.publish()

    assert [(excess.rule, excess.n) for excess in over] == [("text_long", 1)]
    assert len(worded.platform.visible) == 1


def test_as_many_media_as_the_facts_allow_are_taken_and_one_more_is_a_problem(case):
    limits = case.form.images or case.form.videos
    if limits is None:
        assert case.message.media == []
        return
    most = min(limits.most, case.form.max_mixed or limits.most)
    medium = case.platform.image() if case.form.images else case.platform.real_video(case.form)
    kept = [
        medium
        for medium in case.message.media
        if case.form.images and isinstance(medium, Video) and not case.form.max_mixed
    ]
    case.message = replace(case.message, media=[*kept, *[medium] * most])

    assert find_problems(case.form, case.message) == []
    assert find_problems(case.form, replace(case.message, media=[*case.message.media, medium]))
    case.publish()

    assert case.shown == [medium.sha256 for medium in case.message.media]


def test_a_video_that_passes_a_limit_is_a_problem(with_video):
    limits, video = with_video.form.videos, with_video.platform.real_video(with_video.form)
    passed = {
        "video_heavy": {"size": limits.max_bytes + 1},
        "video_type": {"content_type": "video/x-msvideo"},
        "video_short": {"seconds": limits.min_seconds - 0.1} if limits.min_seconds else {},
        "video_long": {"seconds": limits.max_seconds + 0.1} if limits.max_seconds else {},
        "video_small": {"width": limits.min_side - 1} if limits.min_side else {},
    }
    result = {
        rule: [
            problem.rule
            for problem in find_problems(
                with_video.form, replace(with_video.message, media=[replace(video, **changed)])
            )
        ]
        for rule, changed in passed.items()
        if changed
    }

    assert find_problems(with_video.form, replace(with_video.message, media=[video])) == []
    assert {rule: rule in rules for rule, rules in result.items()} == dict.fromkeys(result, True)


def test_a_video_is_read_in_pieces(with_video):
    """However long it is: a gigabyte in memory would end the worker."""
    if with_video.form.media_by_url:
        assert all(video.url for video in with_video.message.videos)
        return
    content, read = images.make_plain_mp4(1, seconds=10, size=9 << 20), []

    class Counted(io.BytesIO):
        def read(self, size=-1):
            read.append(size)
            return super().read(size)

    video = replace(
        with_video.platform.real_video(with_video.form),
        size=len(content),
        open=lambda: Counted(content),
    )
    with_video.message = replace(with_video.message, media=[video])
    with_video.publish()

    assert len(with_video.platform.visible) == 1
    assert 0 < min(read) <= max(read) <= 1 << 20


# --- looking, withdrawing, counting ---------------------------------------------------------------


def test_what_was_sent_with_a_lost_answer_is_found_by_its_draft(known):
    draft = known.stage()
    before = known.platform.find(known.message, draft)
    known.platform.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        known.platform.commit(known.message, draft)

    found = known.platform.find(known.message, draft)

    assert before is None
    assert known.is_live(found)


def test_a_post_is_visible_until_it_is_taken_down(finding):
    receipt = finding.publish()
    before = finding.platform.call("read_visibility", finding.platform.account, receipt.external_id)

    if finding.platform.facts.withdraws:
        finding.platform.withdraw(receipt.external_id)
        finding.platform.withdraw(receipt.external_id)
        assert finding.platform.visible == []
        after = finding.platform.call(
            "read_visibility", finding.platform.account, receipt.external_id
        )
        assert after in (Visibility.GONE, Visibility.HIDDEN)
    assert before == Visibility.VISIBLE


def test_what_is_live_is_listed_as_ours_and_what_a_person_made_is_not(listing):
    """Under the id that its receipt has, so that it is known again."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    receipt = listing.publish()
    platform = listing.platform
    foreign = platform.simulator.post(
        platform.kind, platform.id, "Nhận thưởng tại đây", by="person"
    )

    data = {post.external_id: post for post in platform.call("list_posts", platform.account, start)}

    assert set(data) == {receipt.external_id, foreign["id"]}
    assert data[receipt.external_id].ours in (True, None)
    assert data[foreign["id"]].ours in (False, None)
    assert data[receipt.external_id].published_at >= start
    assert (
        platform.call("list_posts", platform.account, datetime.now(UTC) + timedelta(hours=1)) == []
    )


def test_only_what_the_facts_name_is_measured(case):
    receipt = case.publish()
    case.platform.simulator.advance(20 * 3600)
    case.platform.renew()

    data = case.platform.call("measure", case.platform.account, [receipt.external_id])

    named = {
        name
        for figures in data.values()
        for name in figures.__slots__
        if getattr(figures, name) is not None
    }
    assert named <= set(case.platform.facts.measures)
    assert (
        named
        or not case.platform.facts.measures
        or (case.platform.kind, case.form.name) in UNLISTED
    )


@pytest.mark.parametrize("kind", CONNECTORS)
def test_each_figure_that_the_facts_name_is_measured_of_some_format(kind, platform_of):
    measured = set()
    for _kind, form in [listed for listed in LISTED if listed[0] == kind]:
        case = case_on(platform_of(kind), form)
        receipt = case.publish()
        case.platform.simulator.advance(20 * 3600)
        case.platform.renew()
        data = case.platform.call("measure", case.platform.account, [receipt.external_id])
        measured |= {
            name
            for counts in data.values()
            for name in counts.__slots__
            if getattr(counts, name) is not None
        }

    assert measured == set(CONNECTORS[kind].facts.measures)


def test_content_that_is_refused_is_refused_for_good(case):
    draft = case.stage()
    case.platform.fault("refuse", operation="publish")

    with pytest.raises(Rejected):
        case.platform.commit(case.message, draft)

    assert case.platform.visible == []


def test_no_token_stands_in_an_error(case, caplog):
    caplog.set_level("DEBUG")
    draft = case.stage()
    errors = []
    for fault in ("error_after", "rate_limit", "refuse", "not_json", "drop_after"):
        case.platform.fault(fault, operation="publish")
        try:
            case.platform.commit(
                case.message, draft
            )  # some see that the first one went through, and are content
        except ConnectorError as error:
            errors.append(f"{error!r} {error.detail} {error.__cause__} {error.__context__}")

    assert errors
    logged = caplog.text + " ".join(errors)
    secrets = [
        case.platform.token,
        case.platform.account.refresh_token,
        case.platform.app.get("app_secret"),
    ]
    assert [secret for secret in secrets if secret and secret in logged] == []
