"""Instagram's own: containers and what becomes of them, each product's figures, and the way in
through a Page.
"""

import json
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.limits import choose_format, find_problems
from platforms.messages import Visibility
from platforms.meta.containers import staged_post
from platforms.meta.errors import RightMissing
from platforms.meta.instagram import counting
from platforms.meta.instagram.connector import Instagram
from simulator import images
from tests.platforms.conftest import plain_jpeg
from tests.platforms.fetched import fetched_video, picture

TABLE = [
    (-2, 2207003, TryLater, TryLater),
    (-2, 2207020, TryLater, TryLater),
    (-1, 2207001, OutcomeUnknown, TryLater),
    (-1, 2207032, OutcomeUnknown, TryLater),
    (-1, 2207053, OutcomeUnknown, TryLater),
    (-1, 2207073, OutcomeUnknown, TryLater),
    (1, 2207057, Rejected, Rejected),
    (1, None, OutcomeUnknown, TryLater),
    (2, None, OutcomeUnknown, TryLater),
    (3, None, RightMissing, RightMissing),
    (4, 2207051, Rejected, Rejected),
    (4, None, TryLater, TryLater),
    (9, 2207042, TryLater, TryLater),
    (10, None, RightMissing, RightMissing),
    (17, None, TryLater, TryLater),
    (24, 2207006, Rejected, Rejected),
    (24, 2207008, TryLater, TryLater),
    (25, 2207050, AccessLost, AccessLost),
    (32, None, TryLater, TryLater),
    (100, None, Rejected, Rejected),
    (100, 33, Rejected, Rejected),
    (100, 2207023, Rejected, Rejected),
    (100, 2207028, Rejected, Rejected),
    (100, 2207035, Rejected, Rejected),
    (100, 2207040, Rejected, Rejected),
    (190, 458, AccessLost, AccessLost),
    (190, 463, AccessLost, AccessLost),
    (200, None, RightMissing, RightMissing),
    (352, 2207026, Rejected, Rejected),
    (368, 1390008, Rejected, Rejected),
    (613, None, TryLater, TryLater),
    (9004, 2207052, TryLater, TryLater),
    (9007, 2207027, TryLater, TryLater),
    (36000, 2207004, Rejected, Rejected),
    (36001, 2207005, Rejected, Rejected),
    (36003, 2207009, Rejected, Rejected),
    (36004, 2207010, Rejected, Rejected),
    (80002, 2446079, TryLater, TryLater),
]


@pytest.fixture
def instagram(platform_of):
    return platform_of("instagram")


def made(instagram) -> int:
    """Count the containers that were asked for."""
    return instagram.simulator.requests()["instagram"].get("stage", 0)


def step(instagram, message, draft=""):
    return instagram.call("stage", instagram.account, message, draft)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "subcode", "visible", "harmless"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, subcode, visible, harmless):
    body = {"error": {"message": "words", "code": code, "error_subcode": subcode}}

    found = [Instagram(None).error_for(400, body, writes=writes) for writes in (True, False)]

    assert [type(error) for error in found] == [visible, harmless]


@pytest.mark.parametrize(
    "words", ["Complete Page Publishing Authorization.", "Turn on two-factor authentication."]
)
def test_a_check_that_a_person_has_to_pass_is_lost_access_whatever_its_number(words):
    body = {"error": {"message": words, "code": 100}}

    error = Instagram(None).error_for(400, body, writes=True)

    assert (type(error), error.code) == (AccessLost, "check")


# --- what is made ---------------------------------------------------------------------------------


def test_a_picture_goes_with_its_caption_and_its_description(instagram):
    instagram.publish(instagram.message("Ngày hội #toanquoc"))

    (seen,) = instagram.visible
    assert (seen["text"], seen["product"], seen["type"]) == ("Ngày hội #toanquoc", "FEED", "IMAGE")
    assert seen["alts"] == ["Ảnh minh họa"]


def test_a_carousel_mixes_pictures_and_videos_in_their_order(instagram):
    media = [
        picture(instagram.simulator),
        fetched_video(instagram.simulator),
        picture(instagram.simulator, plain_jpeg(800, 600)),
    ]

    instagram.publish(instagram.message(media=media))

    (seen,) = instagram.visible
    assert (seen["type"], seen["media"]) == ("CAROUSEL_ALBUM", [medium.sha256 for medium in media])


def test_a_video_alone_is_a_reel_with_its_cover(instagram):
    cover = picture(instagram.simulator)

    instagram.publish(
        instagram.message(
            media=[fetched_video(instagram.simulator, cover=cover)], format="reel", ai_made=True
        )
    )

    (seen,) = instagram.visible
    assert (seen["product"], seen["cover"], seen["ai"]) == ("REELS", cover.url, True)


def test_a_video_alone_in_a_post_is_a_reel_too_for_there_is_nothing_else(instagram):
    instagram.publish(instagram.message(media=[fetched_video(instagram.simulator)]))

    assert [seen["product"] for seen in instagram.visible] == ["REELS"]


@pytest.mark.parametrize("kind", [picture, fetched_video])
def test_a_story_shows_no_text(instagram, kind):
    receipt = instagram.publish(
        instagram.message("", media=[kind(instagram.simulator)], format="story")
    )

    (seen,) = instagram.visible
    assert (seen["product"], seen["text"], seen["id"]) == ("STORY", "", receipt.external_id)


@pytest.mark.parametrize("media", [[picture], [picture, fetched_video], [fetched_video]])
def test_every_post_in_the_feed_that_ai_made_bears_the_platforms_own_label(instagram, media):
    shown = [make(instagram.simulator) for make in media]
    instagram.publish(instagram.message(media=shown, ai_made=True))

    assert [seen["ai"] for seen in instagram.visible] == [True]
    assert Instagram.facts.format("post").labels_ai


def test_what_is_not_labelled_is_not_made_by_ai(instagram):
    instagram.publish(instagram.message())

    assert [seen["ai"] for seen in instagram.visible] == [False]


@pytest.mark.parametrize(
    ("content", "code"),
    [(images.make_plain_png(1), "36001/2207005"), (plain_jpeg(400, 900), "36003/2207009")],
)
def test_a_picture_of_another_type_or_shape_is_refused(instagram, content, code):
    with pytest.raises(Rejected) as caught:
        instagram.stage(instagram.message(media=[picture(instagram.simulator, content)]))

    assert caught.value.code == code


def test_a_picture_that_cannot_be_fetched_is_tried_again(instagram):
    instagram.simulator.settings(image_hosts=[])

    with pytest.raises(TryLater) as caught:
        instagram.stage(instagram.message())

    assert caught.value.code == "9004/2207052"


def test_the_facts_know_hashtags_mentions_and_what_fits(instagram):
    post = Instagram.facts.formats[0]
    crowded = instagram.message(
        " ".join([*(f"#a{n}" for n in range(31)), *(f"@b{n}" for n in range(21))])
    )

    assert [(problem.rule, problem.n) for problem in find_problems(post, crowded)] == [
        ("too_many_hashtags", 30),
        ("too_many_mentions", 20),
    ]
    assert find_problems(post, instagram.message("Gọi 113 #canhgiac, thư tới a@b.vn")) == []
    assert [problem.rule for problem in find_problems(post, instagram.message(pictures=0))] == [
        "media_missing"
    ]
    assert [problem.rule for problem in find_problems(post, instagram.message(pictures=11))] == [
        "too_many_images",
        "too_many_media",
    ]


def test_a_long_video_becomes_a_reel_and_a_story_is_never_taken_unasked(instagram):
    long, short = (
        fetched_video(instagram.simulator, seconds=200),
        fetched_video(instagram.simulator),
    )

    assert choose_format(Instagram.facts, [long]).name == "reel"
    assert choose_format(Instagram.facts, [short, picture(instagram.simulator)]).name == "post"


# --- waiting --------------------------------------------------------------------------------------


def test_a_container_that_ripens_is_waited_for_by_its_reference(instagram):
    instagram.simulator.settings(instagram_container_seconds=600)
    message = instagram.message(media=[fetched_video(instagram.simulator)])
    begun = step(instagram, message)

    waiting = step(instagram, message, begun.ref)
    instagram.simulator.advance(601)
    ripe = step(instagram, message, waiting.ref)

    assert [draft.ready for draft in (begun, waiting, ripe)] == [False, False, True]
    assert waiting.wait > timedelta(0)
    assert made(instagram) == 1


def test_a_step_that_is_taken_twice_makes_no_second_post(instagram):
    """The worker that took it died before it could store the reference."""
    message = instagram.message(pictures=2)
    begun = step(instagram, message)
    for _ in range(2):
        joined = step(instagram, message, begun.ref)

    instagram.commit(message, joined.ref)

    assert len(instagram.visible) == 1


def test_a_reference_stays_short(instagram):
    """Ten items make the longest: then comes the carousel's own."""
    begun = step(instagram, instagram.message(pictures=10))

    assert len(json.loads(begun.ref)["items"]) == 10
    assert len(begun.ref) < 300


def test_what_failed_on_their_side_is_made_anew_but_not_for_ever(instagram):
    message = instagram.message()
    instagram.fault("process_error", operation="stage", subcode=2207053, times=0)

    with pytest.raises(Rejected) as caught:
        instagram.stage(message)

    assert caught.value.code == "2207053"
    assert made(instagram) == 3


def test_what_failed_once_is_made_anew(instagram):
    message = instagram.message(pictures=2)
    instagram.fault("process_error", operation="stage", subcode=2207076)

    instagram.commit(message, instagram.stage(message))

    assert len(instagram.visible) == 1


def test_a_video_that_they_cannot_take_is_refused_at_once(instagram):
    instagram.fault("process_error", operation="stage", subcode=2207026)

    with pytest.raises(Rejected) as caught:
        instagram.stage(instagram.message(media=[fetched_video(instagram.simulator)]))

    assert caught.value.code == "2207026"
    assert made(instagram) == 1


def test_a_draft_that_expired_is_made_anew_and_never_published(instagram):
    message = instagram.message()
    draft = instagram.stage(message)
    instagram.simulator.advance(86_401)

    absent = instagram.find(message, draft)
    with pytest.raises(Rejected) as caught:
        instagram.commit(message, draft)
    instagram.commit(message, instagram.stage(message))

    assert (absent, caught.value.code) == (None, "EXPIRED")
    assert len(instagram.visible) == 1


def test_a_begun_draft_that_expired_is_made_anew(instagram, monkeypatch):
    monkeypatch.setattr(staged_post, "_PROPAGATION", timedelta(0))
    message = instagram.message(pictures=2)
    begun = step(instagram, message)
    instagram.simulator.advance(86_401)

    again = step(instagram, message, begun.ref)

    assert again.ref != begun.ref
    assert (again.ready, made(instagram)) == (False, 4)


@pytest.mark.parametrize(("code", "subcode"), [(24, 2207008), (100, 33)])
def test_an_old_container_that_is_gone_is_made_anew_unless_it_may_have_been_published(
    instagram, monkeypatch, code, subcode
):
    monkeypatch.setattr(staged_post, "_PROPAGATION", timedelta(0))
    message = instagram.message()
    draft = instagram.stage(message)
    instagram.fault("refuse", operation="verify", code=code, subcode=subcode, times=2)

    anew = step(instagram, message, draft)
    with pytest.raises(OutcomeUnknown):
        instagram.find(message, draft)

    assert json.loads(anew.ref)["again"] == 1
    assert made(instagram) == 2


# --- publishing once ------------------------------------------------------------------------------


def test_a_container_that_is_unknown_for_a_moment_is_published_later_and_once(instagram):
    """Seen on fresh ones: 24/2207008 although they are finished."""
    message = instagram.message()
    draft = instagram.stage(message)
    instagram.simulator.settings(instagram_unknown_seconds=300)
    with pytest.raises(TryLater) as caught:
        instagram.commit(message, draft)
    before = instagram.visible

    instagram.simulator.settings(instagram_unknown_seconds=0)
    instagram.commit(message, draft)

    assert (caught.value.wait, before) == (timedelta(seconds=30), [])
    assert len(instagram.visible) == 1


@pytest.mark.parametrize("refusal", ["9007/2207027", "24/2207008"])
def test_a_used_container_is_the_receipt_of_the_first_try(instagram, refusal):
    instagram.simulator.settings(instagram_used_container=refusal)
    message = instagram.message()
    draft = instagram.stage(message)
    first = instagram.commit(message, draft)

    assert instagram.commit(message, draft) == first
    assert len(instagram.visible) == 1


def test_a_used_container_that_is_denied_is_known_by_its_post(instagram):
    """Seen falsely on fresh ones: 100/33."""
    message = instagram.message()
    draft = instagram.stage(message)
    first = instagram.commit(message, draft)
    instagram.simulator.settings(instagram_unknown_seconds=300)

    assert instagram.commit(message, draft) == first
    assert instagram.find(message, draft) == first


def test_a_used_container_is_known_by_its_reference_alone(instagram):
    """A campaign's texts do not stay in memory until the second."""
    message = instagram.message()
    draft = instagram.stage(message)
    first = instagram.commit(message, draft)

    assert instagram.commit(instagram.message("", pictures=0), draft) == first


def test_a_published_post_that_is_not_on_the_list_yet_is_unknown_until_it_is(instagram):
    message = instagram.message()
    draft = instagram.stage(message)
    receipt = instagram.commit(message, draft)
    lag = instagram.fault("listing_lag", operation="find", seconds=600, times=0)
    for look in (instagram.find, instagram.commit):
        with pytest.raises(OutcomeUnknown):
            look(message, draft)

    instagram.simulator.ask("DELETE", f"/_sim/faults/{lag['id']}")

    assert instagram.find(message, draft) == receipt
    assert len(instagram.visible) == 1


def test_a_state_that_cannot_be_read_leaves_a_refused_publication_an_unknown_outcome(
    instagram,
):
    message = instagram.message()
    draft = instagram.stage(message)
    instagram.commit(message, draft)
    instagram.fault("error_before", operation="verify")

    with pytest.raises(OutcomeUnknown):
        instagram.commit(message, draft)


def test_two_posts_with_the_same_words_are_not_distinguished(instagram):
    start = datetime.now(UTC)
    message = instagram.message()
    for _ in range(2):
        instagram.publish(message)

    with pytest.raises(OutcomeUnknown):
        instagram.find(message, since=start)


@pytest.mark.parametrize("lag", [0, 60])
def test_a_story_whose_answer_was_lost_is_not_distinguished_from_another(instagram, lag):
    """It has no words, and what is listed first may be somebody else's: a recall would take that
    down.
    """
    message = instagram.message("", pictures=1, format="story")
    now = instagram.simulator.ask("GET", "/_sim/truth")["now"]
    if lag:
        instagram.simulator.post(
            "instagram", instagram.id, "", images=1, by="person", created_at=now - 90
        )
    draft = instagram.stage(message)
    instagram.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        instagram.commit(message, draft)
    instagram.fault("listing_lag", operation="find", seconds=lag, times=0)

    for look in (instagram.find, instagram.commit):
        with pytest.raises(OutcomeUnknown):
            look(message, draft)

    assert [seen["product"] for seen in instagram.visible].count("STORY") == 1


def test_a_picture_without_words_is_never_taken_for_a_story(instagram):
    start = datetime.now(UTC)
    instagram.simulator.post("instagram", instagram.id, "", images=1, by="person")

    assert instagram.find(instagram.message("", pictures=1, format="story"), since=start) is None


def test_a_success_without_an_id_is_unknown(instagram, serve):
    answer = b'{"success": true}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    with pytest.raises(OutcomeUnknown):
        instagram.commit(
            instagram.message(),
            "1_2",
            account=instagram.account_with(instagram.token, base_url=base),
        )


def test_what_the_account_may_post_a_day_the_account_says(instagram):
    instagram.simulator.settings(instagram_quota=1)
    late = instagram.stage(instagram.message("Bài hai."))
    instagram.publish(instagram.message())
    containers_before = made(instagram)

    with pytest.raises(TryLater) as early:
        instagram.stage(instagram.message("Bài ba."))
    with pytest.raises(TryLater) as at_the_call:
        instagram.commit(instagram.message("Bài hai."), late)

    assert (early.value.code, at_the_call.value.code) == ("quota", "9/2207042")
    assert (made(instagram), len(instagram.visible)) == (containers_before, 1)


def test_a_draft_whose_answer_was_lost_is_taken_down_by_its_reference(instagram):
    message = instagram.message()
    draft = instagram.stage(message)
    instagram.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        instagram.commit(message, draft)
    before = instagram.call("read_visibility", instagram.account, draft)

    took = instagram.withdraw(draft)

    assert (before, took, instagram.visible) == (Visibility.VISIBLE, True, [])
    assert instagram.call("read_visibility", instagram.account, draft) is Visibility.GONE


def test_a_draft_that_nobody_showed_has_nothing_to_take_down(instagram):
    assert instagram.withdraw(instagram.stage(instagram.message())) is False
    assert instagram.withdraw(step(instagram, instagram.message(pictures=2)).ref) is False


def test_the_list_of_what_is_live_has_stories_and_what_others_posted(instagram):
    start = datetime.now(UTC) - timedelta(minutes=1)
    ours = instagram.publish(instagram.message()).external_id
    story = instagram.publish(instagram.message("", pictures=1, format="story")).external_id
    foreign = instagram.simulator.post(
        "instagram", instagram.id, "Bài của người khác", images=1, by="person"
    )["id"]

    found = instagram.call("list_posts", instagram.account, start)

    assert {comment.external_id for comment in found} == {ours, story, foreign}
    assert [comment.text for comment in found if comment.external_id == foreign] == [
        "Bài của người khác"
    ]
    assert all(post.ours is None and post.permalink for post in found)
    assert (
        instagram.call("list_posts", instagram.account, datetime.now(UTC) + timedelta(minutes=1))
        == []
    )


# --- counting -------------------------------------------------------------------------------------


def figures(instagram, post):
    (found,) = instagram.call("measure", instagram.account, [post]).values()
    return found


def test_a_reel_s_time_watched_is_counted(instagram):
    receipt = instagram.publish(
        instagram.message(media=[fetched_video(instagram.simulator)], format="reel")
    )
    instagram.simulator.advance(86_400)

    found = figures(instagram, receipt.external_id)

    assert found.watch_seconds == round(found.views * 4.2)
    assert None not in (found.reach, found.reactions, found.comments, found.shares, found.saves)


def test_a_story_counts_what_stories_have(instagram):
    receipt = instagram.publish(instagram.message("", pictures=1, format="story"))
    instagram.simulator.advance(80_000)

    found = figures(instagram, receipt.external_id)

    assert None not in (found.views, found.reach, found.comments, found.shares, found.clicks)
    assert (found.reactions, found.saves) == (None, None)


def test_a_story_that_few_saw_is_not_measured_and_no_access_is_lost(instagram):
    """Told with the code of a missing right."""
    receipt = instagram.publish(instagram.message("", pictures=1, format="story"))

    found = figures(instagram, receipt.external_id)

    assert [value for value in astuple(found) if value is not None] == []


def test_what_is_not_counted_yet_is_not_zero(instagram):
    receipt = instagram.publish(instagram.message())

    found = figures(instagram, receipt.external_id)

    assert (found.views, found.reach, found.saves) == (None, None, None)
    assert (found.reactions, found.comments) == (0, 0)


def test_one_dead_metric_never_empties_the_rest(instagram, monkeypatch):
    receipt = instagram.publish(instagram.message())
    dead = {"views": "views", "impressions": "reach", "saved": "saves"}
    monkeypatch.setitem(counting._METRICS, "FEED", dead)
    instagram.simulator.advance(86_400)

    found = figures(instagram, receipt.external_id)

    assert found.reach is None
    assert found.views > 0
    assert found.saves is not None


# --- comments -------------------------------------------------------------------------------------


def said(instagram, post, words):
    return instagram.simulator.comment(instagram.id, post, words, platform="instagram")["id"]


def test_comments_are_listed_answered_and_hidden_without_a_name(instagram):
    post = instagram.publish(instagram.message()).external_id
    for words in ("Mấy giờ?", "Ở đâu?"):
        said(instagram, post, words)
    first, second = before = instagram.call("list_comments", instagram.account, post)

    reply = instagram.call(
        "reply_to_comment", instagram.account, first.external_id, "Mời bà con gọi 113."
    )
    instagram.call("hide_comment", instagram.account, second.external_id)

    after = {
        comment.external_id: comment
        for comment in instagram.call("list_comments", instagram.account, post)
    }
    assert reply not in after
    assert (
        first.answered,
        after[first.external_id].answered,
        after[first.external_id].replies,
    ) == (False, True, 1)
    assert (second.hidden, after[second.external_id].hidden) == (False, True)
    assert [comment.text for comment in before] == ["Ở đâu?", "Mấy giờ?"]
    assert "Nguyễn Thị B" not in repr(before)


def test_a_resident_who_replies_to_another_does_not_answer_for_the_unit(instagram):
    post = instagram.publish(instagram.message()).external_id
    asked = said(instagram, post, "Mấy giờ?")
    instagram.simulator.comment(instagram.id, post, "8 giờ đó.", platform="instagram", parent=asked)

    (comment,) = instagram.call("list_comments", instagram.account, post)

    assert (comment.external_id, comment.answered, comment.replies) == (asked, False, 1)


def test_a_reply_whose_answer_is_lost_is_unknown(instagram):
    comment = said(instagram, instagram.publish(instagram.message()).external_id, "Mấy giờ?")
    instagram.fault("drop_after", operation="edit")

    with pytest.raises(OutcomeUnknown):
        instagram.call("reply_to_comment", instagram.account, comment, "Cảm ơn.")


# --- the way in -----------------------------------------------------------------------------------


def offers(simulator, platform, pages, *, declined=(), only=None, person_id=None, **user):
    asked = [*Instagram.facts.rights, *Instagram.facts.optional_rights]
    dialog = Instagram.wider_consent_url(
        platform.app, redirect_uri="https://portal.example.vn/cb", state="s", verifier=""
    )
    params = parse_qs(urlsplit(dialog).query)
    person = person_id or simulator.user("facebook", pages=pages, **user)["id"]
    scope = [right for right in asked if right not in declined]
    form = {f"only {right}": chosen for right, chosen in (only or {}).items()}
    back = simulator.consent(
        dialog, account=person, page=pages, scope=scope, decision="allow", **form
    )
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    found = platform.call(
        "list_connectable_pages", platform.app, answer, redirect_uri="https://portal.example.vn/cb"
    )
    assert params["scope"] == [",".join(asked)]
    return found


def linked(simulator, name="Công an phường Bến Nắng"):
    page = simulator.page("facebook", name=name)["external_id"]
    return page, simulator.page("instagram", name=name, facebook_page=page)


def test_a_person_is_offered_the_accounts_that_their_pages_are_linked_to(instagram):
    simulator = instagram.simulator
    page, account = linked(simulator)
    bare = simulator.page("facebook")["external_id"]

    (offer,) = offers(simulator, instagram, [page, bare])

    assert (offer.profile.external_id, offer.profile.handle) == (
        account["external_id"],
        account["username"],
    )
    assert offer.profile.address == f"{simulator.url}/instagram/www/{account['username']}/"
    assert (offer.usable, list(offer.profile.missing)) == (True, [])
    assert (offer.tokens.lifetime, offer.tokens.grant_lifetime, offer.tokens.refresh_token) == (
        None,
        None,
        "",
    )
    opened = instagram.account_with(offer.tokens.token, external_id=account["external_id"])
    assert instagram.call("read_profile", opened).name == account["name"]


@pytest.mark.parametrize(
    ("declined", "usable"),
    [("instagram_content_publish", False), ("instagram_manage_contents", True)],
)
def test_a_right_that_was_declined_is_named_and_refused_only_where_posting_needs_it(
    instagram, declined, usable
):
    page, _account = linked(instagram.simulator)

    (offer,) = offers(instagram.simulator, instagram, [page], declined=[declined])

    assert (offer.usable, list(offer.profile.missing)) == (usable, [declined])


def test_without_the_right_to_see_accounts_there_is_nothing_to_offer(instagram):
    page, _account = linked(instagram.simulator)

    assert offers(instagram.simulator, instagram, [page], declined=["instagram_basic"]) == []


def test_an_account_that_was_not_ticked_is_not_usable(instagram):
    simulator = instagram.simulator
    (one, ticked), (two, other) = linked(simulator), linked(simulator, "Công an xã Đồng Lúa")

    result = offers(simulator, instagram, [one, two], only={"instagram_content_publish": [one]})

    assert {
        offer.profile.external_id: (offer.usable, list(offer.profile.missing)) for offer in result
    } == {
        ticked["external_id"]: (True, []),
        other["external_id"]: (False, ["instagram_content_publish"]),
    }


def test_an_account_whose_page_a_business_holds_is_usable(instagram):
    page, account = linked(instagram.simulator)
    person = instagram.simulator.user("facebook", pages=[page])["id"]
    business = {"name": "Công an tỉnh", "people": [person], "owned_pages": [page]}
    instagram.simulator.ask("POST", "/_sim/businesses", business)

    (offer,) = offers(instagram.simulator, instagram, [page], person_id=person)

    assert (offer.profile.external_id, offer.usable) == (account["external_id"], True)


def test_the_token_of_a_page_opens_its_own_account_alone(instagram):
    _page, other = linked(instagram.simulator, "Công an xã Khác")
    astray = instagram.account_with(instagram.token, external_id=other["external_id"])

    with pytest.raises(Rejected):
        instagram.call("stage", astray, instagram.message())
