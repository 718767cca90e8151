"""Facebook's own: its error table, uploads, duplicates, comments, figures, consent, and the page's
allowance.
"""

import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from channels.reasons import describe_reason
from platforms import client
from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Draft, Image, Visibility
from platforms.meta.errors import RightMissing
from platforms.meta.facebook.connector import Facebook
from simulator import images

# Code, subcode, the error of a call that shows something, and that of any other: section 6 of the
# contract, row by row.
TABLE = [
    *((code, None, OutcomeUnknown, TryLater) for code in (1, 2)),
    (1, 99, OutcomeUnknown, TryLater),
    (3, None, Rejected, Rejected),
    *((code, None, TryLater, TryLater) for code in (4, 17, 32, 341, 613)),
    (80001, 2446079, TryLater, TryLater),
    *((code, None, RightMissing, RightMissing) for code in (10, 200, 210, 230, 299)),
    *((code, None, AccessLost, AccessLost) for code in (102, 190)),
    *(
        (190, subcode, AccessLost, AccessLost)
        for subcode in (458, 459, 460, 463, 464, 466, 467, 468, 492)
    ),
    *((100, subcode, Rejected, Rejected) for subcode in (None, 33, 36007, 36008, 36009)),
    *((368, subcode, Rejected, Rejected) for subcode in (None, 1390008, 1346003)),
    *((code, None, TryLater, TryLater) for code in (389, 2635, 1609005, 6000, 6001)),
    (506, 1455006, OutcomeUnknown, Rejected),
    (803, None, Rejected, Rejected),
    *(
        (code, None, Rejected, Rejected)
        for code in (1366046, 1349125, 382, 2061006, 1404102, 1609008)
    ),
    (1366051, None, OutcomeUnknown, Rejected),
    *((code, None, AccessLost, AccessLost) for code in (1404078, 4854002, 1404006, 1404112)),
    *((code, None, OutcomeUnknown, TryLater) for code in (1363047, 1609010)),
    (3001, 1504028, Rejected, Rejected),
]


@pytest.fixture
def facebook(platform_of):
    return platform_of("facebook")


@pytest.mark.parametrize(("code", "subcode", "visible", "harmless"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, subcode, visible, harmless):
    body = {"error": {"message": "words", "code": code, "error_subcode": subcode}}

    found = [Facebook(None).error_for(400, body, writes=writes) for writes in (True, False)]

    assert [type(error) for error in found] == [visible, harmless]


@pytest.mark.parametrize(("code", "subcode", "_visible", "_harmless"), TABLE)
def test_each_code_is_reported_to_officers_in_words_of_ours(code, subcode, _visible, _harmless):
    body = {"error": {"message": "words", "code": code, "error_subcode": subcode}}

    found = Facebook(None).error_for(400, body, writes=False)

    ours = describe_reason("facebook", found.code, "words") != "the platform said: “words”"
    assert ours or code in (
        389,
        803,
        3001,
    )  # never heard of an officer: no address is fetched, no list read at once


def test_no_code_is_named_in_words_that_the_connector_never_sorts():
    assert set(Facebook.error_kinds) <= {
        *map(str, range(200, 300)),
        *map(str, (row[0] for row in TABLE)),
        "80002",
    }


def test_transient_does_not_mean_that_nothing_was_posted():
    body = {"error": {"message": "words", "code": 99, "is_transient": True}}

    assert type(Facebook(None).error_for(400, body, writes=True)) is OutcomeUnknown


def test_a_limit_without_a_time_is_an_hour():
    error = Facebook(None).error_for(400, {"error": {"message": "", "code": 4}}, writes=True)

    assert error.wait == timedelta(hours=1)


def test_a_success_that_says_false_is_unknown(facebook, serve):
    answer = b'{"success": false}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    account = facebook.account_with(facebook.token, base_url=base)

    with pytest.raises(OutcomeUnknown):
        facebook.commit(facebook.message(), "1_2", account=account)


def test_a_duplicate_that_is_our_own_draft_is_the_receipt(facebook):
    """An earlier try went through although its answer was lost: 506 is the proof."""
    message = facebook.message()
    draft = facebook.stage(message)
    receipt = facebook.commit(message, draft)
    facebook.fault("duplicate", operation="publish")

    assert facebook.commit(message, draft) == receipt


def test_a_duplicate_of_another_post_is_refused(facebook):
    message = facebook.message()
    facebook.publish(message)

    with pytest.raises(Rejected):
        facebook.publish(message)

    assert len(facebook.visible) == 1


def test_a_duplicate_that_cannot_be_looked_up_stays_unknown(facebook):
    draft = facebook.stage(facebook.message())
    facebook.fault("duplicate", operation="publish")
    facebook.fault("error_before", operation="find")

    with pytest.raises(OutcomeUnknown):
        facebook.commit(facebook.message(), draft)


def test_an_address_that_cannot_be_read_does_not_make_the_outcome_unknown(facebook, serve):
    answer = b'{"success": true}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    account = facebook.account_with(facebook.token, base_url=base)

    receipt = facebook.commit(facebook.message(), "1_2", account=account)

    assert (receipt.external_id, receipt.permalink) == ("1_2", "")


def test_one_dead_metric_never_empties_the_rest(facebook, monkeypatch):
    receipt = facebook.publish(facebook.message())
    dead = {"post_media_view": "views", "post_impressions_unique": "reach"}
    monkeypatch.setattr("platforms.meta.facebook.counting._INSIGHTS", dead)
    facebook.simulator.advance(86_400)

    (figures,) = facebook.call("measure", facebook.account, [receipt.external_id]).values()

    assert figures.reach is None
    assert figures.views > 0
    assert None not in (figures.reactions, figures.comments, figures.shares)


def test_counting_stops_while_most_of_the_page_s_calls_are_used_up(facebook):
    receipt = facebook.publish(facebook.message())
    facebook.simulator.settings(facebook_calls_per_day=10)

    async def twice(connector):
        await connector.measure(facebook.account, [receipt.external_id] * 3)
        await connector.measure(facebook.account, [receipt.external_id])

    with pytest.raises(TryLater):
        client.call("facebook", twice, writes=True)


def test_the_list_is_walked_to_its_end(facebook, monkeypatch):
    """A busy page: the post that is looked for stands beyond the first page of the list."""
    start = datetime.now(UTC)
    message = facebook.message()
    receipt = facebook.publish(message)
    for number in range(101):
        facebook.simulator.post("facebook", facebook.id, f"Bài {number}")

    assert facebook.find(message, since=start) == receipt


def test_a_proof_goes_with_every_call_and_no_token_stands_in_an_address(facebook):
    facebook.simulator.settings(facebook_require_proof=True)

    assert facebook.publish(facebook.message()).external_id


def test_the_usage_header_is_read_and_a_broken_one_is_passed_over():
    headers = {
        "X-Business-Use-Case-Usage": json.dumps(
            {"1": [{"call_count": 97, "estimated_time_to_regain_access": 7}]}
        )
    }
    connector = Facebook(None)

    connector.record_usage(headers)
    connector.record_usage({"X-Business-Use-Case-Usage": "{"})

    assert connector.usage == {"1": 97}
    assert connector.wait_from_headers(headers) == timedelta(minutes=7)


# --- videos, Reels and stories --------------------------------------------------------------------


def steps(facebook, message, ref=""):
    draft = Draft(ref)
    for _ in range(50):
        draft = facebook.call("stage", facebook.account, message, draft.ref)
        yield draft
        if draft.ready:
            return
        facebook.simulator.advance(draft.wait.total_seconds())
    raise AssertionError("this will never be whole")


def long_video(facebook, form, opened, *, breaks_at=None):
    """Make a video of three and a half megabytes; ``opened`` learns from where it is read. It may
    break once, as a connection does."""
    content = images.make_plain_mp4(1, seconds=12, size=7 << 19)
    broken = []

    class File(io.BytesIO):
        def seek(self, at, whence=0):
            opened.append(at)
            return super().seek(at, whence)

        def read(self, size=-1):
            if breaks_at is not None and self.tell() >= breaks_at and not broken:
                broken.append(self.tell())
                raise OSError("the cable was pulled")
            return super().read(size)

    video = facebook.real_video(facebook.facts.format(form))
    return replace(
        video,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        open=lambda: File(content),
    )


def test_a_video_goes_out_piece_by_piece_a_step_as_long_as_it_may_last(facebook, monkeypatch):
    monkeypatch.setattr(Facebook, "longest_step", timedelta(0))
    monkeypatch.setattr("platforms.meta.facebook.drafts._CHUNK", 1 << 20)
    opened = []
    message = facebook.message_of("video", media=[long_video(facebook, "video", opened)])

    drafts = list(steps(facebook, message))
    receipt = facebook.commit(message, drafts[-1].ref)

    assert opened == [0, 1 << 20, 2 << 20, 3 << 20]
    assert [draft.ready for draft in drafts] == [False] * 5 + [
        True
    ]  # begun, four pieces, and processed
    assert [(seen["media"], seen["permalink"]) for seen in facebook.visible] == [
        ([message.media[0].sha256], receipt.permalink)
    ]


def test_a_piece_that_is_there_already_is_not_sent_again(facebook, monkeypatch):
    """Its answer was lost, and the platform says where it stands."""
    monkeypatch.setattr(Facebook, "longest_step", timedelta(0))
    monkeypatch.setattr("platforms.meta.facebook.drafts._CHUNK", 1 << 20)
    opened = []
    message = facebook.message_of("video", media=[long_video(facebook, "video", opened)])
    first = facebook.call("stage", facebook.account, message, "")
    facebook.fault("drop_after", operation="stage")
    cut = facebook.call("stage", facebook.account, message, first.ref)

    *_others, last = steps(facebook, message, cut.ref)

    assert opened == [0, 1 << 20, 2 << 20, 3 << 20]
    assert facebook.commit(message, last.ref).permalink == facebook.visible[0]["permalink"]


def test_a_video_that_is_whole_is_not_sent_again_when_that_was_not_heard(facebook):
    message = facebook.message_of("video")
    facebook.fault(
        "drop_after", skip=3
    )  # after the beginning, a look and the only piece: the answer to the finish
    begun = facebook.call("stage", facebook.account, message, "")
    with pytest.raises(TryLater):
        facebook.call("stage", facebook.account, message, begun.ref)

    drafts = list(steps(facebook, message, begun.ref))

    assert {json.loads(draft.ref)["id"] for draft in drafts} == {json.loads(begun.ref)["id"]}


def test_a_whole_video_whose_finish_was_not_heard_is_deleted_with_its_draft(facebook):
    """Its upload session is over, so cancelling that finds nothing while the video remains."""
    message = facebook.message_of("video")
    facebook.fault("drop_after", skip=3)
    begun = facebook.call("stage", facebook.account, message, "")
    with pytest.raises(TryLater):
        facebook.call("stage", facebook.account, message, begun.ref)
    before = facebook.call("read_visibility", facebook.account, begun.ref)

    deleted = facebook.withdraw(begun.ref)

    after = facebook.call("read_visibility", facebook.account, begun.ref)
    assert (before, deleted, after) == (Visibility.HIDDEN, True, Visibility.GONE)


def test_a_platform_that_knows_better_where_an_upload_stands_is_believed(facebook, serve):
    """Its own SDK reads it so: a piece from the wrong place is refused with the right one."""
    status = {
        "error": {
            "message": "x",
            "code": 6001,
            "error_subcode": 1363037,
            "error_data": {"start_offset": "2048"},
        }
    }
    answer = json.dumps(status).encode()
    base = serve(
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
    )
    account = facebook.account_with(facebook.token, base_url=base)

    async def piece(connector):
        return await connector._send_chunk(account, aiohttp.FormData({"a": "b"}), 5)

    assert client.call("facebook", piece, writes=False) == 2048


@pytest.mark.parametrize("form", ["reel", "video_story"])
def test_the_upload_host_goes_on_where_the_connection_broke(facebook, form):
    opened = []
    message = facebook.message_of(
        form, media=[long_video(facebook, form, opened, breaks_at=2 << 20)]
    )
    begun = facebook.call("stage", facebook.account, message, "")
    cut = facebook.call("stage", facebook.account, message, begun.ref)
    number = json.loads(begun.ref)["id"]

    async def goes_on(connector):
        return await connector.call_api(facebook.account, number, params={"fields": "status"})

    while not client.call("facebook", goes_on, writes=False)["status"]["uploading_phase"][
        "bytes_transferred"
    ]:
        pass  # until the host has noticed
    *_others, last = steps(facebook, message, cut.ref)
    facebook.commit(message, last.ref)

    assert (cut.ready, cut.ref) == (False, begun.ref)
    assert opened[0] == 0 < opened[1] <= 2 << 20
    assert [seen["media"] for seen in facebook.visible] == [[message.media[0].sha256]]


def test_no_other_host_gets_the_token_or_an_unpublished_video(facebook, serve):
    """The address comes out of an answer, and is kept with the draft."""
    elsewhere = serve(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"success": true}')
    message = facebook.message_of("reel")
    begun = facebook.call("stage", facebook.account, message, "")

    with pytest.raises(Rejected) as caught:
        facebook.call(
            "stage", facebook.account, message, begun.ref.replace(facebook.simulator.url, elsewhere)
        )

    assert caught.value.code == "upload_host"
    assert describe_reason("facebook", "upload_host").startswith("the platform named an address")


def test_an_upload_that_the_host_refuses_is_begun_anew(facebook):
    """Here it stands under another page's number, which our token does not open."""
    other = facebook.simulator.page("facebook", name="Công an xã Đồng Lúa")
    theirs = facebook.account_with(
        other["tokens"]["access_token"], external_id=other["external_id"]
    )
    message = facebook.message_of("reel")
    lost = json.loads(facebook.call("stage", theirs, message, "").ref)
    begun = json.loads(facebook.call("stage", facebook.account, message, "").ref)

    anew = facebook.call(
        "stage", facebook.account, message, json.dumps({**begun, "to": lost["to"]})
    )

    assert json.loads(anew.ref)["id"] not in (begun["id"], lost["id"])
    assert facebook.commit(message, list(steps(facebook, message, anew.ref))[-1].ref).permalink


def test_what_was_there_before_is_not_listed(facebook):
    now = facebook.simulator.ask("GET", "/_sim/truth")["now"]
    facebook.simulator.post("facebook", facebook.id, "Cũ", created_at=now - 60)
    new = facebook.simulator.post("facebook", facebook.id, "Mới", created_at=now - 10)["id"]

    data = facebook.call("list_posts", facebook.account, datetime.fromtimestamp(now - 30, UTC))

    assert [comment.external_id for comment in data] == [new]


@pytest.mark.parametrize(
    ("phase", "trace"),
    [
        ({"status": "not_started"}, Visibility.HIDDEN),
        ({"status": "complete"}, Visibility.VISIBLE),
        ({"status": "complete", "publish_status": "draft"}, Visibility.HIDDEN),
        ({"status": "complete", "publish_status": "published"}, Visibility.VISIBLE),
        ({}, Visibility.VISIBLE),
    ],
)
def test_a_video_that_calls_itself_published_is_believed_once_its_phase_says_so(
    facebook, serve, phase, trace
):
    status = {"video_status": "ready"} | ({"publishing_phase": phase} if phase else {})
    body = {"id": "14", "published": True, "status": status}
    answer = json.dumps(body).encode()
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    account = facebook.account_with(facebook.token, base_url=base)

    assert facebook.call("read_visibility", account, "14") == trace


@pytest.mark.parametrize("form", ["reel", "video", "video_story"])
def test_a_video_that_facebook_cannot_read_is_refused_before_its_second(facebook, form):
    content = b"no video at all"
    video = replace(
        facebook.real_video(facebook.facts.format(form)),
        size=len(content),
        open=lambda: io.BytesIO(content),
    )

    with pytest.raises(Rejected) as caught:
        facebook.stage(facebook.message_of(form, media=[video]))

    assert describe_reason("facebook", caught.value.code).startswith(
        "Facebook could not process the video"
    )
    assert facebook.visible == []


@pytest.mark.parametrize("form", ["reel", "video_story"])
def test_what_fails_after_it_was_accepted_is_refused_then(facebook, form):
    message = facebook.message_of(form)
    draft = facebook.stage(message)
    facebook.fault("process_error", operation="publish")

    with pytest.raises(Rejected):
        facebook.commit(message, draft)

    assert facebook.visible == []
    assert facebook.find(message, draft) is None


def test_an_upload_that_keeps_failing_is_given_up_in_the_end(facebook):
    message = facebook.message_of("reel")
    refs = [""]
    for _ in range(3):
        refs.append(facebook.call("stage", facebook.account, message, refs[-1]).ref)
        facebook.withdraw(refs[-1])

    with pytest.raises(Rejected):
        facebook.call("stage", facebook.account, message, refs[-1])

    assert len({json.loads(ref)["id"] for ref in refs[1:]}) == 3


@pytest.mark.parametrize("form", ["reel", "video", "video_story"])
@pytest.mark.parametrize("made", [True, False])
def test_what_ai_made_is_labelled_where_facebook_has_a_label(facebook, form, made):
    assert facebook.facts.format(form).labels_ai
    facebook.publish(facebook.message_of(form, ai_made=made))

    assert [seen["ai"] for seen in facebook.visible] == [made]


def test_the_thirty_first_reel_of_a_day_waits(facebook):
    message = facebook.message_of("reel")
    draft = facebook.stage(message)
    for number in range(30):
        facebook.publish(replace(message, text=f"Số {number}"))

    with pytest.raises(TryLater):
        facebook.commit(message, draft)

    assert len(facebook.visible) == 30


def test_a_reel_is_in_processing_until_residents_see_it(facebook):
    message = facebook.message_of("reel")
    draft = facebook.stage(message)
    facebook.fault("late_apply", operation="publish", seconds=600)

    accepted = facebook.call("commit", facebook.account, message, draft)
    waiting = facebook.call("check_processing", facebook.account, message, accepted.external_id)
    facebook.simulator.advance(601)
    shown = facebook.call("check_processing", facebook.account, message, accepted.external_id)

    assert (
        accepted.processing,
        waiting,
        facebook.call("find", facebook.account, message, draft, _now()),
    ) == (
        True,
        None,
        shown,
    )
    assert shown.permalink == facebook.visible[0]["permalink"]


@pytest.mark.parametrize("form", ["reel", "video_story"])
def test_what_was_accepted_is_never_finished_twice_though_no_post_is_reported(facebook, form):
    message = facebook.message_of(form)
    draft = facebook.stage(message)
    facebook.simulator.settings(facebook_reports_post_of_video=False)
    facebook.fault("late_apply", operation="publish", seconds=600)
    facebook.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        facebook.commit(message, draft)

    found = facebook.call("find", facebook.account, message, draft, _now())

    assert (found.external_id, found.processing) == (json.loads(draft)["id"], True)


@pytest.mark.parametrize(
    ("publishing", "found"),
    [
        ({"status": "not_started"}, None),
        ({"status": "complete", "publish_status": "draft"}, None),
        ({"status": "in_progress"}, True),
        ({"status": "complete"}, True),
        ({"status": "not_started", "publish_status": "scheduled"}, True),
        ({"status": "not_started", "publish_status": "published"}, True),
    ],
)
def test_a_reel_is_accepted_once_its_publishing_phase_says_so(facebook, serve, publishing, found):
    account = processed(facebook, serve, "complete", publishing)

    receipt = facebook.call(
        "find", account, facebook.message_of("reel"), '{"kind":"reel","id":"14"}', _now()
    )

    assert (receipt and receipt.processing) == found


def test_a_whole_draft_that_is_still_processed_is_unknown(facebook, serve):
    """Some are processed only once they are finished: perhaps this one was."""
    account = processed(facebook, serve, "in_progress", {"status": "not_started"})

    with pytest.raises(OutcomeUnknown):
        facebook.call(
            "find", account, facebook.message_of("reel"), '{"kind":"reel","id":"14"}', _now()
        )


def processed(facebook, serve, processing, publishing):
    """Return an account whose every call reports a Reel in this state, and no post."""
    status = {"video_status": "ready" if processing == "complete" else "processing"}
    status |= {"processing_phase": {"status": processing}, "publishing_phase": publishing}
    answer = json.dumps({"id": "14", "status": status}).encode()
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    return facebook.account_with(facebook.token, base_url=base)


@pytest.mark.parametrize(("code", "subcode"), [(100, 33), (368, 0), (3, 0)])
def test_a_look_that_is_refused_does_not_mean_that_the_reel_was(facebook, code, subcode):
    message = facebook.message_of("reel")
    draft = facebook.stage(message)
    facebook.fault("late_apply", operation="publish", seconds=600)
    accepted = facebook.call("commit", facebook.account, message, draft)
    facebook.fault("refuse", operation="verify", code=code, subcode=subcode)

    with pytest.raises(OutcomeUnknown):
        facebook.call("check_processing", facebook.account, message, accepted.external_id)
    facebook.simulator.advance(601)

    assert facebook.call(
        "check_processing", facebook.account, message, accepted.external_id
    ).permalink
    assert len(facebook.visible) == 1


def test_a_story_is_gone_after_a_day_and_says_so(facebook):
    receipt = facebook.publish(facebook.message_of("photo_story"))
    facebook.simulator.advance(86_401)

    assert (
        facebook.call("read_visibility", facebook.account, receipt.external_id) == Visibility.HIDDEN
    )
    assert facebook.visible == []


def test_a_story_that_was_shown_before_is_known_by_its_photo(facebook):
    message = facebook.message_of("photo_story")
    draft = facebook.stage(message)
    facebook.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        facebook.commit(message, draft)

    assert facebook.commit(message, draft).external_id == facebook.visible[0]["id"]
    assert len(facebook.visible) == 1


def test_a_story_without_a_draft_cannot_be_distinguished_from_another(facebook):
    message = facebook.message_of("photo_story")
    absent = facebook.find(message)
    facebook.publish(message)

    with pytest.raises(OutcomeUnknown):
        facebook.find(message)
    assert absent is None


@pytest.mark.parametrize("form", ["post", "reel", "video"])
def test_without_a_draft_each_is_found_by_its_words_under_its_own_id(facebook, form):
    start = _now()
    message = facebook.message_of(form)
    facebook.publish(replace(facebook.message_of(form), text="Lời khác hẳn."))
    absent = facebook.find(message, since=start)

    receipt = facebook.publish(message)

    assert absent is None
    assert facebook.find(message, since=start) == receipt


@pytest.mark.parametrize("form", ["reel", "video"])
def test_two_videos_with_the_same_words_are_not_distinguished(facebook, form):
    start = _now()
    message = facebook.message_of(form)
    facebook.simulator.settings(facebook_duplicate_seconds=0)
    for _ in range(2):
        facebook.publish(message)

    with pytest.raises(OutcomeUnknown):
        facebook.find(message, since=start)


def test_another_post_with_the_same_words_is_not_the_draft_that_was_cleared_away(facebook):
    start = _now()
    message = facebook.message()
    draft = facebook.stage(message)
    facebook.withdraw(draft)
    facebook.publish(message)

    assert facebook.find(message, draft, start) is None


@pytest.mark.parametrize("form", ["reel", "video"])
def test_another_video_with_the_same_words_is_unknown_about_a_draft_that_was_cleared_away(
    facebook, form
):
    start = _now()
    message = facebook.message_of(form)
    draft = facebook.stage(message)
    facebook.withdraw(draft)
    facebook.publish(message)

    with pytest.raises(OutcomeUnknown):
        facebook.find(message, draft, start)


def test_a_reel_from_before_the_try_is_not_taken_for_it(facebook):
    message = facebook.message_of("reel")
    facebook.publish(message)

    assert facebook.find(message, since=_now() + timedelta(minutes=5)) is None


def _now():
    return datetime.now(UTC)


def test_a_post_that_the_portal_did_not_make_is_noticed(facebook):
    start = _now()
    ours = [
        facebook.publish(facebook.message_of(form.name, form.name))
        for form in facebook.facts.formats
    ]
    foreign = facebook.simulator.post("facebook", facebook.id, "Nhận quà", by="person")["id"]

    data = {
        post.external_id: post.ours for post in facebook.call("list_posts", facebook.account, start)
    }

    post, reel, video, photo_story, video_story = (receipt.external_id for receipt in ours)
    assert data == {
        foreign: False,
        post: True,
        video: True,
        reel: None,
        photo_story: None,
        video_story: None,
    }


# --- comments -------------------------------------------------------------------------------------


@pytest.fixture
def talked_about(facebook):
    """A post with two residents' comments, the older one answered by the page."""
    post = facebook.publish(facebook.message()).external_id
    older = facebook.simulator.comment(facebook.id, post, "Mấy giờ?", by="A. B.")["id"]
    newer = facebook.simulator.comment(facebook.id, post, "Ở đâu?", by="C. D.")["id"]
    facebook.call("reply_to_comment", facebook.account, older, "8 giờ sáng.")
    return post, older, newer


def comments(facebook, post):
    return facebook.call("list_comments", facebook.account, post)


def test_comments_come_newest_first_without_what_the_page_wrote(facebook, talked_about):
    post, older, newer = talked_about

    found = comments(facebook, post)

    assert [
        (comment.external_id, comment.text, comment.answered, comment.replies) for comment in found
    ] == [
        (newer, "Ở đâu?", False, 0),
        (older, "Mấy giờ?", True, 1),
    ]


def test_who_wrote_a_comment_is_asked_by_number_alone_and_shown_to_nobody(
    facebook, talked_about, monkeypatch
):
    asked = []
    calls = Facebook.call

    async def noted(self, method, url, **request):
        asked.append(request.get("params", {}).get("fields", ""))
        return await calls(self, method, url, **request)

    monkeypatch.setattr(Facebook, "call", noted)

    found = comments(facebook, talked_about[0])

    assert asked == ["id,message,created_time,from{id},parent{id},is_hidden,comment_count"]
    writers = [f"70{comment.external_id.partition('_')[2]}" for comment in found]
    assert not any(
        name in f"{found!r}" for name in ("A. B.", "C. D.", "giờ", *writers)
    )  # nor do logs show a word of it


def test_a_comment_whose_writer_is_not_reported_is_shown_though_it_cannot_be_hidden(
    facebook, serve
):
    row = {
        "id": "1_2",
        "message": "Mấy giờ?",
        "created_time": "2026-11-03T10:01:00+0000",
        "can_hide": False,
    }
    answer = json.dumps({"data": [row]}).encode()
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    data = facebook.call(
        "list_comments", facebook.account_with(facebook.token, base_url=base), "1_1"
    )

    assert [comment.text for comment in data] == ["Mấy giờ?"]


def test_a_comment_is_hidden_and_shown_again(facebook, talked_about):
    post, _older, newer = talked_about
    facebook.call("hide_comment", facebook.account, newer)
    hidden = [comment.hidden for comment in comments(facebook, post)]

    facebook.call("hide_comment", facebook.account, newer, hidden=False)

    assert hidden == [True, False]
    assert [comment.hidden for comment in comments(facebook, post)] == [False, False]


def test_a_reply_whose_answer_is_lost_is_unknown_and_never_sent_again_by_itself(
    facebook, talked_about
):
    post, _older, newer = talked_about
    facebook.fault("drop_after", operation="edit")

    with pytest.raises(OutcomeUnknown):
        facebook.call("reply_to_comment", facebook.account, newer, "Ở trụ sở.")

    assert [(comment.answered, comment.replies) for comment in comments(facebook, post)] == [
        (True, 1),
        (True, 1),
    ]


def test_a_reply_without_an_id_is_unknown(facebook, serve):
    answer = b'{"success": true}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    with pytest.raises(OutcomeUnknown):
        facebook.call(
            "reply_to_comment",
            facebook.account_with(facebook.token, base_url=base),
            "1_2",
            "Ở trụ sở.",
        )


@pytest.mark.parametrize("form", ["reel", "video"])
def test_comments_under_a_video_are_found_by_its_own_id(facebook, form):
    video = facebook.publish(facebook.message_of(form)).external_id
    written = facebook.simulator.comment(facebook.id, facebook.visible[0]["id"], "Hay quá")["id"]

    assert [comment.external_id for comment in comments(facebook, video)] == [written]


def test_without_the_right_to_moderate_nothing_is_hidden(facebook, talked_about):
    person = facebook.simulator.user("facebook", pages=[{"external_id": facebook.id}])["id"]
    (offer,) = consent(facebook, person, [facebook.id], without={"pages_manage_engagement"})
    account = facebook.account_with(offer.tokens.token)

    with pytest.raises(Rejected) as caught:
        facebook.call("hide_comment", account, talked_about[2])
    data = facebook.call("list_comments", account, talked_about[0])
    assert [(comment.text, comment.answered) for comment in data] == [
        ("Ở đâu?", False),
        ("Mấy giờ?", True),
    ]
    assert describe_reason("facebook", caught.value.code).startswith(
        "the connection lacks the right to do this"
    )
    assert list(offer.profile.missing) == ["pages_manage_engagement"]
    assert offer.usable


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["reel", "video"])
def test_videos_are_counted_on_their_own_edge(facebook, form):
    video = facebook.publish(facebook.message_of(form)).external_id
    facebook.simulator.advance(3 * 86_400)

    (figures,) = facebook.call("measure", facebook.account, [video]).values()

    assert figures.watch_seconds == figures.views * 4200 // 1000 > 0
    assert None not in (figures.reactions, figures.comments, figures.shares)


def test_what_facebook_does_not_report_yet_is_not_zero(facebook):
    """Insights lag by up to two days; small pages have none at all."""
    page = facebook.simulator.page("facebook", name="Trang nhỏ", followers=20)
    account = facebook.account_with(page["tokens"]["access_token"], external_id=page["external_id"])
    message = facebook.message_of("reel")
    facebook.account = account
    video = facebook.publish(message).external_id

    (figures,) = facebook.call("measure", account, [video]).values()

    assert (figures.views, figures.watch_seconds, figures.reactions) == (None, None, 0)


def test_one_dead_metric_of_videos_never_empties_the_rest(facebook, monkeypatch):
    video = facebook.publish(facebook.message_of("reel")).external_id
    dead = {"blue_reels_play_count": "views", "post_video_views_unique": "reach"}
    monkeypatch.setattr("platforms.meta.facebook.counting._VIDEO_INSIGHTS", dead)
    facebook.simulator.advance(3 * 86_400)

    (figures,) = facebook.call("measure", facebook.account, [video]).values()

    assert figures.views > 0
    assert figures.reach is None


# --- connecting -----------------------------------------------------------------------------------

BACK = "https://portal.example.vn/channels/back/"


def code_of(facebook, person, pages, *, without=(), only=None):
    dialog = Facebook.wider_consent_url(facebook.app, redirect_uri=BACK, state="s", verifier="")
    scopes = [
        scope
        for scope in [*Facebook.facts.rights, *Facebook.facts.optional_rights]
        if scope not in without
    ]
    form = {f"only {scope}": chosen for scope, chosen in (only or {}).items()}
    granted = facebook.simulator.consent(
        dialog, account=person, page=pages, scope=scopes, decision="allow", **form
    )
    return parse_qs(urlsplit(granted).query)["code"][0]


def offers(facebook, code):
    return facebook.call("list_connectable_pages", facebook.app, {"code": code}, redirect_uri=BACK)


def consent(facebook, person, pages, **consented):
    return offers(facebook, code_of(facebook, person, pages, **consented))


@pytest.fixture
def person(facebook):
    """Somebody with two pages; the second is named by the fixture too."""
    other = facebook.simulator.page("facebook", name="Công an xã Đồng Lúa")["external_id"]
    return facebook.simulator.user("facebook", pages=[facebook.id, other])["id"], other


def test_a_page_that_was_not_ticked_for_posting_is_named_as_such(facebook, person):
    someone, other = person

    result = consent(
        facebook, someone, [facebook.id, other], only={"pages_manage_posts": [facebook.id]}
    )

    assert {
        offer.profile.external_id: (offer.usable, list(offer.profile.missing)) for offer in result
    } == {
        facebook.id: (True, []),
        other: (False, ["pages_manage_posts"]),
    }


def test_pages_that_a_business_holds_are_offered_once_each(facebook, person):
    someone, other = person
    hold(facebook, people=[someone], owned_pages=[facebook.id], client_pages=[other, facebook.id])

    result = consent(facebook, someone, [facebook.id, other])
    without = consent(facebook, someone, [facebook.id, other], without={"business_management"})

    assert sorted(offer.profile.external_id for offer in result) == sorted([facebook.id, other])
    assert [offer.usable for offer in result] == [True, True]
    assert without == []


def test_a_page_that_comes_both_ways_is_offered_once(facebook, person):
    someone, other = person
    hold(facebook, people=[someone], owned_pages=[facebook.id], listed=True)

    result = consent(facebook, someone, [facebook.id, other])

    assert sorted(offer.profile.external_id for offer in result) == sorted([facebook.id, other])


def test_a_business_that_the_person_may_not_look_into_hides_no_page(facebook, person):
    someone, other = person
    hold(facebook, people=[someone], owned_pages=[facebook.id], client_pages=[other])
    facebook.simulator.fault(
        "facebook", "refuse", operation="find", code=10
    )  # the first list of pages

    result = consent(facebook, someone, [facebook.id, other])

    assert [offer.profile.external_id for offer in result] == [other]


def test_a_business_that_is_asked_wrongly_is_no_business_without_pages(facebook, person):
    someone, other = person
    hold(facebook, people=[someone], owned_pages=[facebook.id], client_pages=[other])
    facebook.simulator.fault(
        "facebook", "refuse", operation="find", code=100
    )  # the first list of pages

    with pytest.raises(Rejected):
        consent(facebook, someone, [facebook.id, other])


VERIFIER = "v" * 43


def connect_with_pkce(facebook, person, *, verifier=VERIFIER, without=()):
    app = {**facebook.app, "pkce": "S256"}
    dialog = Facebook.consent_url(app, redirect_uri=BACK, state="s", verifier=VERIFIER)
    asked = parse_qs(urlsplit(dialog).query)
    scopes = [scope for scope in asked["scope"][0].split(",") if scope not in without]
    back = facebook.simulator.consent(
        dialog, account=person, page=[facebook.id], scope=scopes, decision="allow"
    )
    answer = {"code": parse_qs(urlsplit(back).query)["code"][0]}
    return facebook.call(
        "list_connectable_pages", app, answer, redirect_uri=BACK, verifier=verifier
    )


def test_a_challenge_binds_the_code_where_it_is_switched_on(facebook, person):
    (offer,) = connect_with_pkce(facebook, person[0])

    assert (offer.usable, list(offer.profile.missing)) == (True, [])
    with pytest.raises(Rejected):
        connect_with_pkce(facebook, person[0], verifier="w" * 43)


def test_facebook_forgets_a_challenge_without_the_right_openid(facebook, person):
    """As seen in 2026: the dialog drops it in silence, and the verifier is refused."""
    with pytest.raises(Rejected, match="without a code_challenge"):
        connect_with_pkce(facebook, person[0], without={"openid"})


def test_no_challenge_and_no_further_right_goes_along_by_default(facebook):
    dialog = Facebook.consent_url(facebook.app, redirect_uri=BACK, state="s", verifier=VERIFIER)
    asked = parse_qs(urlsplit(dialog).query)

    assert asked["scope"] == [",".join(Facebook.facts.rights)]
    assert "code_challenge" not in asked


def hold(facebook, **business):
    facebook.simulator.ask("POST", "/_sim/businesses", {"name": "Công an tỉnh", **business})


def test_all_pages_of_a_person_are_offered_however_many(facebook):
    pages = [
        facebook.simulator.page("facebook", name=f"Trang {n}")["external_id"] for n in range(101)
    ]
    someone = facebook.simulator.user("facebook", pages=pages)["id"]

    assert [offer.profile.external_id for offer in consent(facebook, someone, pages)] == pages


def test_a_code_that_was_used_is_refused_in_words(facebook, person):
    code = code_of(facebook, person[0], [facebook.id])
    offers(facebook, code)

    with pytest.raises(Rejected) as caught:
        offers(facebook, code)

    assert caught.value.code == "100/36009"
    assert (
        describe_reason("facebook", caught.value.code)
        == "Facebook's answer was used already or is too old; connect again"
    )


def test_the_end_of_data_access_is_no_end_of_publishing(facebook):
    facebook.simulator.advance(91 * 86_400)

    assert list(facebook.call("read_profile", facebook.account).missing) == []
    assert facebook.publish(facebook.message()).permalink


@pytest.mark.parametrize("subcode", [458, 460, 492])
def test_a_health_check_says_why_a_token_died(facebook, subcode):
    facebook.simulator.kill_tokens("facebook", page=facebook.id, subcode=subcode)

    with pytest.raises(AccessLost) as caught:
        facebook.call("read_profile", facebook.account)

    assert caught.value.code == f"190/{subcode}"


def test_a_picture_keeps_what_it_shows_for_those_who_cannot_see_it(facebook):
    image = facebook.image()
    assert isinstance(image, Image)
    facebook.publish(facebook.message_of("post", media=[replace(image, alt="Sơ đồ đường đi")]))

    assert [seen["alt"] for seen in facebook.visible] == [["Sơ đồ đường đi"]]
