"""TikTok's own: uploads whose last piece publishes, moderation before the id, tokens that work
once, no removal.
"""

import io
import json
import logging
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.reasons import describe_reason
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.limits import Problem, find_problems
from platforms.messages import Draft, Figures, Image, PageDetails, Receipt, Visibility
from platforms.tiktok.connector import Tiktok
from platforms.tiktok.drafts import _compute_piece_size_and_count
from simulator import images

DAY = timedelta(days=1)
TABLE = [
    (400, "invalid_param", Rejected, None),
    (400, "invalid_params", Rejected, None),
    (400, "invalid_publish_id", Rejected, None),
    (400, "token_not_authorized_for_specified_publish_id", Rejected, None),
    (400, "invalid_file_upload", Rejected, None),
    (400, "publish_not_cancellable", Rejected, None),
    (400, "app_version_check_failed", Rejected, None),
    (400, "scope_permission_missed", AccessLost, None),
    (401, "access_token_invalid", AccessLost, None),
    (401, "scope_not_authorized", AccessLost, None),
    (403, "spam_risk_too_many_posts", TryLater, DAY),
    (403, "spam_risk_user_banned_from_posting", AccessLost, None),
    (403, "spam_risk_too_many_pending_share", TryLater, DAY),
    (403, "reached_active_user_cap", TryLater, DAY),
    (403, "unaudited_client_can_only_post_to_private_accounts", Rejected, None),
    (403, "url_ownership_unverified", Rejected, None),
    (403, "privacy_level_option_mismatch", Rejected, None),
    (429, "rate_limit_exceeded", TryLater, timedelta(minutes=1)),
    (500, "internal_error", OutcomeUnknown, None),
]
FAILURES = [
    "file_format_check_failed",
    "duration_check_failed",
    "frame_rate_check_failed",
    "picture_size_check_failed",
    "video_pull_failed",
    "photo_pull_failed",
    "internal",
    "publish_cancelled",
    "auth_removed",
    "spam_risk_too_many_posts",
    "spam_risk_user_banned_from_posting",
    "spam_risk_text",
    "spam_risk",
]
FORGOTTEN = [
    (400, "invalid_publish_id"),
    (400, "token_not_authorized_for_specified_publish_id"),
    (404, ""),
]
BIG = 25_000_001


@pytest.fixture
def tiktok(platform_of):
    return platform_of("tiktok")


@pytest.fixture
def photo(tiktok):
    """A post of two photos."""
    picture = Image(tiktok.picture, "image/jpeg", "c" * 64, url=tiktok.picture_url)
    return tiktok.message(format="photo", title="Đường hoa", media=[picture, picture])


def step(tiktok, message, ref="") -> Draft:
    return tiktok.call("stage", tiktok.account, message, ref)


def commit(tiktok, message, ref) -> Receipt:
    """Commit as the platform answers, without asking what became of it."""
    return tiktok.call("commit", tiktok.account, message, ref)


def progress(tiktok, message, external_id):
    return tiktok.call("check_processing", tiktok.account, message, external_id)


def calls(tiktok) -> dict[str, int]:
    return dict(tiktok.simulator.requests()["tiktok"])


def answering(tiktok, serve, status, code):
    """Return an account whose every call is answered with this error."""
    body = json.dumps({"data": {}, "error": {"code": code, "message": "", "log_id": "1"}})
    head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\nConnection: close"
    return tiktok.account_with(tiktok.token, base_url=serve(f"{head}\r\n\r\n{body}".encode()))


# --- what answers mean ----------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code", "expected", "wait"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(status, code, expected, wait):
    body = {"data": {}, "error": {"code": code, "message": "why", "log_id": "20261124"}}
    error = Tiktok(None).error_for(status, body, writes=True)

    assert (type(error), error.code, error.wait) == (expected, code, wait)
    assert error.detail == "why (log 20261124)"


def test_the_cap_of_the_application_stops_all_its_accounts():
    body = {"error": {"code": "reached_active_user_cap", "message": ""}}

    assert Tiktok(None).error_for(403, body, writes=True).whole_app


def test_a_read_that_the_platform_could_not_answer_is_a_wait():
    body = {"error": {"code": "internal_error", "message": ""}}

    assert type(Tiktok(None).error_for(500, body, writes=False)) is TryLater


@pytest.mark.parametrize(
    ("error", "expected"),
    [("invalid_grant", AccessLost), ("access_denied", Rejected), ("invalid_client", Rejected)],
)
def test_the_token_server_speaks_flat(error, expected):
    body = {"error": error, "error_description": "why", "log_id": "1"}

    assert type(Tiktok(None).error_for(400, body, writes=True)) is expected


@pytest.mark.parametrize("reason", FAILURES)
def test_a_publication_that_failed_after_all_is_over_and_says_why(tiktok, reason):
    tiktok.simulator.settings(tiktok_processing_ends=reason)
    message = tiktok.message()
    receipt = commit(tiktok, message, tiktok.stage(message))
    tiktok.simulator.advance(2)

    with pytest.raises(Rejected) as caught:
        progress(tiktok, message, receipt.external_id)

    assert (caught.value.code, tiktok.visible) == (reason, [])
    assert describe_reason("tiktok", reason, "?") != describe_reason("tiktok", "unheard of", "?")


# --- pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size",
    [
        1,
        4_999_999,
        5_242_880,
        9_999_999,
        10_000_000,
        19_999_999,
        20_000_000,
        50_000_123,
        4_000_000_000,
    ],
)
def test_pieces_are_as_long_and_as_many_as_the_contract_allows(tiktok, size):
    piece, pieces = _compute_piece_size_and_count(replace(tiktok.video(), size=size))
    last = size - piece * (pieces - 1)

    assert pieces == size // piece
    assert 1 <= pieces <= 1000
    assert piece == size or 10_000_000 <= piece <= 60_000_000
    assert piece <= last <= 60_000_000


def test_only_the_last_piece_is_left_for_the_second(tiktok):
    message = replace(tiktok.message(), media=[tiktok.video(size=BIG)])

    begun = step(tiktok, message)
    whole = step(tiktok, message, begun.ref)

    sent = [json.loads(draft.ref)[2] for draft in (begun, whole)]
    assert ([begun.ready, whole.ready], sent) == ([False, True], [0, 12_500_000])
    assert tiktok.visible == []
    receipt = tiktok.commit(message, whole.ref)
    (seen,) = tiktok.visible
    assert (seen["id"], calls(tiktok)["publish"]) == (receipt.external_id, 1)


def test_a_piece_whose_answer_was_lost_is_not_sent_again(tiktok):
    """The platform says how far it is, and the upload goes on from there."""
    message = replace(tiktok.message(), media=[tiktok.video(size=3 * 10_000_000)])
    begun = step(tiktok, message)
    tiktok.fault("drop_after", operation="upload")
    with pytest.raises(TryLater):
        step(tiktok, message, begun.ref)

    answer = step(tiktok, message, begun.ref)
    whole = step(tiktok, message, answer.ref)

    assert [json.loads(draft.ref)[2] for draft in (answer, whole)] == [10_000_000, 20_000_000]
    tiktok.commit(message, whole.ref)
    assert len(tiktok.visible) == 1


def test_an_address_that_is_over_makes_the_upload_begin_anew(tiktok):
    message = replace(tiktok.message(), media=[tiktok.video(size=BIG)])
    begun = step(tiktok, message)
    tiktok.simulator.advance(3601)

    anew = step(tiktok, message, begun.ref)

    assert json.loads(anew.ref)[0] != json.loads(begun.ref)[0]
    tiktok.publish(message)
    assert len(tiktok.visible) == 1


def test_an_address_that_is_over_at_the_second_has_published_nothing_and_is_staged_again(tiktok):
    message = tiktok.message()
    old = tiktok.stage(message)
    tiktok.simulator.advance(3601)

    with pytest.raises(TryLater) as caught:
        commit(tiktok, message, old)
    before, new = tiktok.visible, step(tiktok, message, old)

    assert (caught.value.code, before) == ("upload_expired", [])
    tiktok.commit(message, new.ref)
    assert len(tiktok.visible) == 1


def test_a_draft_that_is_nearly_an_hour_old_is_made_anew(tiktok):
    message = replace(tiktok.message(), media=[tiktok.video(size=BIG)])
    publish_id, url, sent, begun = json.loads(step(tiktok, message).ref)
    old, young = (json.dumps([publish_id, url, sent, begun - age]) for age in (3100, 2900))

    assert json.loads(step(tiktok, message, old).ref)[0] != publish_id
    assert json.loads(step(tiktok, message, young).ref)[0] == publish_id


@pytest.mark.parametrize("reason", ["internal", "auth_removed", "spam_risk_too_many_posts"])
def test_a_draft_that_failed_for_what_may_have_passed_is_made_anew(tiktok, reason):
    message = tiktok.message()
    old = tiktok.stage(message)
    tiktok.simulator.settings(tiktok_processing_ends=reason)
    commit(tiktok, message, old)
    tiktok.simulator.advance(2)
    tiktok.simulator.settings(tiktok_processing_ends="PUBLISH_COMPLETE")

    with pytest.raises(Rejected):
        commit(tiktok, message, old)
    new = step(tiktok, message, old)
    tiktok.commit(message, new.ref)

    assert json.loads(new.ref)[0] != json.loads(old)[0]
    assert len(tiktok.visible) == 1


def test_a_last_piece_that_was_heard_before_is_no_second_post(tiktok):
    message = tiktok.message()
    draft = tiktok.stage(message)
    tiktok.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        commit(tiktok, message, draft)

    again, found = (
        commit(tiktok, message, draft),
        tiktok.call("find", tiktok.account, message, draft, datetime.now(UTC)),
    )

    assert again == found == Receipt(json.loads(draft)[0], processing=True)
    tiktok.simulator.advance(5)
    assert len(tiktok.visible) == 1


def test_an_upload_that_is_staged_again_after_all_has_come_makes_no_second_post(tiktok):
    tiktok.simulator.settings(tiktok_processing_seconds=600)
    message = tiktok.message()
    draft = tiktok.stage(message)
    first = commit(tiktok, message, draft)

    publish_id, url, sent, begun = json.loads(draft)
    again = step(tiktok, message, json.dumps([publish_id, url, sent, begun - 4000]))

    assert (again.ready, commit(tiktok, message, again.ref)) == (True, first)
    assert len(tiktok.simulator.truth("tiktok", tiktok.id)) == 1


def test_a_large_video_goes_out_in_small_pieces_of_memory(tiktok, tmp_path):
    size, read = 120_000_000, []
    head = images.make_plain_mp4(1, seconds=60, size=4096)
    path = tmp_path / "video.mp4"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)

    class Counted(io.FileIO):
        def read(self, length=-1):
            read.append(length)
            return super().read(length)

    message = replace(
        tiktok.message(), media=[tiktok.video(size=size, seconds=60, open=lambda: Counted(path))]
    )
    tracemalloc.start()
    try:
        tiktok.publish(message)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(tiktok.visible) == 1
    assert 0 < min(read) <= max(read) <= 1024 * 1024
    assert most < 40_000_000


# --- secrets --------------------------------------------------------------------------------------


def test_the_address_of_an_upload_is_shown_to_nobody(tiktok, caplog):
    caplog.set_level(logging.DEBUG)
    message = tiktok.message()
    draft = tiktok.stage(message)
    secret = parse_qs(urlsplit(json.loads(draft)[1]).query)["upload_token"][0]
    errors = []
    for fault in ("drop_before", "error_before", "rate_limit", "refuse", "not_json"):
        tiktok.fault(fault, operation="publish")
        with pytest.raises(ConnectorError) as caught:
            commit(tiktok, message, draft)
        error = caught.value
        errors.append(
            f"{error} {error!r} {error.detail} {error.code} {error.__cause__} {error.__context__}"
        )

    assert secret not in caplog.text + "".join(errors)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/video/?upload_id=1",
        "https://open-upload.tiktokapis.com.evil.example/video/",
        "http://open-upload.tiktokapis.com/video/",
        "https://open-upload.tiktokapis.com:8443/video/",
        "https://eviltiktokapis.com/video/",
    ],
)
def test_bytes_go_to_no_host_but_the_platforms_own(tiktok, url):
    message = tiktok.message()
    foreign = json.dumps(["v_pub_file~1", url, 0, 2_000_000_000])

    with pytest.raises(TryLater) as caught:
        commit(tiktok, message, foreign)

    assert caught.value.code == "upload_host"


def test_an_upload_that_is_named_on_a_foreign_host_is_refused(tiktok, serve):
    body = json.dumps(
        {
            "data": {
                "publish_id": "v_pub_file~1",
                "upload_url": "https://evil.example/",
                "privacy_level_options": ["PUBLIC_TO_EVERYONE"],
            },
            "error": {"code": "ok"},
        }
    )
    base = serve(
        (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        ).encode()
    )
    account = tiktok.account_with(tiktok.token, base_url=base)

    with pytest.raises(Rejected) as caught:
        tiktok.call("stage", account, tiktok.message())

    assert caught.value.code == "upload_host"


# --- what the account allows ----------------------------------------------------------------------


def test_the_choices_are_what_the_account_allows_now(tiktok):
    open_to_all = tiktok.call("available_choices", tiktok.account)
    tiktok.simulator.settings(
        tiktok_private_accounts=True,
        tiktok_closed=["comment", "stitch"],
        tiktok_longest_seconds=180,
    )
    private = tiktok.call("available_choices", tiktok.account)

    assert open_to_all == {
        "privacy": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "max_seconds": ["600"],
    }
    assert private == {
        "privacy": ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "comments": (),
        "stitch": (),
        "max_seconds": ["180"],
    }


@pytest.mark.parametrize("kind", ["video", "photo"])
def test_an_audience_that_the_account_no_longer_allows_stops_the_post_before_its_second(
    tiktok, photo, kind
):
    tiktok.simulator.settings(tiktok_private_accounts=True)

    with pytest.raises(Rejected) as caught:
        tiktok.stage(photo if kind == "photo" else tiktok.message())

    assert caught.value.code == "privacy_level_option_mismatch"
    assert "stage" not in calls(tiktok)


def test_a_video_that_is_too_long_for_this_account_stops_before_its_second(tiktok):
    tiktok.simulator.settings(tiktok_longest_seconds=10)

    with pytest.raises(Rejected) as caught:
        tiktok.stage(tiktok.message())

    assert caught.value.code == "duration_check_failed"


def test_an_application_without_audit_is_informed_so(tiktok):
    tiktok.simulator.settings(tiktok_audited=False)

    with pytest.raises(Rejected) as caught:
        tiktok.stage(tiktok.message())

    assert caught.value.code == "unaudited_client_can_only_post_to_private_accounts"


def test_without_audit_a_private_account_is_posted_to_for_itself_alone(tiktok):
    """Nobody else sees it, and no id is told: it stands when TikTok says that it is done."""
    tiktok.simulator.settings(tiktok_audited=False, tiktok_private_accounts=True)
    message = tiktok.message(options={"privacy": "SELF_ONLY"})

    receipt = tiktok.publish(message)

    assert receipt == Receipt(receipt.external_id)
    assert receipt.external_id.startswith("v_pub_file~")
    assert tiktok.call("measure", tiktok.account, [receipt.external_id]) == {
        receipt.external_id: Figures()
    }
    assert tiktok.call("read_visibility", tiktok.account, receipt.external_id) is Visibility.HIDDEN


def test_what_was_chosen_is_what_is_sent(tiktok):
    tiktok.simulator.settings(tiktok_closed=["stitch"])
    chosen = {"privacy": "PUBLIC_TO_EVERYONE", "comments": True, "stitch": True, "own_brand": True}

    tiktok.publish(tiktok.message("Chào 👮", options=chosen, ai_made=True))

    assert tiktok.visible[0]["info"] == {
        "title": "Chào 👮",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": False,
        "disable_duet": True,
        "disable_stitch": True,
        "brand_content_toggle": False,
        "brand_organic_toggle": True,
        "is_aigc": True,
    }


def test_nothing_is_chosen_for_the_author(tiktok):
    with pytest.raises(Rejected):
        tiktok.stage(tiktok.message(options={}))


# --- afterwards -----------------------------------------------------------------------------------


def test_residents_see_a_public_post_once_moderation_has_let_it_pass(tiktok):
    tiktok.simulator.settings(tiktok_moderation_seconds=3600)
    message = tiktok.message()
    receipt = commit(tiktok, message, tiktok.stage(message))
    tiktok.simulator.advance(60)  # PUBLISH_COMPLETE, without an id
    waiting = progress(tiktok, message, receipt.external_id), tiktok.visible

    tiktok.simulator.advance(3600)
    live = progress(tiktok, message, receipt.external_id)

    assert waiting == (None, [])
    (seen,) = tiktok.visible
    assert live == Receipt(
        seen["id"], f"{tiktok.app['link_url']}/@{tiktok.page['username']}/video/{seen['id']}"
    )
    assert int(live.external_id) > 2**53
    assert float(live.external_id) != int(live.external_id)


def test_a_draft_in_the_inbox_waits_for_a_person(tiktok):
    message = tiktok.message(format="inbox", options={})
    receipt = commit(tiktok, message, tiktok.stage(message))
    tiktok.simulator.advance(60)
    waiting = progress(tiktok, message, receipt.external_id)
    tiktok.simulator.settings(tiktok_person_seconds=600)
    message = tiktok.message(format="inbox", options={})
    receipt = commit(tiktok, message, tiktok.stage(message))
    tiktok.simulator.advance(700)

    posted = progress(tiktok, message, receipt.external_id)

    assert waiting is None
    assert [post["id"] for post in tiktok.visible] == [posted.external_id]


def test_what_never_came_whole_or_failed_is_not_found(tiktok):
    since = datetime.now(UTC)
    message = replace(tiktok.message(), media=[tiktok.video(size=BIG)])
    half = step(tiktok, message, step(tiktok, message).ref).ref
    tiktok.simulator.settings(tiktok_processing_ends="spam_risk")
    failed = tiktok.stage(tiktok.message())
    commit(tiktok, tiktok.message(), failed)
    tiktok.simulator.advance(2)

    found = [tiktok.call("find", tiktok.account, message, ref, since) for ref in (half, failed)]

    assert found == [None, None]


def test_an_upload_that_the_platform_has_forgotten_is_unknown_unless_the_list_has_it(tiktok):
    since, message = datetime.now(UTC), tiktok.message()
    forgotten = json.dumps(["v_pub_file~forgotten", tiktok.simulator.url, 0, 0])
    with pytest.raises(OutcomeUnknown):
        tiktok.find(message, forgotten, since)

    receipt = tiktok.publish(message)

    assert tiktok.find(message, forgotten, since) == receipt


@pytest.mark.parametrize("letters", [139, 140, 150, 151, 300, 2200])
def test_a_caption_that_the_list_shortens_is_found(tiktok, letters):
    since, words = datetime.now(UTC), "Công an không yêu cầu chuyển tiền qua điện thoại. " * 44
    message = replace(
        tiktok.message(),
        text=words[:letters].strip() + "." * (letters - len(words[:letters].strip())),
    )

    receipt = tiktok.publish(message)

    assert tiktok.find(message, "", since) == receipt


def test_a_shortened_caption_with_an_emoji_cut_in_two_is_found(tiktok):
    since, message = datetime.now(UTC), replace(tiktok.message(), text="a" * 149 + "👮" * 20)

    receipt = tiktok.publish(message)

    assert tiktok.find(message, "", since) == receipt


def test_two_captions_that_differ_where_the_list_is_cut_have_an_unknown_outcome(tiktok):
    since, same = datetime.now(UTC), "Cảnh giác lừa đảo. " * 10
    first, second, third = (replace(tiktok.message(), text=f"{same} {n}") for n in (1, 2, 3))
    tiktok.publish(first)
    tiktok.publish(second)

    with pytest.raises(OutcomeUnknown) as caught:
        tiktok.find(third, "", since)

    assert caught.value.code == "shortened"


def test_a_short_caption_is_not_taken_for_the_beginning_of_a_longer_one(tiktok):
    since, short = (
        datetime.now(UTC),
        replace(tiktok.message(), text="Công an không yêu cầu chuyển tiền."),
    )
    tiktok.publish(short)

    found = tiktok.find(replace(short, text=short.text + " Nghi ngờ, gọi 113. " * 20), "", since)

    assert found is None


@pytest.mark.parametrize(("status", "code"), FORGOTTEN)
def test_a_publication_of_which_the_platform_reports_nothing_is_unknown_and_not_refused(
    tiktok, serve, status, code
):
    account = answering(tiktok, serve, status, code)

    with pytest.raises(OutcomeUnknown) as caught:
        tiktok.call("check_processing", account, tiktok.message(), "v_pub_file~1")

    assert caught.value.code == (code or str(status))


@pytest.mark.parametrize(("status", "code"), FORGOTTEN)
def test_a_publication_of_which_the_platform_reports_nothing_is_not_called_gone(
    tiktok, serve, status, code
):
    account = answering(tiktok, serve, status, code)
    draft = json.dumps(["v_pub_file~1", account.base_url, 0, 2_000_000_000])

    with pytest.raises(OutcomeUnknown):
        tiktok.call("read_visibility", account, draft)
    with pytest.raises(Rejected):
        tiktok.call("withdraw", account, draft)


def test_a_draft_that_the_platform_has_forgotten_is_made_anew(tiktok):
    message = tiktok.message()
    publish_id, url, sent, begun = json.loads(tiktok.stage(message))
    tiktok.simulator.settings(tiktok_remembers_seconds=3600)
    tiktok.simulator.advance(3601)

    anew = step(tiktok, message, json.dumps([publish_id, url, sent, begun - 3601]))
    tiktok.commit(message, anew.ref)

    assert json.loads(anew.ref)[0] != publish_id
    assert len(tiktok.visible) == 1


def test_a_post_is_taken_down_by_people_alone(tiktok):
    receipt = tiktok.publish(tiktok.message())

    with pytest.raises(Rejected) as caught:
        tiktok.withdraw(receipt.external_id)

    assert (caught.value.code, len(tiktok.visible)) == ("no_removal", 1)
    assert not tiktok.facts.withdraws


@pytest.mark.parametrize("size", [4096, BIG])
def test_a_draft_that_was_withdrawn_can_never_be_shown(tiktok, size):
    message = replace(tiktok.message(), media=[tiktok.video(size=size)])
    partial = step(tiktok, message).ref

    taken = tiktok.withdraw(partial), tiktok.withdraw(partial)
    with pytest.raises(ConnectorError):
        commit(tiktok, message, partial)

    assert (taken, tiktok.visible) == ((True, False), [])
    assert tiktok.call("read_visibility", tiktok.account, partial) is Visibility.GONE


def test_what_is_processed_may_still_be_stopped_and_what_was_published_not(tiktok):
    tiktok.simulator.settings(tiktok_processing_seconds=100)
    message = tiktok.message()
    receipt = commit(tiktok, message, tiktok.stage(message))
    stopped = tiktok.withdraw(receipt.external_id)
    tiktok.simulator.advance(200)
    after = tiktok.visible

    other = tiktok.message("Bài thứ hai.")
    late = commit(tiktok, other, tiktok.stage(other))
    tiktok.simulator.advance(200)

    assert (stopped, after) == (True, [])
    with pytest.raises(Rejected) as caught:
        tiktok.withdraw(late.external_id)
    assert caught.value.code == "no_removal"


def test_the_trace_of_a_draft_is_hidden_and_of_a_post_that_people_deleted_too(tiktok):
    """TikTok does not report whether it was deleted or only closed to residents: they see it no
    more."""
    draft = tiktok.stage(tiktok.message())
    shown = tiktok.publish(tiktok.message("Bài thứ hai.")).external_id

    traces = [
        tiktok.call("read_visibility", tiktok.account, external_id)
        for external_id in (draft, shown, "7432109876543210987")
    ]

    assert traces == [Visibility.HIDDEN, Visibility.VISIBLE, Visibility.HIDDEN]


def test_the_page_reports_what_is_live_on_it_newest_first(tiktok):
    since = datetime.now(UTC) - timedelta(hours=1)
    now = datetime.now(UTC).timestamp()
    tiktok.simulator.post("tiktok", tiktok.id, "Bài cũ", created_at=now - 86_400)
    posts = [
        tiktok.simulator.post(
            "tiktok", tiktok.id, f"Bài {n}", created_at=now - 1800 + n, by="person"
        )
        for n in range(23)
    ]

    found = tiktok.call("list_posts", tiktok.account, since)

    assert [post.external_id for post in found] == [post["id"] for post in reversed(posts)]
    assert (found[0].text, found[0].ours) == ("Bài 22", None)
    assert found[0].permalink == posts[-1]["permalink"]


def test_more_posts_than_a_question_takes_are_counted(tiktok):
    posts = [tiktok.simulator.post("tiktok", tiktok.id, f"Bài {n}")["id"] for n in range(21)]
    tiktok.simulator.advance(3600)

    figures = tiktok.call("measure", tiktok.account, [*posts, "7432109876543210987"])

    assert list(figures) == posts
    assert all(figure.views is not None and figure.reach is None for figure in figures.values())


# --- photos ---------------------------------------------------------------------------------------


def test_photos_are_published_by_one_call(tiktok, photo):
    draft = tiktok.stage(photo)
    before = calls(tiktok)

    receipt = tiktok.commit(photo, draft)

    (seen,) = tiktok.visible
    assert ("stage" in before, "publish" in before, calls(tiktok)["publish"]) == (False, False, 1)
    assert (seen["title"], seen["text"], len(seen["media"])) == ("Đường hoa", photo.text, 2)
    link = f"{tiktok.app['link_url']}/@{tiktok.page['username']}/photo/{seen['id']}"
    assert receipt == Receipt(f"photo/{seen['id']}", link)
    assert seen["permalink"] == link
    assert seen["info"]["auto_add_music"] is False  # nothing may sound that nobody approved


def test_the_title_of_photos_is_counted_as_the_platform_counts_it(tiktok, photo):
    form = tiktok.facts.format("photo")
    just, over = (replace(photo, title="👮" * length) for length in (45, 46))

    tiktok.publish(just)
    with pytest.raises(Rejected):
        tiktok.publish(over)

    assert (find_problems(form, just), find_problems(form, over)) == (
        [],
        [Problem("title_long", 2)],
    )


def test_photos_that_are_not_listed_are_not_called_absent(tiktok, photo):
    since, draft = datetime.now(UTC), tiktok.stage(photo)
    tiktok.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        commit(tiktok, photo, draft)
    while not tiktok.visible:  # it fetches them meanwhile
        tiktok.simulator.advance(60)

    with pytest.raises(OutcomeUnknown) as unlisted:
        tiktok.find(photo, draft, since)
    tiktok.simulator.settings(tiktok_lists_photos=True)

    (seen,) = tiktok.visible
    assert unlisted.value.code == "unlisted"
    assert tiktok.find(photo, draft, since).external_id == f"photo/{seen['id']}"


def test_photos_are_counted_where_they_are_listed_and_otherwise_not_called_gone(tiktok, photo):
    receipt = tiktok.publish(photo)
    unlisted = tiktok.call("measure", tiktok.account, [receipt.external_id])
    tiktok.simulator.settings(tiktok_lists_photos=True)

    listed = tiktok.call("measure", tiktok.account, [receipt.external_id])

    assert unlisted == {receipt.external_id: Figures()}
    assert listed[receipt.external_id].views is not None


def test_photos_that_the_platform_could_not_fetch_are_refused(tiktok, photo):
    missing = Image(b"", "image/jpeg", "c" * 64, url=f"{tiktok.simulator.url}/media/{'0' * 64}")
    message = replace(photo, media=[missing])

    with pytest.raises(Rejected) as caught:
        tiktok.publish(message)

    assert caught.value.code == "photo_pull_failed"


# --- connection -----------------------------------------------------------------------------------


def connect(tiktok, *, pkce="none", without=(), back="https://portal.example.vn/tiktok/callback"):
    """Go through the dialog as a person would, who unticks some rights."""
    app = {**tiktok.app, "pkce": pkce}
    verifier = "v" * 43
    address = Tiktok.consent_url(app, redirect_uri=back, state="S", verifier=verifier)
    asked = parse_qs(urlsplit(address).query)
    ticked = [scope for scope in asked["scope"][0].split(",") if scope not in without]
    sent = tiktok.simulator.consent(
        address, account=tiktok.page["owner"], page=tiktok.id, decision="allow", scope=ticked
    )
    answer = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
    assert (answer["state"], sent.partition("?")[0]) == ("S", back)
    return tiktok.call(
        "list_connectable_pages", app, answer, redirect_uri=back, verifier=verifier
    ), asked


@pytest.mark.parametrize("pkce", ["none", "hex", "base64url"])
def test_consent_opens_one_account(tiktok, pkce):
    tiktok.simulator.settings(tiktok_pkce=pkce)

    (offer,), asked = connect(tiktok, pkce=pkce)

    assert ("code_challenge" in asked) == (pkce != "none")
    assert "client_key" in asked
    profile = offer.profile
    assert (profile.external_id, profile.handle, profile.followers) == (
        tiktok.id,
        tiktok.page["username"],
        1000,
    )
    assert (offer.usable, list(profile.missing)) == (True, [])
    assert (offer.tokens.lifetime, offer.tokens.grant_lifetime) == (
        timedelta(hours=2),
        timedelta(days=180),
    )


def test_a_challenge_in_the_other_coding_is_refused(tiktok):
    tiktok.simulator.settings(tiktok_pkce="hex")

    with pytest.raises(Rejected):
        connect(tiktok, pkce="base64url")


@pytest.mark.parametrize(
    ("without", "usable"),
    [
        (["user.info.stats", "user.info.profile"], True),
        (["video.publish"], False),
        (["video.list"], True),
        (["video.upload"], True),
    ],
)
def test_rights_that_were_unticked_are_named(tiktok, without, usable):
    (offer,), _asked = connect(tiktok, without=without)
    granted = [right for right in tiktok.facts.rights if right not in offer.profile.missing]
    account = tiktok.account_with(offer.tokens.token, granted=granted)

    later = tiktok.call("read_profile", account)

    assert (set(offer.profile.missing), offer.usable) == (set(without), usable)
    assert set(later.missing) == set(without)
    assert (later.external_id, later.name) == (tiktok.id, tiktok.page["name"])
    assert later.followers == (None if "user.info.stats" in without else 1000)


def test_an_account_whose_name_stays_closed_is_not_connected(tiktok):
    with pytest.raises(Rejected) as caught:
        connect(tiktok, without=["user.info.basic"])

    assert caught.value.code == "scope_not_authorized"


def test_an_account_whose_profile_stays_closed_tells_nothing_of_itself(tiktok):
    (offer,), _asked = connect(tiktok, without=["user.info.profile"])
    account = tiktok.account_with(offer.tokens.token)

    assert tiktok.call("read_page_details", account) == PageDetails()


def test_a_refresh_token_works_once(tiktok):
    tokens = tiktok.call("refresh_tokens", tiktok.account)
    renewed = tiktok.account_with(tokens.token, tokens.refresh_token)

    with pytest.raises(AccessLost):
        tiktok.call("refresh_tokens", tiktok.account)

    assert tiktok.call("read_profile", renewed).external_id == tiktok.id
    assert tokens.lifetime == timedelta(hours=2)


def test_a_renewal_whose_answer_is_lost_is_unknown(tiktok):
    tiktok.fault("drop_after", operation="token")

    with pytest.raises(OutcomeUnknown):
        tiktok.call("refresh_tokens", tiktok.account)


def test_an_account_that_posted_enough_today_is_no_lost_connection(tiktok):
    tiktok.simulator.settings(tiktok_posts_per_day=1)
    tiktok.publish(tiktok.message())

    assert list(tiktok.call("read_profile", tiktok.account).missing) == []
    with pytest.raises(TryLater) as caught:
        tiktok.stage(tiktok.message())
    assert (caught.value.code, caught.value.wait) == ("spam_risk_too_many_posts", DAY)
