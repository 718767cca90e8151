"""YouTube's own: sessions that hold the truth, a status that is overwritten whole, quotas that end
in California.
"""

import io
import json
import logging
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from channels.presenters import describe_problem
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.limits import Problem, find_problems
from platforms.messages import Draft, Figures, Image, Message, Receipt, Visibility
from platforms.youtube.connector import Youtube
from simulator import images

BLOCK = 262_144
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
TABLE = [
    *(
        (400, reason, Rejected, None)
        for reason in ("invalidTitle", "invalidDescription", "invalidTags")
    ),
    *(
        (400, reason, Rejected, None)
        for reason in ("invalidCategoryId", "invalidPublishAt", "invalidVideoMetadata")
    ),
    *(
        (400, reason, Rejected, None)
        for reason in ("invalidFilename", "defaultLanguageNotSet", "mediaBodyRequired")
    ),
    (400, "invalidRecordingDetails", Rejected, None),
    (400, "uploadLimitExceeded", TryLater, DAY),
    (401, "authError", AccessLost, None),
    (401, "youtubeSignupRequired", AccessLost, None),
    (403, "insufficientPermissions", AccessLost, None),
    (403, "accessNotConfigured", TryLater, HOUR),
    *(
        (403, reason, Rejected, None)
        for reason in ("forbidden", "forbiddenPrivacySetting", "forbiddenLicenseSetting")
    ),
    *((403, reason, AccessLost, None) for reason in ("channelClosed", "channelSuspended")),
    (403, "authenticatedUserAccountClosed", AccessLost, None),
    (403, "authenticatedUserAccountSuspended", AccessLost, None),
    (403, "accountDelegationForbidden", AccessLost, None),
    (403, "commentsDisabled", Rejected, None),
    (404, "videoNotFound", Rejected, None),
    (404, "channelNotFound", Rejected, None),
    (429, "uploadRateLimitExceeded", TryLater, HOUR),
    (400, "processingFailure", OutcomeUnknown, None),
    (500, "backendError", OutcomeUnknown, None),
    (503, "internalError", OutcomeUnknown, None),
]
# Newer errors tell their reason in other places.
NEWER = [
    ("UNAUTHENTICATED", "", AccessLost),
    ("PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", AccessLost),
    ("PERMISSION_DENIED", "SERVICE_DISABLED", TryLater),
    ("RESOURCE_EXHAUSTED", "", TryLater),
    ("PERMISSION_DENIED", "", Rejected),
]


@pytest.fixture
def youtube(platform_of):
    return platform_of("youtube")


@pytest.fixture
def fast(monkeypatch):
    """Steps so short that each sends one piece, and no patience with what is slow."""
    monkeypatch.setattr(Youtube, "step", timedelta(0))


def video_of(youtube, message=None, **video):
    message = message or youtube.message()
    return replace(message, media=[youtube.video(**video)])


def step(youtube, message, ref="") -> Draft:
    return youtube.call("stage", youtube.account, message, ref)


def error(status: int, reason: str) -> ConnectorError:
    body = {
        "error": {"code": status, "message": "why", "errors": [{"reason": reason, "domain": "x"}]}
    }
    return Youtube(None).error_for(status, body, writes=True)


def calls(youtube) -> dict[str, int]:
    return dict(youtube.simulator.requests()["youtube"])


def truth(youtube):
    return youtube.simulator.truth("youtube", youtube.id)


# --- what answers mean ----------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "reason", "expected", "wait"), TABLE)
def test_each_reason_is_the_error_that_the_contract_says(status, reason, expected, wait):
    problem = error(status, reason)

    assert (type(problem), problem.code, problem.wait, problem.detail) == (
        expected,
        reason,
        wait,
        "why",
    )


@pytest.mark.parametrize(("status", "reason", "expected"), NEWER)
def test_reasons_of_the_new_kind_are_read_as_well(status, reason, expected):
    details = (
        [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    )
    body = {"error": {"code": 403, "message": "why", "status": status, "details": details}}

    assert type(Youtube(None).error_for(403, body, writes=True)) is expected


@pytest.mark.parametrize("reason", ["quotaExceeded", "dailyLimitExceeded"])
def test_a_used_up_quota_is_waited_for_until_midnight_in_california_by_all_channels(reason):
    problem = error(403, reason)

    there = datetime.now(ZoneInfo("America/Los_Angeles")) + problem.wait
    assert (type(problem), problem.whole_app, there.hour, there.minute) == (TryLater, True, 0, 1)
    assert problem.wait <= timedelta(hours=25, minutes=1)


DAYS_WORDS = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of "
    "service 'youtube.googleapis.com'."
)


@pytest.mark.parametrize("reason", ["rateLimitExceeded", ""])
def test_a_quota_that_is_used_up_for_the_day_is_known_by_its_words_where_it_comes_as_too_many_calls(
    reason,
):
    errors = [{"reason": reason, "domain": "global"}] if reason else []
    body = {
        "error": {
            "code": 429,
            "message": DAYS_WORDS,
            "status": "RESOURCE_EXHAUSTED",
            "errors": errors,
        }
    }
    problem = Youtube(None).error_for(429, body, writes=False)

    there = datetime.now(ZoneInfo("America/Los_Angeles")) + problem.wait
    assert (problem.code, problem.whole_app, there.hour, there.minute) == (
        "quotaExceeded",
        True,
        0,
        1,
    )


def test_a_quota_of_the_minute_is_a_short_wait():
    words = DAYS_WORDS.replace("per day", "per minute per user")
    body = {"error": {"code": 429, "message": words, "status": "RESOURCE_EXHAUSTED"}}
    problem = Youtube(None).error_for(429, body, writes=False)

    assert (problem.whole_app, problem.wait < timedelta(minutes=1)) == (False, True)


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded"])
def test_too_many_calls_are_a_short_wait(reason):
    problem = error(403, reason)

    assert (type(problem), problem.whole_app) == (TryLater, False)
    assert timedelta(seconds=1) <= problem.wait <= timedelta(seconds=60)


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [("invalid_grant", 400, AccessLost), ("invalid_client", 401, Rejected)],
)
def test_the_token_server_speaks_flat(name, status, expected):
    body = {"error": name, "error_description": "Token has been expired or revoked."}

    assert type(Youtube(None).error_for(status, body, writes=False)) is expected


# --- uploading ------------------------------------------------------------------------------------


def test_the_session_is_known_before_the_first_byte_is_sent(youtube):
    opened = step(youtube, youtube.message())

    assert not opened.ready
    assert json.loads(opened.ref)["session"].startswith(youtube.simulator.url)
    assert (truth(youtube), "upload" in calls(youtube)) == ([], False)


def test_a_video_goes_up_in_steps_and_stays_private(youtube, fast):
    message = video_of(youtube, size=80 * BLOCK + 5)  # two pieces and a rest

    refs, draft = [], Draft("", ready=False)
    while not draft.ready:
        draft = step(youtube, message, draft.ref)
        refs.append(draft.ref)

    (made,) = truth(youtube)
    assert (made["state"], made["status"]["privacyStatus"]) == ("unpublished", "private")
    assert json.loads(draft.ref) == {"key": "one", "video": made["id"], "short": False}
    assert youtube.simulator.url not in draft.ref
    assert youtube.visible == []


def test_what_is_sent_is_what_was_approved(youtube):
    message = youtube.message(
        ai_made=True, options={"category": "27", "made_for_kids": True, "notify": False}
    )
    youtube.stage(message)

    (made,) = truth(youtube)
    assert made["snippet"] == {
        "title": message.title,
        "description": message.text,
        "tags": ["vp-one"],
        "categoryId": "27",
        "defaultLanguage": "vi",
    }
    assert made["status"] == {
        "privacyStatus": "private",
        "selfDeclaredMadeForKids": True,
        "containsSyntheticMedia": True,
        "embeddable": True,
        "license": "youtube",
    }
    assert made["notify"] is False


def test_what_the_author_did_not_decide_is_as_the_facts_say(youtube):
    youtube.stage(youtube.message())

    (made,) = truth(youtube)
    assert (made["snippet"]["categoryId"], made["notify"]) == ("25", True)
    assert made["status"]["selfDeclaredMadeForKids"] is False


@pytest.mark.parametrize(
    ("changed", "code"), [({"title": "a < b"}, "invalidTitle"), ({"title": ""}, "invalidTitle")]
)
def test_words_that_youtube_does_not_take_are_refused_before_a_byte_is_sent(youtube, changed, code):
    with pytest.raises(Rejected) as caught:
        youtube.stage(youtube.message(**changed))

    assert (caught.value.code, calls(youtube)) == (code, {"stage": 1})


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "error_before"])
def test_a_piece_whose_answer_was_lost_makes_no_second_video(youtube, fast, fault):
    message = video_of(youtube, size=40 * BLOCK)
    opened = step(youtube, message)
    youtube.fault(fault, operation="upload")
    with pytest.raises(TryLater):
        step(youtube, message, opened.ref)

    draft = opened
    while not draft.ready:
        draft = step(youtube, message, draft.ref)

    assert [post["id"] for post in truth(youtube)] == [json.loads(draft.ref)["video"]]


def test_the_session_reports_where_to_go_on_even_where_it_took_less_than_was_sent(youtube):
    youtube.simulator.settings(youtube_bytes_a_put=3 * BLOCK)
    message = video_of(youtube, size=8 * BLOCK + 100)

    youtube.publish(message)

    (seen,) = youtube.visible
    assert len(seen["media"]) == 1
    assert calls(youtube)["upload"] == 3


def test_a_session_that_takes_nothing_is_a_wait_and_no_endless_loop(youtube, serve):
    base = serve(
        b"HTTP/1.1 308 Resume Incomplete\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    stuck = json.dumps({"key": "one", "session": f"{base}/upload?upload_id=1"})
    account = youtube.account_with(youtube.token, base_url=base)

    with pytest.raises(TryLater) as caught:
        youtube.call("stage", account, youtube.message(), stuck)

    assert caught.value.code in ("stuck", "ServerDisconnectedError", "ClientOSError")


def test_a_token_that_ran_out_is_renewed_and_the_session_goes_on(youtube, fast):
    message = video_of(youtube, size=40 * BLOCK)
    draft = step(youtube, message, step(youtube, message).ref)
    youtube.simulator.advance(3600)
    with pytest.raises(AccessLost):
        step(youtube, message, draft.ref)

    tokens = youtube.call("refresh_tokens", youtube.account)
    youtube.account = youtube.account_with(tokens.token, tokens.refresh_token)
    while not draft.ready:
        draft = step(youtube, message, draft.ref)

    assert len(truth(youtube)) == 1


def test_a_session_that_is_over_begins_anew(youtube):
    message = youtube.message()
    opened = step(youtube, message)
    youtube.simulator.advance(8 * 86_400)
    youtube.renew()

    anew = step(youtube, message, opened.ref)

    assert json.loads(anew.ref)["session"] != json.loads(opened.ref)["session"]
    assert truth(youtube) == []


def test_a_session_that_is_over_after_its_last_byte_is_no_second_video(youtube):
    """The video is found by its mark among the channel's uploads."""
    message = youtube.message()
    opened = step(youtube, message)
    step(youtube, message, opened.ref)
    youtube.simulator.advance(8 * 86_400)
    youtube.renew()

    found = step(youtube, message, opened.ref)

    (made,) = truth(youtube)
    assert json.loads(found.ref)["video"] == made["id"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/upload?upload_id=1",
        "https://www.googleapis.com.evil.example/upload",
        "http://www.googleapis.com/upload",
        "https://evilgoogleapis.com/upload",
    ],
)
def test_bytes_and_token_go_to_no_host_but_the_platforms_own(youtube, url):
    with pytest.raises(TryLater) as caught:
        step(youtube, youtube.message(), json.dumps({"key": "one", "session": url}))

    assert caught.value.code == "upload_host"


def test_the_address_of_a_session_is_shown_to_nobody(youtube, caplog):
    caplog.set_level(logging.DEBUG)
    message = youtube.message()
    opened = step(youtube, message)
    secret = parse_qs(urlsplit(json.loads(opened.ref)["session"]).query)["upload_id"][0]
    errors = []
    for fault in ("drop_before", "error_before", "rate_limit", "refuse", "expired_token"):
        youtube.fault(
            fault, operation="verify", times=2 if fault == "drop_before" else 1
        )  # a question is repeated
        with pytest.raises(ConnectorError) as caught:
            step(youtube, message, opened.ref)
        problem = caught.value
        errors.append(
            f"{problem} {problem!r} {problem.detail} {problem.__cause__} {problem.__context__}"
        )

    assert secret not in caplog.text + "".join(errors)


def test_a_large_video_goes_up_in_small_pieces_of_memory(youtube, tmp_path):
    size, read = 120_000_000, []
    path = tmp_path / "video.mp4"
    with path.open("wb") as file:
        file.write(images.make_plain_mp4(1, seconds=60, size=4096))
        file.truncate(size)

    class Counted(io.FileIO):
        def read(self, length=-1):
            read.append(length)
            return super().read(length)

    message = video_of(youtube, size=size, seconds=60, open=lambda: Counted(path))
    tracemalloc.start()
    try:
        youtube.publish(message)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(youtube.visible) == 1
    assert 0 < min(read) <= max(read) <= 1024 * 1024
    assert most < 40_000_000


# --- cover, captions, processing ------------------------------------------------------------------

COVER = Image(images.make_plain_png(1), "image/png", "d" * 64)
WEBVTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nXin chào\n"


def test_cover_and_captions_go_along(youtube):
    youtube.publish(video_of(youtube, cover=COVER, captions=WEBVTT))

    (seen,) = youtube.visible
    (track,) = seen["captions"].values()
    assert seen["thumbnail"]
    assert (track["language"], track["name"], track["text"]) == ("vi", "Tiếng Việt", WEBVTT)


def test_a_short_gets_its_cover_once_it_is_processed(youtube):
    youtube.simulator.settings(youtube_processing_seconds=60)
    message = video_of(youtube, cover=COVER, captions=WEBVTT, width=720, height=1280)
    draft = step(youtube, message, step(youtube, message, step(youtube, message).ref).ref)
    before = truth(youtube)[0]
    youtube.simulator.advance(61)

    whole = step(youtube, message, draft.ref)

    assert ("thumbnail" in before, bool(before["captions"]), draft.ready, draft.wait) == (
        False,
        True,
        False,
        Youtube.check_interval,
    )
    assert ("thumbnail" in truth(youtube)[0], whole.ready) == (True, True)


@pytest.mark.parametrize("refused", ["for good", "for now"])
def test_a_cover_that_cannot_be_had_does_not_stand_in_the_way(youtube, monkeypatch, refused):
    monkeypatch.setattr(Youtube, "upload_timeout", timedelta(0))
    youtube.simulator.settings(youtube_verified_channels=refused != "for good")
    if refused == "for now":
        youtube.fault("rate_limit", operation="edit", times=0)

    youtube.publish(video_of(youtube, cover=COVER))

    assert ["thumbnail" in seen for seen in youtube.visible] == [False]


def test_captions_whose_answer_was_lost_are_there_once(youtube):
    message = video_of(youtube, captions=WEBVTT)
    draft = step(youtube, message, step(youtube, message).ref)
    youtube.fault("drop_after", operation="edit")
    waiting = step(youtube, message, draft.ref)

    whole = step(youtube, message, waiting.ref)

    assert (waiting.ready, whole.ready, len(truth(youtube)[0]["captions"])) == (False, True, 1)


def test_a_video_that_is_processed_for_long_is_shown_all_the_same(youtube, monkeypatch):
    monkeypatch.setattr(Youtube, "upload_timeout", timedelta(0))
    youtube.simulator.settings(youtube_processing_seconds=3600)
    message = youtube.message()
    draft = youtube.stage(message)

    receipt = youtube.call("commit", youtube.account, message, draft)
    waiting = youtube.call("check_processing", youtube.account, message, receipt.external_id)
    youtube.simulator.advance(3601)
    youtube.renew()
    live = youtube.call("check_processing", youtube.account, message, receipt.external_id)

    assert (receipt.processing, waiting) == (True, None)
    assert live == replace(receipt, processing=False)
    assert [post["id"] for post in youtube.visible] == [receipt.external_id]


@pytest.mark.parametrize(
    "ends",
    [
        "failed/conversion",
        "failed/codec",
        "rejected/copyright",
        "rejected/length",
        "rejected/duplicate",
    ],
)
def test_a_video_that_is_refused_in_processing_is_refused(youtube, ends):
    youtube.simulator.settings(youtube_processing_ends=ends)

    with pytest.raises(Rejected) as caught:
        youtube.stage(youtube.message())

    assert (caught.value.code, youtube.visible) == (ends.partition("/")[2], [])


def test_a_duplicate_of_our_own_earlier_upload_is_that_upload(youtube):
    message = youtube.message()
    earlier = json.loads(youtube.stage(message))["video"]
    youtube.simulator.settings(youtube_rejects_duplicates=True)

    draft = youtube.stage(message)

    assert json.loads(draft)["video"] == earlier
    youtube.commit(message, draft)
    assert [post["id"] for post in youtube.visible] == [earlier]


# --- the second -----------------------------------------------------------------------------------


def test_to_show_a_video_changes_nothing_else(youtube):
    message = youtube.message(ai_made=True)
    draft = youtube.stage(message)
    video = json.loads(draft)["video"]
    at_youtube = {
        "privacyStatus": "private",
        "embeddable": False,
        "license": "creativeCommon",
        "publishAt": "2030-01-01T00:00:00Z",
    }
    at_youtube |= {"selfDeclaredMadeForKids": False, "containsSyntheticMedia": True}
    before = truth(youtube)[0]
    youtube.call(
        "call_api",
        youtube.account,
        "videos?part=status",
        method="PUT",
        json={"id": video, "status": at_youtube},
    )

    youtube.commit(message, draft)

    (seen,) = youtube.visible
    kept = {
        name: value
        for name, value in at_youtube.items()
        if name not in ("privacyStatus", "publishAt")
    }
    assert seen["status"] == {**kept, "publicStatsViewable": True, "privacyStatus": "public"}
    assert seen["snippet"] == before["snippet"]


def test_showing_needs_no_more_than_the_reference(youtube):
    draft = youtube.stage(youtube.message())

    youtube.commit(replace(youtube.message(), title="", text="", media=[]), draft)

    assert len(youtube.visible) == 1


def test_a_video_that_stands_is_not_shown_again(youtube):
    message = youtube.message()
    draft = youtube.stage(message)
    youtube.commit(message, draft)
    before = calls(youtube)

    youtube.commit(message, draft)

    assert calls(youtube)["publish"] == before["publish"] == 1
    assert "edit" not in calls(youtube)


def test_a_video_that_somebody_deleted_is_not_shown(youtube):
    message = youtube.message()
    draft = youtube.stage(message)
    youtube.withdraw(draft)

    with pytest.raises(Rejected) as caught:
        youtube.commit(message, draft)

    assert caught.value.code == "videoNotFound"


@pytest.mark.parametrize(
    ("shape", "address"),
    [
        ({"width": 720, "height": 1280, "seconds": 180.0}, "/shorts/{id}"),
        ({"width": 720, "height": 720, "seconds": 20.0}, "/shorts/{id}"),
        ({"width": 720, "height": 1280, "seconds": 181.0}, "/watch?v={id}"),
        ({"width": 1280, "height": 720, "seconds": 20.0}, "/watch?v={id}"),
    ],
)
def test_an_upright_video_of_three_minutes_is_a_short(youtube, shape, address):
    message = video_of(youtube, **shape)
    since, draft = datetime.now(UTC), youtube.stage(message)

    receipt = youtube.commit(message, draft)

    expected = Receipt(
        receipt.external_id, youtube.app["link_url"] + address.format(id=receipt.external_id)
    )
    assert receipt == expected
    assert [youtube.find(message, ref, since) for ref in (draft, "")] == [expected, expected]


# --- quota ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_words", [False, True])
def test_the_uploads_of_the_day_are_the_applications_and_stop_no_more_than_uploads(
    youtube, in_words
):
    youtube.simulator.settings(youtube_uploads_per_day=1, youtube_quota_in_words=in_words)
    shown = youtube.stage(youtube.message())

    with pytest.raises(TryLater) as caught:
        youtube.stage(youtube.message())

    assert (caught.value.code, caught.value.whole_app, caught.value.only_new) == (
        "quotaExceeded",
        True,
        True,
    )
    youtube.commit(youtube.message(), shown)
    assert len(youtube.visible) == 1


def test_the_units_of_the_day_stop_everything(youtube):
    shown = youtube.stage(youtube.message())
    youtube.simulator.settings(youtube_units_per_day=1)

    with pytest.raises(TryLater) as caught:
        youtube.commit(youtube.message(), shown)

    assert (caught.value.code, caught.value.whole_app, caught.value.only_new) == (
        "quotaExceeded",
        True,
        False,
    )


def test_the_uploads_of_the_channel_are_its_own(youtube):
    youtube.simulator.settings(youtube_uploads_per_channel=1)
    youtube.stage(youtube.message())

    with pytest.raises(TryLater) as caught:
        youtube.stage(youtube.message())

    assert (caught.value.code, caught.value.whole_app, caught.value.wait) == (
        "uploadLimitExceeded",
        False,
        DAY,
    )


# --- looking, counting ----------------------------------------------------------------------------


def test_a_video_of_the_same_words_without_our_mark_is_not_ours(youtube):
    since, message = datetime.now(UTC), youtube.message()
    youtube.simulator.post("youtube", youtube.id, message.text, title=message.title, by="person")

    assert youtube.find(message, since=since) is None


def test_an_upload_that_is_not_whole_leaves_nothing(youtube):
    opened = step(youtube, youtube.message()).ref

    looks = [
        youtube.find(youtube.message(), opened),
        youtube.call("read_visibility", youtube.account, opened),
        youtube.withdraw(opened),
    ]

    assert (looks, truth(youtube)) == ([None, Visibility.GONE, False], [])


def test_an_upload_that_came_whole_unheard_is_withdrawn(youtube):
    message = youtube.message()
    opened = step(youtube, message).ref
    step(youtube, message, opened)
    before = youtube.call("read_visibility", youtube.account, opened)

    taken = youtube.withdraw(opened)

    assert (before, taken, [post["state"] for post in truth(youtube)]) == (
        Visibility.HIDDEN,
        True,
        ["deleted"],
    )


def test_the_channel_reports_what_is_live_on_it_and_which_is_ours(youtube):
    since, now = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC).timestamp()
    foreign = youtube.simulator.post(
        "youtube", youtube.id, "Ai đó đăng", created_at=now - 1800, by="person"
    )["id"]
    youtube.simulator.post("youtube", youtube.id, "Bài cũ", created_at=now - 86_400)
    youtube.stage(youtube.message("Còn kín."))
    ours = youtube.publish(youtube.message()).external_id

    found = youtube.call("list_posts", youtube.account, since)

    assert [(post.external_id, post.ours) for post in found] == [(ours, True), (foreign, False)]
    assert found[0].permalink.endswith(f"/watch?v={ours}")


def test_a_channel_without_a_video_has_nothing_live(youtube):
    assert youtube.call("list_posts", youtube.account, datetime.now(UTC) - DAY) == []


def test_what_the_owner_hides_is_not_counted_as_nothing(youtube):
    youtube.simulator.settings(youtube_hidden=["likeCount", "subscriberCount"])
    video = youtube.publish(youtube.message()).external_id

    (figures,) = youtube.call("measure", youtube.account, [video]).values()

    assert figures == Figures(views=0, reactions=None, comments=0)
    assert youtube.call("read_profile", youtube.account).followers is None


def test_more_videos_than_a_question_takes_are_counted_and_a_missing_one_asked_after(youtube):
    posts = [youtube.simulator.post("youtube", youtube.id, f"Bài {n}")["id"] for n in range(51)]
    hidden = json.loads(youtube.stage(youtube.message()))["video"]

    figures = youtube.call("measure", youtube.account, [*posts, hidden, "gone00000gone"])

    # The one that residents do not see is left out by the first call alone.
    assert set(figures) == {*posts, hidden}


# --- comments -------------------------------------------------------------------------------------


@pytest.fixture
def discussed(youtube):
    """A video under which residents wrote."""
    # So many that even the least noticed video has 200 comments a day later.
    busy = youtube.simulator.page("youtube", followers=2_000_000)
    youtube.id, youtube.page = busy["external_id"], busy
    youtube.account = youtube.account_with(
        busy["tokens"]["access_token"], busy["tokens"]["refresh_token"]
    )
    video = youtube.publish(youtube.message()).external_id
    youtube.simulator.advance(86_400)
    youtube.renew()
    return video


def test_comments_are_shown_without_their_writers_newest_first(youtube, discussed):
    found = youtube.call("list_comments", youtube.account, discussed)

    assert len(found) == 200  # as many as the simulator makes up
    assert [comment.written_at for comment in found] == sorted(
        (comment.written_at for comment in found), reverse=True
    )
    assert "UCresident" not in repr(found)
    assert {
        (comment.hidden, comment.answered, comment.may_hide, comment.replies) for comment in found
    } == {(False, False, True, 0)}


def test_a_comment_is_answered_once_and_hidden_and_shown_again(youtube, discussed):
    first, second = youtube.call("list_comments", youtube.account, discussed)[:2]

    reply = youtube.call(
        "reply_to_comment", youtube.account, first.external_id, "Công an phường sẽ trả lời bạn."
    )
    youtube.call("hide_comment", youtube.account, second.external_id)
    after = {
        comment.external_id: comment
        for comment in youtube.call("list_comments", youtube.account, discussed)
    }
    youtube.call("hide_comment", youtube.account, second.external_id, hidden=False)
    shown = {
        comment.external_id: comment
        for comment in youtube.call("list_comments", youtube.account, discussed)
    }

    assert reply
    assert (after[first.external_id].answered, after[first.external_id].replies) == (True, 1)
    assert (after[second.external_id].hidden, shown[second.external_id].hidden) == (True, False)


def test_an_answer_whose_answer_was_lost_is_unknown(youtube, discussed):
    (first, *_others) = youtube.call("list_comments", youtube.account, discussed)
    youtube.fault("drop_after", operation="edit")

    with pytest.raises(OutcomeUnknown):
        youtube.call("reply_to_comment", youtube.account, first.external_id, "Cảm ơn bạn.")

    assert {
        comment.external_id: comment
        for comment in youtube.call("list_comments", youtube.account, discussed)
    }[first.external_id].replies == 1


def test_comments_that_are_switched_off_are_not_an_empty_list(youtube):
    video = youtube.publish(youtube.message(options={"made_for_kids": True})).external_id

    with pytest.raises(Rejected) as caught:
        youtube.call("list_comments", youtube.account, video)

    assert caught.value.code == "commentsDisabled"


# --- connection -----------------------------------------------------------------------------------


def connect(youtube, *, account=None, page=None, without=(), again="consent"):
    back = "https://portal.example.vn/youtube/callback"
    address = Youtube.consent_url(youtube.app, redirect_uri=back, state="S", verifier="v" * 43)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    ticked = [scope for scope in asked["scope"].split() if scope.rpartition("/")[2] not in without]
    form = {"account": account or youtube.page["owner"], "decision": "allow", "scope": ticked}
    form |= {"page": page or youtube.id} if page != "" else {}
    sent = youtube.simulator.consent(address.replace("prompt=consent", f"prompt={again}"), **form)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
    return youtube.call(
        "list_connectable_pages", youtube.app, answer, redirect_uri=back, verifier="v" * 43
    ), asked


def test_consent_opens_one_channel(youtube):
    (offer,), asked = connect(youtube)

    assert (asked["access_type"], asked["prompt"], asked["code_challenge_method"]) == (
        "offline",
        "consent",
        "S256",
    )
    assert (offer.profile.external_id, offer.profile.handle) == (
        youtube.id,
        youtube.page["username"],
    )
    assert (offer.usable, list(offer.profile.missing), bool(offer.tokens.refresh_token)) == (
        True,
        [],
        True,
    )
    assert offer.tokens.lifetime == timedelta(seconds=3599)


def test_a_consent_that_cannot_be_renewed_is_refused(youtube):
    with pytest.raises(Rejected) as caught:
        connect(youtube, again="none")

    assert caught.value.code == "no_refresh_token"


def test_a_google_account_without_a_channel_is_informed_so(youtube):
    person = youtube.simulator.user("youtube")["id"]

    with pytest.raises(AccessLost) as caught:
        connect(youtube, account=person, page="")

    assert caught.value.code == "youtubeSignupRequired"


def test_a_right_that_was_unticked_makes_the_channel_unusable(youtube):
    (offer,), _asked = connect(youtube, without=["youtube.upload"])

    assert (offer.usable, list(offer.profile.missing)) == (False, ["youtube.upload"])
    with pytest.raises(Rejected):
        connect(youtube, without=["youtube.force-ssl"])


def test_a_channel_without_the_right_to_its_figures_is_usable(youtube):
    (offer,), _asked = connect(youtube, without=["yt-analytics.readonly"])

    assert (offer.usable, list(offer.profile.missing)) == (True, ["yt-analytics.readonly"])
    account = replace(youtube.account, token=offer.tokens.token)
    with pytest.raises(
        Rejected
    ):  # and not AccessLost, by which it would have to be connected again
        youtube.call("measure_page", account, date(2026, 11, 1), date(2026, 11, 2))


def test_a_refresh_token_stays_the_same(youtube):
    tokens = youtube.call("refresh_tokens", youtube.account)

    assert tokens.refresh_token == youtube.account.refresh_token
    assert tokens.token != youtube.token
    assert youtube.call("refresh_tokens", youtube.account).refresh_token == tokens.refresh_token


def test_a_grant_that_was_revoked_is_lost(youtube):
    youtube.simulator.kill_tokens("youtube", page=youtube.id)

    with pytest.raises(AccessLost):
        youtube.call("refresh_tokens", youtube.account)


def test_a_consent_screen_in_testing_names_its_end(youtube):
    youtube.simulator.settings(youtube_testing=True)

    (offer,), _asked = connect(youtube)

    assert offer.tokens.grant_lifetime == timedelta(days=7) - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("title", "text"), [("Lãi suất < 5%", "Chữ"), ("Tiêu đề", "Mẹo -> gọi 113")]
)
def test_brackets_are_found_before_anybody_approves_them(title, text):
    form = Youtube.facts.format("video")

    found = find_problems(form, Message(key="", title=title, text=text, options={"category": "25"}))

    assert "forbidden_letters" in [problem.rule for problem in found]
    assert "< >" in describe_problem(Problem("forbidden_letters"), channel="YouTube A", form=form)
