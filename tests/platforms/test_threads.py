"""Threads' own: how it counts, its containers and replies, and tokens that live for sixty days."""

from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.limits import find_problems
from platforms.meta.containers import staged_post
from platforms.meta.errors import RightMissing
from platforms.meta.threads import counting
from platforms.meta.threads.connector import Threads
from platforms.meta.threads.facts import count_length, make_lead
from simulator.platforms.threads.uploads import count_length as length_there
from tests.platforms.fetched import fetched_video, picture

DAY = 86_400
TABLE = [
    (1, 2207052, TryLater, TryLater),
    (1, None, OutcomeUnknown, TryLater),
    (2, None, OutcomeUnknown, TryLater),
    (4, None, TryLater, TryLater),
    (10, None, RightMissing, RightMissing),
    (17, None, TryLater, TryLater),
    (24, 4279009, TryLater, TryLater),
    (32, None, TryLater, TryLater),
    (100, None, Rejected, Rejected),
    (100, 2207051, Rejected, Rejected),
    (100, 4279013, AccessLost, AccessLost),
    (190, 458, AccessLost, AccessLost),
    (190, 460, AccessLost, AccessLost),
    (190, 463, AccessLost, AccessLost),
    (200, None, RightMissing, RightMissing),
    (613, None, TryLater, TryLater),
]


@pytest.fixture
def threads(platform_of):
    return platform_of("threads")


def step(threads, message, draft=""):
    return threads.call("stage", threads.account, message, draft)


def made(threads) -> int:
    """Count the containers that were asked for."""
    return threads.simulator.requests()["threads"].get("stage", 0)


# --- errors and limits ----------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "subcode", "visible", "harmless"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, subcode, visible, harmless):
    body = {"error": {"message": "words", "code": code, "error_subcode": subcode}}

    found = [Threads(None).error_for(400, body, writes=writes) for writes in (True, False)]

    assert [type(error) for error in found] == [visible, harmless]


def test_a_refused_code_is_reported_in_a_form_of_its_own():
    body = {
        "error_type": "OAuthException",
        "code": 400,
        "error_message": "Matching code was not found",
    }

    error = Threads(None).error_for(400, body, writes=False)

    assert (type(error), error.detail) == (Rejected, "Matching code was not found")


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("Đồng chí", 8),
        ("“Tin giả” – cảnh giác…", 22),
        ("🚨", 4),
        ("☎️", 6),
        ("👨‍👩‍👧‍👦", 25),
        ("🇻🇳", 8),
        ("1️⃣", 7),
    ],
)
def test_emoji_are_counted_by_their_bytes(text, counted):
    assert count_length(text) == counted
    assert count_length(text) >= length_there(text)


def test_a_text_that_just_fits_by_the_count_is_accepted_and_one_more_is_not(threads):
    longest = "🚨" * 20 + "a" * 420

    threads.publish(threads.message(longest))
    with pytest.raises(Rejected):
        threads.publish(threads.message(longest + "a"))

    form = Threads.facts.formats[0]
    assert len(threads.visible) == 1
    assert [problem.n for problem in find_problems(form, threads.message(longest + "a"))] == [1]


def test_more_than_five_different_links_do_not_fit(threads):
    form = Threads.facts.formats[0]
    five = " ".join(f"https://congan.example/{n}" for n in range(5))
    more = threads.message(five, link="https://congan.example/6")

    assert find_problems(form, threads.message(f"{five} https://congan.example/4")) == []
    assert [(problem.rule, problem.n) for problem in find_problems(form, more)] == [
        ("too_many_links", 5)
    ]
    with pytest.raises(Rejected):
        threads.stage(more)


# --- what is made ---------------------------------------------------------------------------------


def test_a_text_carries_its_link_as_a_card(threads):
    threads.publish(threads.message("Ngày hội", link="https://congan.example/ngay-hoi"))

    (seen,) = threads.visible
    assert (seen["type"], seen["text"], seen["link"]) == (
        "TEXT_POST",
        "Ngày hội",
        "https://congan.example/ngay-hoi",
    )


def test_a_long_text_is_attached_to_its_beginning_and_carries_the_link(threads):
    link, text = "https://congan.example/ngay-hoi", f"Ngày hội\n\n{'Mời bà con. ' * 500}"

    threads.publish(threads.message_of("long_text", text, link=link))

    (seen,) = threads.visible
    assert seen["attachment"] == {"plaintext": text, "link_attachment_url": link}
    assert seen["text"] == make_lead(text)
    assert text.startswith(seen["text"].removesuffix("…"))


@pytest.mark.parametrize("letter", ["a", "a ", "🚨", "👨‍👩‍👧‍👦 ", "ệ\n"])
def test_the_beginning_of_a_long_text_is_a_post_that_fits(letter):
    lead = make_lead(letter * 1000)

    assert 0 < count_length(lead) <= Threads.facts.formats[0].max_text
    assert lead.endswith("…")
    assert len(lead) <= 300


def test_a_short_text_is_its_own_beginning():
    assert make_lead("Ngày hội\n") == "Ngày hội\n"


def test_two_long_texts_that_begin_alike_are_told_apart(threads):
    """The posts begin alike; the lists tell the attached texts."""
    before, after = (
        threads.message_of("long_text", f"{'Cảnh giác. ' * 60}{end}")
        for end in ("Gọi 113.", "Gọi 114.")
    )
    threads.publish(before)
    draft = threads.stage(after)
    threads.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        threads.commit(after, draft)

    receipt = threads.find(after, draft)

    (seen,) = [post for post in threads.visible if post["attachment"]["plaintext"] == after.text]
    assert receipt.external_id == seen["id"]


def test_beside_media_the_link_stands_in_the_text(threads):
    link = "https://congan.example/ngay-hoi"

    threads.publish(threads.message(f"Ngày hội\n\n{link}", link=link, pictures=1))

    (seen,) = threads.visible
    assert (seen["type"], seen["link"], seen["alts"]) == ("IMAGE", link, ["Ảnh minh họa"])


def test_a_video_is_a_post(threads):
    shown = fetched_video(threads.simulator)

    threads.publish(threads.message(media=[shown]))

    assert [(seen["type"], seen["media"]) for seen in threads.visible] == [
        ("VIDEO", [shown.sha256])
    ]


def test_a_carousel_waits_for_its_video_and_keeps_the_order(threads):
    threads.simulator.settings(threads_container_seconds=600)
    simulator = threads.simulator
    media = [picture(simulator), fetched_video(simulator), fetched_video(simulator, seed=2)]
    message = threads.message(media=media)
    begun = step(threads, message)
    waiting = step(threads, message, begun.ref)
    simulator.advance(601)
    simulator.settings(threads_container_seconds=0)
    joined = step(threads, message, waiting.ref)
    ripe = step(threads, message, joined.ref)

    threads.commit(message, ripe.ref)

    assert [draft.ready for draft in (begun, waiting, joined, ripe)] == [False, False, False, True]
    assert waiting.ref == begun.ref
    assert [(seen["type"], seen["media"]) for seen in threads.visible] == [
        ("CAROUSEL_ALBUM", [medium.sha256 for medium in media])
    ]


def test_a_medium_that_they_refuse_is_refused_at_once(threads, monkeypatch):
    threads.fault("process_error", operation="stage")
    monkeypatch.setattr(Threads, "transient_failures", frozenset())

    with pytest.raises(Rejected) as caught:
        threads.stage(threads.message(media=[fetched_video(threads.simulator)]))

    assert (caught.value.code, made(threads)) == ("UNKNOWN", 1)


def test_a_video_that_is_none_is_tried_anew_and_then_refused(threads):
    with pytest.raises(Rejected) as caught:
        threads.stage(
            threads.message(media=[fetched_video(threads.simulator, content=b"no video")])
        )

    assert (caught.value.code, made(threads)) == ("FAILED_PROCESSING_VIDEO", 3)


def test_a_begun_draft_that_expired_is_made_anew(threads, monkeypatch):
    monkeypatch.setattr(staged_post, "_PROPAGATION", timedelta(0))
    message = threads.message()
    begun = step(threads, message)
    threads.simulator.advance(DAY + 1)

    again = step(threads, message, begun.ref)

    assert (again.ready, again.ref == begun.ref, made(threads)) == (False, False, 2)


# --- publishing once ------------------------------------------------------------------------------


def test_a_finished_container_that_is_not_known_everywhere_is_published_later_and_once(threads):
    """Seen for minutes: 24/4279009 although it is finished."""
    threads.simulator.settings(threads_unknown_seconds=300)
    message = threads.message()
    draft = threads.stage(message)
    with pytest.raises(TryLater) as caught:
        threads.commit(message, draft)
    before = threads.visible

    threads.simulator.settings(threads_unknown_seconds=0)
    threads.commit(message, draft)

    assert (caught.value.wait, before, len(threads.visible)) == (timedelta(seconds=30), [], 1)


def test_a_published_post_that_is_not_on_the_list_yet_is_unknown_until_it_is(threads):
    message = threads.message()
    draft = threads.stage(message)
    receipt = threads.commit(message, draft)
    lag = threads.fault("listing_lag", operation="find", seconds=600, times=0)
    for look in (threads.find, threads.commit):
        with pytest.raises(OutcomeUnknown):
            look(message, draft)

    threads.simulator.ask("DELETE", f"/_sim/faults/{lag['id']}")

    assert (threads.find(message, draft), len(threads.visible)) == (receipt, 1)


def test_a_draft_that_expired_is_refused(threads):
    message = threads.message()
    draft = threads.stage(message)
    threads.simulator.advance(DAY + 1)

    absent = threads.find(message, draft)
    with pytest.raises(Rejected) as caught:
        threads.commit(message, draft)

    assert (absent, caught.value.code, threads.visible) == (None, "EXPIRED", [])


def test_what_the_profile_may_post_a_day_the_profile_says(threads):
    threads.simulator.settings(threads_quota=1)
    late = threads.stage(threads.message("Bài hai."))
    threads.publish(threads.message())

    with pytest.raises(TryLater) as early:
        threads.stage(threads.message("Bài ba."))
    with pytest.raises(TryLater):
        threads.commit(threads.message("Bài hai."), late)

    assert (early.value.code, len(threads.visible)) == ("quota", 1)


def test_when_the_day_s_deletions_are_used_up_the_recall_waits(threads):
    posts = [threads.publish(threads.message(f"Bài {n}.")).external_id for n in range(2)]
    threads.simulator.settings(threads_deletions=1)
    threads.withdraw(posts[0])

    with pytest.raises(TryLater):
        threads.withdraw(posts[1])

    assert [seen["id"] for seen in threads.visible] == [posts[1]]


def test_the_list_of_what_is_live_leaves_replies_out(threads):
    start = datetime.now(UTC) - timedelta(minutes=1)
    ours = threads.publish(threads.message()).external_id
    foreign = threads.simulator.post("threads", threads.id, "Bài của người khác", by="person")["id"]
    threads.call("reply_to_comment", threads.account, said(threads, ours, "Mấy giờ?"), "8 giờ.")

    found = threads.call("list_posts", threads.account, start)

    assert {comment.external_id: comment.text for comment in found} == {
        ours: threads.message().text,
        foreign: "Bài của người khác",
    }


# --- counting -------------------------------------------------------------------------------------


def figures(threads, post):
    (found,) = threads.call("measure", threads.account, [post]).values()
    return found


def test_what_is_passed_on_is_added_up(threads):
    receipt = threads.publish(threads.message())
    threads.simulator.advance(5 * DAY)

    found = figures(threads, receipt.external_id)

    data = threads.call(
        "read_insights", threads.account, receipt.external_id, ["reposts", "quotes", "shares"]
    )
    assert found.shares == sum(data.values())
    assert found.views > 0


def test_one_dead_metric_never_empties_the_rest(threads, monkeypatch):
    receipt = threads.publish(threads.message())
    monkeypatch.setattr(counting, "_METRICS", {"views": "views", "impressions": "comments"})
    threads.simulator.advance(DAY)

    found = figures(threads, receipt.external_id)

    assert (found.comments, found.views > 0) == (None, True)


def test_without_the_right_to_insights_nothing_is_measured_and_no_access_is_lost(threads):
    receipt = threads.publish(threads.message())
    threads.fault("refuse", operation="measure", code=10, times=0)

    assert [
        value for value in astuple(figures(threads, receipt.external_id)) if value is not None
    ] == []


# --- replies --------------------------------------------------------------------------------------


def said(threads, post, words):
    return threads.simulator.comment(threads.id, post, words, platform="threads")["id"]


def test_replies_are_listed_answered_and_hidden_without_a_name(threads):
    post = threads.publish(threads.message()).external_id
    asked, rude = said(threads, post, "Mấy giờ?"), said(threads, post, "…")
    before = threads.call("list_comments", threads.account, post)

    reply = threads.call("reply_to_comment", threads.account, asked, "8 giờ sáng.")
    threads.call("hide_comment", threads.account, rude)

    after = {
        comment.external_id: comment
        for comment in threads.call("list_comments", threads.account, post)
    }
    assert {comment.external_id for comment in before} == set(after) == {asked, rude}
    assert (
        [comment.answered for comment in before],
        after[asked].answered,
        after[asked].replies,
    ) == (
        [False] * 2,
        True,
        1,
    )
    assert (after[asked].hidden, after[rude].hidden) == (False, True)
    assert [seen["reply_to"] for seen in threads.visible if seen["id"] == reply] == [asked]
    assert "Nguyễn Thị B" not in repr(before)


def test_a_resident_who_replies_to_another_does_not_answer_for_the_unit(threads):
    post = threads.publish(threads.message()).external_id
    asked = said(threads, post, "Mấy giờ?")
    threads.simulator.comment(threads.id, post, "8 giờ đó.", platform="threads", parent=asked)

    (comment,) = threads.call("list_comments", threads.account, post)

    assert (comment.external_id, comment.answered, comment.replies) == (asked, False, 1)


def test_a_hidden_reply_can_be_shown_again(threads):
    post = threads.publish(threads.message()).external_id
    reply = said(threads, post, "Mấy giờ?")
    threads.call("hide_comment", threads.account, reply)

    threads.call("hide_comment", threads.account, reply, hidden=False)

    assert [comment.hidden for comment in threads.call("list_comments", threads.account, post)] == [
        False
    ]


def test_a_reply_whose_answer_is_lost_is_unknown(threads):
    asked = said(threads, threads.publish(threads.message()).external_id, "Mấy giờ?")
    threads.fault("drop_after", operation="publish")

    with pytest.raises(OutcomeUnknown):
        threads.call("reply_to_comment", threads.account, asked, "8 giờ sáng.")


# --- connection -----------------------------------------------------------------------------------


def consent(threads, page, *, declined=()) -> dict[str, str]:
    """Consent in the dialog, and return what it sends the browser back with."""
    dialog = Threads.consent_url(
        threads.app, redirect_uri="https://portal.example.vn/cb", state="s", verifier=""
    )
    scope = [right for right in Threads.facts.rights if right not in declined]
    form = {
        "account": page["owner"],
        "page": page["external_id"],
        "scope": scope,
        "decision": "allow",
    }
    back = threads.simulator.consent(dialog, **form)
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def redeem(threads, answer):
    return threads.call(
        "list_connectable_pages", threads.app, answer, redirect_uri="https://portal.example.vn/cb"
    )


def offers(threads, page, *, declined=()):
    return redeem(threads, consent(threads, page, declined=declined))


def test_a_consent_opens_one_profile_for_sixty_days(threads):
    page = threads.simulator.page("threads", name="Công an xã Tân Hiệp")

    (offer,) = offers(threads, page)

    assert (offer.profile.external_id, offer.profile.name) == (
        page["external_id"],
        "Công an xã Tân Hiệp",
    )
    assert offer.profile.address == f"{threads.simulator.url}/threads/www/@{page['username']}"
    assert (offer.usable, list(offer.profile.missing)) == (True, [])
    assert offer.tokens.grant_lifetime == timedelta(seconds=5_183_944)
    assert offer.tokens.lifetime * 0.8 < timedelta(days=7)


@pytest.mark.parametrize(
    ("declined", "usable"), [("threads_content_publish", False), ("threads_delete", True)]
)
def test_a_right_that_was_declined_is_named_and_refused_only_where_posting_needs_it(
    threads, declined, usable
):
    (offer,) = offers(threads, threads.simulator.page("threads"), declined=[declined])

    assert (offer.usable, list(offer.profile.missing)) == (usable, [declined])


def test_rights_that_are_not_reported_are_not_called_missing(threads):
    """Told of testers' tokens for certain, of others' perhaps."""
    threads.simulator.settings(threads_testers=False)

    (offer,) = offers(threads, threads.simulator.page("threads"), declined=["threads_delete"])

    assert (offer.usable, list(offer.profile.missing)) == (True, [])


def test_without_insights_the_followers_are_not_known(threads):
    (offer,) = offers(
        threads, threads.simulator.page("threads"), declined=["threads_manage_insights"]
    )

    assert offer.profile.followers is None


def test_a_code_works_once(threads):
    answer = consent(threads, threads.page)
    redeem(threads, answer)

    with pytest.raises(Rejected):
        redeem(threads, answer)


def test_a_token_is_renewed_for_sixty_days_more(threads):
    tokens = threads.call("refresh_tokens", threads.account)

    threads.simulator.advance(59.5 * DAY)

    renewed = threads.account_with(tokens.token)
    assert tokens.grant_lifetime == timedelta(seconds=5_183_944)
    assert threads.call("read_profile", renewed).external_id == threads.id
    with pytest.raises(AccessLost):
        threads.call("read_profile", threads.account)


def test_a_token_is_not_renewed_on_its_first_day_and_nothing_is_lost_by_that(threads):
    (offer,) = offers(threads, threads.simulator.page("threads"))

    with pytest.raises(Rejected):
        threads.call("refresh_tokens", threads.account_with(offer.tokens.token))


def test_a_token_that_ran_out_cannot_be_renewed(threads):
    threads.simulator.advance(60 * DAY)

    with pytest.raises(AccessLost) as caught:
        threads.call("refresh_tokens", threads.account)

    assert caught.value.code == "190/463"
