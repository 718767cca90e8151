"""Zalo's own: errors in successful answers, articles as jobs, refresh tokens that work once."""

import asyncio
import hashlib
import io
import itertools
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from platforms.connector import Connector
from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.limits import choose_format, find_problems
from platforms.messages import Draft, Image, Video, Visibility
from platforms.zalo.articles import make_article_json
from platforms.zalo.connector import Zalo
from platforms.zalo.errors import until_morning
from platforms.zalo.rate_limiter import RateLimiter
from platforms.zalo.undocumented import parse_package_end
from tests.videos import video_file

TABLE = [
    (-32, "Your application has reached the limit", TryLater),
    (-200, "Send failed", TryLater),
    (-201, "title is invalid!", Rejected),
    (-204, "OA deleted", AccessLost),
    (-205, "OA does not exist", AccessLost),
    (-209, "app not active", Rejected),
    (-210, "title is above the allowed size", Rejected),
    (-211, "quota used up", TryLater),
    (-212, "not registered", Rejected),
    (-214, "Article is being processed", TryLater),
    (-215, "Invalid app id", Rejected),
    (-216, "Access token is invalid", AccessLost),
    (-218, "Out of quota for this user", TryLater),
    (-219, "app removed", AccessLost),
    (-220, "access_token is expired or removed", AccessLost),
    (-221, "OA must be verified", Rejected),
    (-223, "OA has not authorised this API", AccessLost),
    (-223, "reach the limit quota create article", TryLater),
    (-224, "needs a higher package", Rejected),
    (-233, "Message type not supported", Rejected),
    (-234, "Not between 22:00 and 06:00", TryLater),
    (-235, "OA type unsupported", Rejected),
    (-240, "v2 message API closed", Rejected),
    (-242, "appsecret_proof", Rejected),
    (-248, "violates the platform's standards", Rejected),
    (-320, "Needs a Zalo Cloud Account", Rejected),
    (-14002, "Invalid appId", Rejected),
    (-14003, "Invalid redirect uri", Rejected),
    (-14011, "Secret key is invalid", Rejected),
    (-14014, "Invalid refresh token", AccessLost),
    ("-216", "numbers may come as text", AccessLost),
    (-201, "body.thumb is invalid!", TryLater),
]


@pytest.fixture
def zalo(platform_of):
    return platform_of("zalo")


@pytest.mark.parametrize(("code", "words", "expected"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, words, expected):
    error = Zalo(None).error_for(200, {"error": code, "message": words}, writes=True)

    assert type(error) is expected


def test_the_limit_of_a_minute_is_waited_out():
    wait = Zalo(None).error_for(200, {"error": -32, "message": ""}, writes=True).wait

    assert timedelta(0) < wait <= timedelta(seconds=61)


@pytest.mark.parametrize("own", [True, False])
def test_the_limit_of_one_account_does_not_slow_the_others(zalo, own):
    zalo.simulator.fault("zalo", "rate_limit", page=zalo.id if own else "")

    with pytest.raises(TryLater) as caught:
        zalo.call("read_profile", zalo.account)

    assert caught.value.whole_app is not own


@pytest.mark.parametrize("pending", ["-214", "without id"])
def test_a_job_is_asked_after_until_it_is_done(zalo, pending):
    zalo.simulator.settings(zalo_job_seconds=0.5, zalo_pending=pending)

    receipt = zalo.publish(zalo.message())

    assert [post["id"] for post in zalo.visible] == [receipt.external_id]


@pytest.mark.parametrize(
    ("status", "expected"), [(500, OutcomeUnknown), (302, OutcomeUnknown), (404, Rejected)]
)
def test_what_is_no_answer_of_zalos_is_judged_by_its_status(status, expected):
    assert type(Zalo(None).error_for(status, None, writes=True)) is expected


@pytest.mark.parametrize(
    ("hour", "hours"), [(16, 7), (23, 0), (22, 1)]
)  # UTC; in Viet Nam 23, 6 and 5 o'clock
def test_what_is_refused_by_night_waits_for_the_morning(hour, hours):
    wait = until_morning(datetime(2026, 11, 24, hour, tzinfo=UTC))

    assert wait == (timedelta(hours=hours) or timedelta(days=1))


def test_a_job_that_does_not_end_in_time_is_unknown_while_showing(zalo, monkeypatch):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.simulator.settings(zalo_job_seconds=60)
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.3))

    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)


def test_a_hiccup_while_asking_after_a_job_changes_nothing(zalo):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault("error_before", operation="verify")
    zalo.fault("drop_after", operation="verify")

    assert zalo.commit(message, draft).external_id == draft


def test_a_job_is_not_asked_after_again_in_a_minute_that_is_used_up(zalo, monkeypatch):
    message = zalo.message()
    draft = zalo.stage(message)
    asked = zalo.simulator.requests()["zalo"]["verify"]
    zalo.fault("rate_limit", operation="verify")
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.9))

    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)

    assert zalo.simulator.requests()["zalo"]["verify"] == asked + 1


def test_losing_access_while_the_job_runs_is_unknown(zalo):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault("expired_token", operation="verify")

    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        *(("refuse", {"code": code}) for code in (-209, -212, -215, -242, -999)),
        ("error_before", {"status": 404}),
    ],
)
def test_a_refusal_to_describe_the_job_that_shows_an_article_is_unknown(zalo, fault, more):
    """The article is being shown: what speaks of our asking, or comes from a gateway, does not stop
    it.
    """
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault(fault, operation="verify", **more)

    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)

    assert zalo.find(message, draft).external_id == draft


@pytest.mark.parametrize("code", [-201, -210, -248])
def test_a_job_that_refuses_the_article_itself_has_shown_nothing_for_certain(zalo, code):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault("refuse", operation="verify", code=code)

    with pytest.raises(Rejected):
        zalo.commit(message, draft)


def test_a_picture_that_cannot_be_fetched_says_nothing_of_the_article(zalo):
    zalo.picture_url = f"{zalo.simulator.url}/media/none"

    with pytest.raises(TryLater):
        zalo.publish(zalo.message())


# --- jobs that make articles ----------------------------------------------------------------------


def stage(zalo, message, ref=""):
    return zalo.call("stage", zalo.account, message, ref)


def aged(draft, **by):
    """Return the reference of a job, as if it had been begun so much earlier."""
    began, _, rest = draft.ref.removeprefix("job:").partition("/")
    return f"job:{int(began) - int(timedelta(**by).total_seconds())}/{rest}"


@pytest.mark.parametrize("pending", ["-214", "without id"])
def test_a_slow_job_is_gone_on_with_and_makes_one_article(zalo, pending):
    zalo.simulator.settings(zalo_job_seconds=200, zalo_pending=pending)
    message = zalo.message()

    begun = stage(zalo, message)
    looks = [stage(zalo, message, aged(begun, seconds=age)) for age in (0, 8, 120)]
    zalo.simulator.advance(200)
    whole = stage(zalo, message, begun.ref)

    assert [draft.ready for draft in (begun, *looks, whole)] == [False] * 4 + [True]
    assert [round(look.wait.total_seconds()) // 8 for look in looks] == [
        0,
        1,
        3,
    ]  # later and later, up to 30 seconds
    assert [post["id"] for post in zalo.simulator.truth("zalo", zalo.id)] == [whole.ref]


def test_a_job_that_never_ends_or_is_forgotten_is_begun_anew(zalo):
    zalo.simulator.settings(zalo_job_seconds=3600)
    message = zalo.message()
    begun = stage(zalo, message)

    late, forgotten = (
        stage(zalo, message, aged(begun, minutes=11)),
        stage(zalo, message, f"{begun.ref}x"),
    )

    assert len({begun.ref, late.ref, forgotten.ref}) == 3
    assert zalo.simulator.requests()["zalo"]["stage"] == 3


def test_what_ended_a_job_and_may_pass_ends_the_try_and_the_next_one_begins_another(zalo):
    good, zalo.picture_url = zalo.picture_url, f"{zalo.simulator.url}/media/none"
    begun = stage(zalo, zalo.message())
    with pytest.raises(TryLater) as caught:
        zalo.stage(zalo.message())
    zalo.picture_url = good

    again = stage(zalo, zalo.message(), aged(begun, seconds=caught.value.wait.total_seconds()))

    assert again.ref.startswith("job:")
    assert again.ref != begun.ref


def test_a_draft_that_lives_is_gone_on_with_even_when_it_is_shown_already(zalo):
    message = zalo.message()
    draft = zalo.stage(message)

    before = stage(zalo, message, draft)
    shown = zalo.commit(message, draft)
    after = stage(zalo, message, draft)

    assert [before, after] == [Draft(draft), Draft(draft)]
    assert zalo.commit(message, draft) == shown
    assert [post["id"] for post in zalo.simulator.truth("zalo", zalo.id)] == [draft]


@pytest.mark.parametrize("by_job", [True, False])
def test_an_article_that_somebody_has_cleared_away_is_made_anew(zalo, by_job):
    message = zalo.message()
    begun = stage(zalo, message)
    draft = zalo.stage(message, begun.ref)
    zalo.withdraw(draft)

    again = zalo.stage(message, aged(begun, minutes=11) if by_job else draft)

    assert zalo.commit(message, again).external_id == again != draft


def test_an_article_that_is_being_made_is_hidden_and_taken_down_once_it_is_there(zalo):
    zalo.simulator.settings(zalo_job_seconds=60)
    begun = stage(zalo, zalo.message()).ref
    being_made = (zalo.withdraw(begun), zalo.call("read_visibility", zalo.account, begun))
    zalo.simulator.advance(61)

    assert being_made == (False, Visibility.HIDDEN)
    assert zalo.call("read_visibility", zalo.account, begun) == Visibility.HIDDEN
    assert zalo.withdraw(begun) is True
    assert zalo.call("read_visibility", zalo.account, begun) == Visibility.GONE


@pytest.mark.parametrize("code", [-248, -211, -200])
def test_of_a_job_that_made_nothing_nothing_is_left(zalo, code):
    zalo.fault("refuse", operation="verify", code=code, times=0)

    begun = stage(zalo, zalo.message()).ref

    assert (zalo.withdraw(begun), zalo.call("read_visibility", zalo.account, begun)) == (
        False,
        Visibility.GONE,
    )


def test_nothing_is_shown_before_there_is_an_article(zalo):
    with pytest.raises(TryLater):
        zalo.commit(zalo.message(), stage(zalo, zalo.message()).ref)


# --- articles -------------------------------------------------------------------------------------


def test_an_article_without_a_picture_is_refused_before_anything_is_sent(zalo):
    with pytest.raises(Rejected):
        zalo.publish(zalo.message(pictures=0))

    assert zalo.simulator.truth("zalo", zalo.id) == []


def test_a_long_author_and_a_long_text_are_shortened_where_zalo_wants_them_short(zalo):
    message = zalo.message("Một đoạn dài. " * 60, author="Công an phường " + "rất dài " * 10)

    assert zalo.publish(message).external_id


def test_emphasis_is_written_with_the_tags_that_zalo_knows(zalo):
    zalo.publish(zalo.message(html="<p><strong>Không</strong> chuyển <em>tiền</em></p>"))

    assert zalo.visible[0]["text"] == "<p><b>Không</b> chuyển <i>tiền</i></p>"


def test_plain_text_is_escaped_in_an_article(zalo):
    zalo.publish(zalo.message("1 < 2 & 3"))

    assert zalo.visible[0]["text"] == "<p>1 &lt; 2 &amp; 3</p>"


def test_a_refresh_gives_a_new_pair_and_the_old_one_is_refused(zalo):
    tokens = zalo.call("refresh_tokens", zalo.account)

    assert tokens.lifetime == timedelta(hours=25)
    assert zalo.call("refresh_tokens", zalo.account_with(tokens.token, tokens.refresh_token)).token
    with pytest.raises(AccessLost):
        zalo.call("refresh_tokens", zalo.account)


def test_a_refusal_of_a_spent_token_in_words_alone_is_access_lost(zalo):
    zalo.call("refresh_tokens", zalo.account)
    zalo.simulator.settings(zalo_oauth_errors="message")

    with pytest.raises(AccessLost) as caught:
        zalo.call("refresh_tokens", zalo.account)

    assert caught.value.detail == "Invalid refresh token"


@pytest.mark.parametrize("wrong", ["app_id", "app_secret"])
@pytest.mark.parametrize("errors", ["whole", "message"])
def test_what_is_wrong_with_our_application_loses_no_account(zalo, wrong, errors):
    zalo.simulator.settings(zalo_oauth_errors=errors)
    account = replace(zalo.account, app={**zalo.app, wrong: "another"})

    with pytest.raises((Rejected, OutcomeUnknown)):
        zalo.call("refresh_tokens", account)

    assert zalo.call("refresh_tokens", zalo.account).token


def test_a_lost_answer_to_a_refresh_is_unknown(zalo):
    zalo.simulator.fault("zalo", "drop_after", operation="token")

    with pytest.raises(OutcomeUnknown):
        zalo.call("refresh_tokens", zalo.account)


def test_an_account_whose_badge_is_gone_lacks_a_right(zalo, serve):
    answer = b'{"data": {"oaid": "1", "name": "A", "is_verified": false}, "error": 0}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    assert list(zalo.call("read_profile", zalo.account_with("AT", base_url=base)).missing) == [
        "oa_verified"
    ]


@pytest.mark.parametrize(
    ("until", "renewed", "last_day"),
    [
        ("31/12/2026", "Không gia hạn", date(2026, 12, 31)),
        ("31/12/2026", "01/01/2027", None),  # Zalo extends it by itself
        ("Không thời hạn", "", None),
        ("31/02/2026", "", None),
        ("", None, None),
    ],
)
def test_the_last_day_of_the_package_is_read_unless_it_is_renewed_by_itself(
    until, renewed, last_day
):
    page = {"package_valid_through_date": until, "package_auto_renew_date": renewed}

    assert (parse_package_end(page), parse_package_end({})) == (last_day, None)


def test_the_package_of_the_account_belongs_to_its_profile(zalo):
    zalo.simulator.settings(zalo_package_until="31/12/2033")

    assert zalo.call("read_profile", zalo.account).package_until == date(2033, 12, 31)


def waits_after(takes, per_minute):
    """Return for how many seconds each taker is sent away; None for those who found room."""

    async def run():
        limiter, headers = RateLimiter(), []
        for calls in takes:
            try:
                await limiter.take(calls, per_minute)
                headers.append(None)
            except TryLater as error:
                headers.append(round(error.wait.total_seconds()))
        return headers

    return asyncio.run(run())


def test_a_quarter_of_the_minute_s_calls_may_go_at_once():
    assert waits_after([1000], 4000) == [None]


def test_who_must_wait_long_comes_back_in_a_row_and_not_in_a_crowd():
    first, *sent_away = waits_after([3000, 467, 467, 467], 4000)

    assert first is None
    assert [b - a for a, b in itertools.pairwise(sent_away)] == [10, 10]
    assert sent_away[0] > RateLimiter.LONGEST_WAIT


def test_an_article_queues_once_for_its_making_and_its_first_look(zalo, monkeypatch):
    taken = []

    async def take(self, calls, per_minute):
        taken.append(calls)

    monkeypatch.setattr(RateLimiter, "take", take)
    begun = stage(zalo, zalo.message())
    stage(zalo, zalo.message(), begun.ref)
    stage(zalo, zalo.message(), aged(begun, seconds=30))

    assert taken == [2, 1]


def test_without_a_limit_nobody_waits():
    assert waits_after([10**9, 10**9], 0) == [None, None]


# --- videos ---------------------------------------------------------------------------------------

VIDEO = video_file(360, 640, 2.0)


@pytest.fixture
def shot(zalo):
    """A video with the picture that stands for it, which Zalo fetches."""
    cover = Image(b"", "image/jpeg", "c" * 64, url=zalo.picture_url)
    facts = {
        "content_type": "video/mp4",
        "size": len(VIDEO),
        "seconds": 2.0,
        "width": 360,
        "height": 640,
    }
    return Video(
        hashlib.sha256(VIDEO).hexdigest(),
        **facts,
        codec="h264",
        open=lambda: io.BytesIO(VIDEO),
        cover=cover,
    )


def steps(zalo, message):
    """Return the references that staging goes through, each as the engine would store it."""
    drafts = [Draft("", ready=False)]
    while not drafts[-1].ready:
        drafts.append(zalo.call("stage", zalo.account, message, drafts[-1].ref))
        zalo.simulator.advance(2)
    return [draft.ref for draft in drafts[1:]]


def test_a_video_article_is_uploaded_converted_hidden_and_shown(zalo, shot):
    message = zalo.message("Mô tả ngắn.", format="video_article", media=[shot])

    upload, video, job, article = steps(zalo, message)
    hidden = list(zalo.visible)
    receipt = zalo.commit(message, article)

    assert [reference.partition(":")[0] for reference in (upload, video, job)] == [
        "film",
        "video",
        "job",
    ]
    assert article == f"{receipt.external_id}/{video.removeprefix('video:')}"
    assert hidden == []
    (there,) = zalo.visible
    assert (there["id"], there["type"], there["text"], there["comment"]) == (
        receipt.external_id,
        "video",
        "Mô tả ngắn.",
        "show",
    )
    assert (there["media"][1], there["permalink"]) == (shot.sha256, receipt.permalink)


def test_an_article_with_pictures_shows_its_video_in_the_body(zalo, shot):
    message = zalo.message(pictures=2)
    media = [shot, *message.media]

    zalo.publish(replace(message, media=media))

    (there,) = zalo.visible
    assert there["cover"]["cover_type"] == "photo"
    assert [block["type"] for block in there["body"]] == ["text", "video", "image"]
    assert shot.sha256 in there["media"]


@pytest.mark.parametrize(
    ("size", "view"), [((360, 640), "vertical"), ((640, 360), "horizontal"), ((9, 9), "square")]
)
def test_without_a_picture_the_video_is_the_articles_cover(zalo, shot, size, view):
    width, height = size

    zalo.publish(zalo.message(media=[replace(shot, width=width, height=height)]))

    (there,) = zalo.visible
    assert (there["cover"]["cover_type"], there["cover"]["cover_view"]) == ("video", view)
    assert [block["type"] for block in there["body"]] == ["text"]


def test_each_step_goes_on_from_the_one_before_and_sends_the_video_once(zalo, shot):
    zalo.simulator.settings(zalo_video_seconds=60)
    message = zalo.message(media=[shot])

    first = zalo.call("stage", zalo.account, message)
    again = zalo.call("stage", zalo.account, message, first.ref)

    assert (first.ready, again.ready, again.ref) == (False, False, first.ref)
    assert first.wait > timedelta(0)
    assert zalo.simulator.requests()["zalo"]["upload"] == 1


def test_an_upload_that_zalo_has_forgotten_is_made_again(zalo, shot):
    draft = zalo.call("stage", zalo.account, zalo.message(media=[shot]), "film:vtforgotten")

    assert draft.ref.startswith("film:vt")
    assert draft.ref != "film:vtforgotten"


def test_a_video_that_zalo_cannot_convert_is_refused_for_good(zalo, shot):
    zalo.fault("process_error", operation="upload")
    message = zalo.message(media=[shot])
    draft = zalo.call("stage", zalo.account, message)
    zalo.simulator.advance(2)

    with pytest.raises(Rejected) as caught:
        zalo.call("stage", zalo.account, message, draft.ref)

    assert caught.value.code == "video"


def test_a_lost_upload_is_tried_again(zalo, shot):
    """Nobody sees it: at worst a video lies there that no article shows."""
    zalo.fault("drop_after", operation="upload")

    with pytest.raises(TryLater):
        zalo.call("stage", zalo.account, zalo.message(media=[shot]))


def test_a_video_without_a_picture_that_stands_for_it_is_refused_before_it_is_sent(zalo, shot):
    with pytest.raises(Rejected) as caught:
        zalo.call("stage", zalo.account, zalo.message(media=[replace(shot, cover=None)]))

    assert (caught.value.code, zalo.simulator.requests()["zalo"]) == ("needs_poster", {})


@pytest.mark.parametrize("ref", ["film:vtA", "video:A"])
def test_a_video_without_its_article_is_nothing_that_could_be_withdrawn_or_found(zalo, shot, ref):
    message = zalo.message(media=[shot])

    assert zalo.withdraw(ref) is False
    assert zalo.call("read_visibility", zalo.account, ref) == Visibility.GONE
    assert zalo.find(message, ref) is None


def test_a_video_article_is_found_traced_counted_and_withdrawn(zalo, shot):
    start = datetime.now(UTC)
    message = zalo.message("Mô tả", format="video_article", media=[shot])
    *_steps, draft = steps(zalo, message)
    before = (zalo.find(message, draft), zalo.call("read_visibility", zalo.account, draft))
    receipt = zalo.commit(message, draft)
    described = replace(message, media=[replace(shot, open=None, cover=None)])

    assert before == (None, Visibility.HIDDEN)
    assert [zalo.find(described, draft), zalo.find(described, since=start)] == [receipt, receipt]
    assert list(zalo.call("measure", zalo.account, [receipt.external_id])) == [receipt.external_id]
    assert zalo.withdraw(draft) is True
    assert zalo.call("read_visibility", zalo.account, receipt.external_id) == Visibility.GONE


def test_articles_of_both_kinds_are_measured_together(zalo, shot):
    plain = zalo.publish(zalo.message()).external_id
    message = zalo.message("Mô tả", format="video_article", media=[shot])
    *_steps, draft = steps(zalo, message)
    video = zalo.commit(message, draft).external_id

    assert set(zalo.call("measure", zalo.account, [plain, video, "gone"])) == {plain, video}


def test_what_is_live_on_the_account_is_listed_newest_first_and_not_whose_it_is(zalo, shot):
    plain = zalo.publish(zalo.message())
    zalo.stage(zalo.message())
    *_steps, draft = steps(
        zalo, message := zalo.message("Mô tả", format="video_article", media=[shot])
    )
    video = zalo.commit(message, draft)
    zalo.simulator.post(
        "zalo", zalo.id, "Bài cũ", created_at=datetime.now(UTC).timestamp() - 86_400
    )

    found = zalo.call("list_posts", zalo.account, datetime.now(UTC) - timedelta(hours=1))

    assert [(post.external_id, post.permalink) for post in found] == [
        (video.external_id, video.permalink),
        (plain.external_id, plain.permalink),
    ]
    assert [(post.ours, post.text) for post in found] == [(None, message.title)] * 2


def test_comments_are_open_unless_the_author_closes_them(zalo):
    zalo.publish(zalo.message("Một."))
    zalo.publish(zalo.message("Hai.", options={"comments": False}))

    assert {post["text"]: post["comment"] for post in zalo.visible} == {
        "<p>Một.</p>": "show",
        "<p>Hai.</p>": "hide",
    }


def test_titles_and_descriptions_stay_below_what_live_accounts_refuse(zalo):
    text = "Công an không yêu cầu chuyển tiền qua điện thoại. " * 20
    message = zalo.message(text, title="a" * 140)

    zalo.publish(message)

    described = make_article_json(message, "show", "")["description"]
    assert [post["title"] for post in zalo.visible] == ["a" * 140]
    assert 200 < len(described) <= 250
    form = zalo.facts.formats[0]
    assert [problem.rule for problem in find_problems(form, replace(message, title="a" * 141))] == [
        "title_long"
    ]


def test_a_picture_of_about_a_megabyte_is_refused_before_zalo_fails_on_it(zalo):
    (picture,) = zalo.message().media
    just, over = (
        replace(zalo.message(), media=[replace(picture, size=size)]) for size in (900_000, 900_001)
    )

    form = zalo.facts.formats[0]
    assert find_problems(form, just) == []
    assert [(problem.rule, problem.n) for problem in find_problems(form, over)] == [
        ("image_heavy", 900_000)
    ]


def test_letters_with_marks_of_their_own_count_once(zalo):
    apart = unicodedata.normalize("NFD", "ế" * 250)
    form = zalo.facts.format("video_article")

    assert [problem.rule for problem in find_problems(form, zalo.message(apart, media=[]))] == [
        "video_missing"
    ]
    assert [
        problem.rule for problem in find_problems(form, zalo.message(apart + "a", media=[]))
    ] == [
        "text_long",
        "video_missing",
    ]


def test_a_video_alone_makes_an_article_unless_a_video_article_is_asked_for(zalo, shot):
    assert choose_format(zalo.facts, [shot]).name == "article"
    assert choose_format(zalo.facts, [shot], "video_article").name == "video_article"
    assert [
        problem.rule for problem in find_problems(zalo.facts.formats[0], zalo.message(media=[]))
    ] == ["media_missing"]


# --- broadcasts -----------------------------------------------------------------------------------


@pytest.fixture
def by_day(zalo):
    zalo.simulator.settings(zalo_broadcast_hours=[0, 24])


@pytest.mark.usefixtures("by_day")
def test_a_broadcast_goes_to_everybody_alike(zalo):
    article = zalo.publish(zalo.message()).external_id

    number = zalo.call("broadcast", zalo.account, article)

    assert [post["broadcasts"] for post in zalo.visible] == [[{"id": number, "target": {}}]]


@pytest.mark.usefixtures("by_day")
@pytest.mark.parametrize(
    "fault", ["drop_after", "error_after", "truncated_json", "not_json", "drop_before", "duplicate"]
)
def test_whatever_is_lost_around_a_broadcast_is_unknown(zalo, fault):
    """`duplicate` is Zalo's -200, "send failed": it does not say that nobody received it."""
    article = zalo.publish(zalo.message()).external_id
    zalo.fault(fault, operation="broadcast")

    with pytest.raises(OutcomeUnknown):
        zalo.call("broadcast", zalo.account, article)


@pytest.mark.usefixtures("by_day")
def test_what_zalo_says_it_did_not_send_is_certain(zalo):
    zalo.simulator.settings(zalo_broadcasts=[1, 0])
    shown, hidden = zalo.publish(zalo.message()).external_id, zalo.stage(zalo.message("Ẩn."))
    zalo.call("broadcast", zalo.account, shown)

    with pytest.raises(TryLater):
        zalo.call("broadcast", zalo.account, shown)
    with pytest.raises(Rejected):
        zalo.call("broadcast", zalo.account, hidden)
    zalo.simulator.settings(zalo_broadcast_hours=[0, 0])
    with pytest.raises(TryLater) as caught:
        zalo.call("broadcast", zalo.account, shown)

    assert caught.value.code == "-234"
    assert [len(post["broadcasts"]) for post in zalo.visible] == [1]
