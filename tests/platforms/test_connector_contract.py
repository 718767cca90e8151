"""Promises of every connector, on each platform, over real HTTP."""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.presenters import FORMATS
from channels.reasons import describe_reason
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Figures, Visibility
from platforms.meta.graph import Graph
from platforms.meta.page_access import PageAccess
from platforms.registry import CONNECTORS

KINDS = tuple(CONNECTORS)
STAGING = [kind for kind in KINDS if CONNECTORS[kind].facts.stages]
FINDING = [kind for kind in KINDS if CONNECTORS[kind].facts.finds]
WITHDRAWING = [kind for kind in KINDS if CONNECTORS[kind].facts.withdraws]
ILLUSTRATED = [kind for kind in KINDS if CONNECTORS[kind].facts.formats[0].images]
COMMENTING = [kind for kind in KINDS if CONNECTORS[kind].facts.comments]
# They refuse without a time, and count by the minute.
SAYING_NO_WAIT = {"tiktok", "youtube", "zalo"}
BY_GRAPH = [kind for kind in KINDS if issubclass(CONNECTORS[kind], Graph)]
LISTING = [kind for kind in KINDS if CONNECTORS[kind].facts.lists_posts]
LINKING = [kind for kind in KINDS if CONNECTORS[kind].facts.formats[0].takes_link]


@pytest.fixture(params=KINDS)
def platform(request, platform_of):
    return platform_of(request.param)


@pytest.fixture(params=STAGING)
def staging(request, platform_of):
    return platform_of(request.param)


@pytest.fixture(params=FINDING)
def finding(request, platform_of):
    return platform_of(request.param)


@pytest.fixture(params=[kind for kind in FINDING if kind in WITHDRAWING])
def erasing(request, platform_of):
    return platform_of(request.param)


# --- publishing -----------------------------------------------------------------------------------


def test_a_commit_makes_the_post_visible_once_with_an_address_that_answers(platform):
    message = platform.message()

    receipt = platform.publish(message)

    (seen,) = platform.visible
    assert seen["id"] == receipt.external_id
    assert seen["permalink"] == receipt.permalink
    assert message.text.split("\n")[0] in seen["text"]


@pytest.mark.parametrize("kind", ILLUSTRATED)
def test_all_pictures_arrive_in_order(platform_of, kind):
    platform = platform_of(kind)

    platform.publish(platform.message(pictures=3))

    (seen,) = platform.visible
    assert len(seen["media"]) == 3


@pytest.mark.parametrize("kind", LINKING)
def test_a_link_goes_along(platform_of, kind):
    platform = platform_of(kind)

    link = "https://congan.example/canh-giac"
    platform.publish(platform.message(f"Cảnh giác.\n{link}", link=link))

    (seen,) = platform.visible
    assert seen["link"] == link


def test_staging_twice_leaves_nothing_visible(staging):
    message = staging.message()

    assert staging.stage(message) != staging.stage(message)

    assert staging.visible == []


def test_committing_a_draft_twice_leaves_one_post(staging):
    message = staging.message()
    draft = staging.stage(message)

    first, second = staging.commit(message, draft), staging.commit(message, draft)

    assert first == second
    assert [post["id"] for post in staging.visible] == [first.external_id]


def test_the_longest_text_that_the_facts_allow_is_accepted(platform):
    form = platform.facts.formats[0]
    text = "Đồng chí " * (form.max_text // form.count("Đồng chí "))

    platform.publish(platform.message(text.strip()))

    assert len(platform.visible) == 1


def test_the_longest_text_beside_a_picture_is_accepted_and_one_more_is_not(platform_of):
    telegram = platform_of("telegram")
    longest = telegram.facts.formats[0].max_text_with_media

    telegram.publish(telegram.message("a" * longest, pictures=1))
    with pytest.raises(Rejected):
        telegram.publish(telegram.message("a" * (longest + 1), pictures=1))

    assert [len(post["text"]) for post in telegram.visible] == [longest]


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not CONNECTORS[kind].facts.formats[0].max_text_is_ours]
)
def test_a_text_that_is_too_long_is_rejected_for_certain(platform_of, kind):
    platform = platform_of(kind)

    with pytest.raises(Rejected):
        platform.publish(platform.message("a" * (platform.facts.formats[0].max_text + 1)))

    assert platform.visible == []


def test_a_receipt_names_the_post_by_the_ids_under_which_the_page_shows_it(platform):
    receipt = platform.publish(platform.message())

    (seen,) = platform.visible
    ids = CONNECTORS[platform.kind].ids_of(receipt.external_id)
    assert set(seen["id"].split(",")) <= ids
    assert not {external_id for external_id in ids if set(external_id) & set(',{}"')}


@pytest.mark.parametrize("kind", LISTING)
def test_what_a_page_lists_of_ours_is_named_by_its_receipt(platform_of, kind):
    platform, start = platform_of(kind), datetime.now(UTC) - timedelta(minutes=1)
    forms = [form.name for form in platform.facts.formats if not form.finished_in_app]
    receipts = [platform.publish(platform.message_of(form, f"Bài {form}.")) for form in forms]

    listed = platform.call("list_posts", platform.account, start)

    decoded = [CONNECTORS[kind].ids_of(receipt.external_id) for receipt in receipts]
    assert 1 <= len(listed) <= len(forms)  # TikTok lists no photos
    assert all(any(post.external_id in ids for ids in decoded) for post in listed)


def test_a_draft_names_the_post_that_it_becomes_or_none(staging):
    """Its reference is the connector's own: nothing of it but ids may reach anybody else."""
    message, ids_of = staging.message(), CONNECTORS[staging.kind].ids_of
    draft = staging.stage(message)

    receipt = staging.commit(message, draft)

    assert ids_of("") == frozenset()
    if staging.kind == "tiktok":  # whose webhook reports a publication before there is a post
        assert not ids_of(draft) & {draft, ""}
    else:
        assert ids_of(draft) <= ids_of(receipt.external_id)
    assert ids_of(draft) or staging.by_containers


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "truncated_json", "not_json"])
def test_an_answer_that_is_lost_or_broken_after_acceptance_is_unknown(platform, fault):
    message = platform.message()
    draft = platform.stage(message)
    platform.fault(fault, operation="publish")

    with pytest.raises(OutcomeUnknown):
        platform.commit(message, draft)


def test_an_answer_that_does_not_come_in_time_is_unknown(platform, monkeypatch):
    message = platform.message()
    draft = platform.stage(message)
    platform.fault("hang_after", operation="publish", seconds=2)
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.3))

    with pytest.raises(OutcomeUnknown):
        platform.commit(message, draft)


@pytest.mark.parametrize("fault", ["drop_before", "error_before"])
def test_nobody_knows_that_a_call_was_not_accepted_so_it_is_unknown(platform, fault):
    message = platform.message()
    draft = platform.stage(message)
    platform.fault(fault, operation="publish")

    with pytest.raises(OutcomeUnknown):
        platform.commit(message, draft)

    assert platform.visible == []


def test_a_host_that_takes_no_connection_has_certainly_posted_nothing(platform):
    nowhere = platform.account_with(platform.token, base_url="http://127.0.0.1:9")

    with pytest.raises(TryLater):
        platform.commit(
            platform.message(), platform.draft(at="http://127.0.0.1:9"), account=nowhere
        )


def test_too_many_calls_are_a_wait_as_long_as_the_platform_says(platform):
    message = platform.message()
    draft = platform.stage(message)
    platform.fault("rate_limit", operation="publish", retry_after=120)

    with pytest.raises(TryLater) as caught:
        platform.commit(message, draft)

    seconds = caught.value.wait.total_seconds()
    least, most = (0.001, 61) if platform.kind in SAYING_NO_WAIT else (120, 121)
    assert least <= seconds <= most
    assert platform.visible == []


def test_content_that_is_refused_is_refused_for_good(platform):
    message = platform.message()
    draft = platform.stage(message)
    platform.fault("refuse", operation="publish")

    with pytest.raises(Rejected):
        platform.commit(message, draft)

    assert platform.visible == []


def test_a_dead_token_is_access_lost(platform):
    message = platform.message()
    draft = platform.stage(message)
    platform.simulator.kill_tokens(platform.kind, page=platform.id)

    with pytest.raises(AccessLost):
        platform.commit(message, draft)
    with pytest.raises(AccessLost):
        platform.call("read_profile", platform.account)

    assert platform.visible == []


@pytest.mark.parametrize("code", [10, 200])
@pytest.mark.parametrize("kind", BY_GRAPH)
def test_a_missing_right_is_lost_access_only_where_publishing_needs_it(platform_of, kind, code):
    platform = platform_of(kind)
    message = platform.message()
    draft = platform.stage(message)
    post = platform.publish(message).external_id
    platform.fault("refuse", code=code, times=0)

    for name, *given in (("stage", message), ("commit", message, draft)):
        with pytest.raises(AccessLost):
            platform.call(name, platform.account, *given)
    for name, *given in (
        ("list_comments", post),
        ("reply_to_comment", post, "Mời bà con gọi 113."),
        ("hide_comment", post),
        ("withdraw", post),
        *(
            [("measure", [post])] if kind != "threads" else []
        ),  # whose figures are all left out then
    ):
        with pytest.raises(Rejected) as caught:
            platform.call(name, platform.account, *given)
        assert caught.value.code == str(code)


def test_a_redirect_is_not_followed(platform, serve):
    """It would carry the token to another host; and what became of the post, nobody knows."""
    target = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    base = serve(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    account = platform.account_with(platform.token, base_url=base)

    # YouTube is read before anything is shown, so there nothing can have been.
    with pytest.raises(TryLater if platform.kind == "youtube" else OutcomeUnknown) as caught:
        platform.commit(platform.message(), platform.draft(at=base), account=account)

    assert caught.value.detail == "HTTP 302"


@pytest.mark.parametrize("kind", COMMENTING)
def test_a_comments_id_leads_to_nothing_but_a_comment(platform_of, kind, monkeypatch):
    """An answer to "{page}/feed?x=" would else be a post on the page, which nobody has approved."""
    platform, asked = platform_of(kind), []
    exchange = Connector.send

    async def noted(self, method, url, **request):
        parts = urlsplit(url)
        asked.append((method, len(parts.path.split("/")), [*parse_qs(parts.query)], parts.fragment))
        return await exchange(self, method, url, **request)

    monkeypatch.setattr(Connector, "send", noted)

    def asked_of(comment):
        asked.clear()
        for act, more in (("reply_to_comment", ["Cảm ơn."]), ("hide_comment", [])):
            with suppress(ConnectorError):
                platform.call(act, platform.account, comment, *more)
        return [*asked]

    assert asked_of(f"{platform.id}/feed?x=#y") == asked_of("404")


@pytest.mark.parametrize("kind", COMMENTING)
def test_all_comments_are_listed_over_the_platforms_own_pages(platform_of, kind):
    platform = platform_of(kind)
    post = platform.publish(platform.message()).external_id
    written = [
        platform.simulator.comment(platform.id, post, f"Câu {n}", platform=kind)["id"]
        for n in range(103)
    ]
    platform.call("reply_to_comment", platform.account, written[0], "8 giờ sáng.")

    found = platform.call("list_comments", platform.account, post)

    assert sorted(comment.external_id for comment in found) == sorted(written)
    times = [comment.written_at for comment in found]
    assert times == sorted(times, reverse=True)
    answers = [(comment.external_id, comment.answer) for comment in found if comment.answered]
    assert answers == [(written[0], "8 giờ sáng.")]


@pytest.mark.parametrize("kind", COMMENTING)
def test_no_further_page_of_comments_is_asked_for_than_is_shown(platform_of, kind, monkeypatch):
    platform = platform_of(kind)
    post = platform.publish(platform.message()).external_id
    for n in range(103):
        platform.simulator.comment(platform.id, post, f"Câu {n}", platform=kind)
    monkeypatch.setattr(
        import_module(CONNECTORS[kind].list_comments.__module__), "MOST_COMMENTS", 2
    )

    found = platform.call("list_comments", platform.account, post)

    assert 2 <= len(found) <= 100


def test_no_token_stands_in_an_error_or_in_the_log(platform, caplog):
    """Telegram's address is its token, and Facebook repeats a malformed token in its complaint
    about it.
    """
    caplog.set_level(logging.DEBUG)
    secrets = [platform.token, platform.account.refresh_token, platform.app.get("app_secret", "")]
    bad = platform.account_with(platform.token[:-1] + "x")
    draft, errors = platform.draft(), []
    for fault in ("error_after", "rate_limit", "refuse", "not_json", ""):
        if fault:
            platform.fault(fault)
        with pytest.raises(ConnectorError) as caught:
            platform.commit(platform.message(), draft, account=platform.account if fault else bad)
        errors.append(caught.value)

    logged = caplog.text + "".join(
        f"{e} {e!r} {e.detail} {e.__cause__} {e.__context__}" for e in errors
    )
    logged += f"{platform.account!r} {platform.message()!r}"
    assert [secret for secret in [*secrets, bad.token] if secret and secret in logged] == []


def test_a_platform_that_repeats_the_token_in_its_complaint_is_not_repeated(platform, serve):
    body = f'{{"ok": false, "error": {{"message": "bad token {platform.token}", "code": 100}}, '
    body += f'"description": "bad token {platform.token}"}}'
    base = serve(f"HTTP/1.1 400 Bad\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    account = platform.account_with(platform.token, base_url=base)

    with pytest.raises(ConnectorError) as caught:
        platform.commit(platform.message(), "1_2", account=account)

    assert platform.token not in str(caught.value)


# --- looking and withdrawing ----------------------------------------------------------------------


def test_a_draft_is_found_only_once_it_is_shown(finding):
    message = finding.message()
    draft = finding.stage(message)
    before = finding.find(message, draft)

    receipt = finding.commit(message, draft)

    assert before is None
    assert finding.find(message, draft) == receipt


def test_a_lost_answer_is_found_by_its_draft(finding):
    message = finding.message()
    draft = finding.stage(message)
    finding.fault("drop_after", operation="publish")
    with pytest.raises(OutcomeUnknown):
        finding.commit(message, draft)

    assert finding.find(message, draft).external_id == finding.visible[0]["id"]


def test_without_a_draft_the_post_is_found_by_its_words_and_not_another(finding):
    start = datetime.now(UTC)
    other, message = finding.message("Lời khác hẳn."), finding.message()
    finding.publish(other)
    absent = finding.find(message, since=start)

    receipt = finding.publish(message)

    assert absent is None
    assert finding.find(message, since=start) == receipt


def test_a_post_from_before_the_try_is_not_taken_for_it(finding):
    message = finding.message()
    finding.publish(message)

    assert finding.find(message, since=datetime.now(UTC) + timedelta(minutes=5)) is None


def test_a_post_that_was_taken_down_is_not_found(erasing):
    finding, message = erasing, erasing.message()
    draft = finding.stage(message)
    finding.withdraw(finding.commit(message, draft).external_id)

    if (
        finding.by_containers
    ):  # used up: whether the post is gone or not on the list yet, it does not tell
        with pytest.raises(OutcomeUnknown):
            finding.find(message, draft)
    else:
        assert finding.find(message, draft) is None


@pytest.mark.parametrize("pictures", [None, 3])
@pytest.mark.parametrize("kind", WITHDRAWING)
def test_withdrawing_takes_the_whole_post_down_and_may_be_repeated(platform_of, kind, pictures):
    platform = platform_of(kind)
    receipt = platform.publish(platform.message(pictures=pictures))

    platform.withdraw(receipt.external_id)
    platform.withdraw(receipt.external_id)

    assert platform.visible == []


def test_a_draft_can_be_withdrawn(staging):
    draft = staging.stage(staging.message())

    staging.withdraw(draft)

    # A container is no post, nor is an upload that never was whole.
    left = [] if staging.by_containers or staging.kind == "tiktok" else ["deleted"]
    assert [post["state"] for post in staging.simulator.truth(staging.kind, staging.id)] == left


def test_the_trace_of_a_post_is_visible_then_gone_and_a_draft_is_hidden(erasing):
    finding = erasing
    draft = finding.stage(finding.message())
    shown = finding.publish(finding.message("Bài thứ hai.")).external_id
    before = [
        finding.call("read_visibility", finding.account, external_id)
        for external_id in (draft, shown)
    ]

    for external_id in (draft, shown):
        finding.withdraw(external_id)

    assert before == [
        Visibility.GONE if finding.by_containers else Visibility.HIDDEN,
        Visibility.VISIBLE,
    ]
    assert [
        finding.call("read_visibility", finding.account, external_id)
        for external_id in (draft, shown)
    ] == [
        Visibility.GONE,
        Visibility.GONE,
    ]


def test_a_removal_that_takes_effect_late_is_seen_live_until_then(erasing):
    finding = erasing
    shown = finding.publish(finding.message()).external_id
    finding.fault("late_apply", operation="withdraw", seconds=30)
    finding.withdraw(shown)
    before = finding.call("read_visibility", finding.account, shown)

    finding.simulator.advance(31)

    assert (before, finding.call("read_visibility", finding.account, shown)) == (
        Visibility.VISIBLE,
        Visibility.GONE,
    )


def test_what_the_token_cannot_see_is_never_called_gone(finding):
    shown = finding.publish(finding.message()).external_id
    finding.simulator.kill_tokens(finding.kind, page=finding.id)

    with pytest.raises(AccessLost):
        finding.call("read_visibility", finding.account, shown)


# --- counting and connection ----------------------------------------------------------------------


def test_a_post_that_is_gone_is_left_out_of_the_figures(erasing):
    finding = erasing
    stays = finding.publish(finding.message("Bài ở lại."))
    gone = finding.publish(finding.message("Bài bị gỡ."))
    finding.withdraw(gone.external_id)

    figures = finding.call("measure", finding.account, [stays.external_id, gone.external_id])

    assert list(figures) == [stays.external_id]


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if issubclass(CONNECTORS[kind], PageAccess)]
)
def test_a_page_that_is_gone_or_unlinked_is_lost_access_and_no_blip(platform_of, kind):
    platform = platform_of(kind)
    platform.fault("refuse", operation="measure", code=100, subcode=33, times=2)

    with pytest.raises(AccessLost) as gone:
        platform.call("read_profile", platform.account)
    platform.simulator.kill_tokens("facebook", token=platform.token, subcode=458)
    with pytest.raises(AccessLost) as dead:
        platform.call("read_profile", platform.account)

    assert (gone.value.code, dead.value.code) == ("gone", "190/458")
    assert describe_reason(kind, "gone") != describe_reason(kind, "")


def test_the_profile_reports_name_address_and_followers(platform):
    profile = platform.call("read_profile", platform.account)

    assert (profile.external_id, profile.name, profile.followers) == (
        platform.id,
        platform.page["name"],
        1000 if platform.facts.counts_followers else None,
    )
    assert profile.address.startswith(platform.simulator.url)
    assert list(profile.missing) == []


def test_the_facts_are_complete(platform):
    facts = platform.facts
    assert facts.source
    assert facts.formats
    assert len({form.name for form in facts.formats}) == len(facts.formats)
    for form in facts.formats:
        assert form.images or form.videos or form.max_text
        assert form.name in FORMATS
    assert set(facts.measures) <= set(Figures.__dataclass_fields__)
    assert any(facts.rights.values())
