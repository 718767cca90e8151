"""Services hold what the leak check finds: until the author's tick, the approver's reason, or for
good.
"""

import logging

import pytest
from django.core import mail

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from core.models import Letter
from posts.canonical.html import to_plain_text
from posts.checks import leak_words
from posts.checks.base import Severity
from posts.checks.leaks.scan import RULES, find_leaks
from posts.editor import saving
from posts.findings import find_findings
from posts.leak_rules.enforcement import find_held_back, is_held_back
from posts.leak_rules.models import LeakCheck, LeakCount
from posts.leak_rules.queries import rules_of
from posts.library import texts
from posts.models import Review
from posts.queries import ACKNOWLEDGED, OVERRIDDEN
from posts.review import decisions
from posts.states import PostState
from publishing.scheduling.scheduling import schedule
from tests import factories
from tests.factories import PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db

NUMBER = "0912 345 678"
BODY = f"<p>Ai biết tin xin gọi cho anh ấy qua số {NUMBER} nhé.</p>"


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def approver(unit):
    return person(Role.APPROVER, unit)


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer, body=BODY)


def leaks(post):
    found = find_findings(post)
    return [(f.rule, f.severity, f.where) for f in found if f.rule.startswith("leak_")]


def decide(post, by, **more):
    return decisions.approve(post, post.current_revision, by=by, proof=factories.proof(), **more)


def test_every_rule_has_words_of_its_own():
    assert [rule for rule in RULES if not leak_words.has_words(rule)] == []


def test_a_private_number_blocks_and_no_finding_repeats_it(post, officer):
    [found] = [f for f in find_findings(post) if f.rule.startswith("leak_")]

    assert (found.rule, found.severity, found.where) == (
        "leak_phone_personal",
        Severity.BLOCK,
        "body",
    )
    assert to_plain_text(post.body)[slice(*found.span)] == NUMBER
    assert NUMBER not in repr(found)
    with pytest.raises(Refused) as refused:
        decisions.submit(post, by=officer)
    assert NUMBER not in str(refused.value)
    post.refresh_from_db()
    assert post.state == PostState.DRAFT


def test_every_text_of_a_post_is_read(unit, officer):
    video = factories.video(unit)
    channel = factories.ChannelFactory(unit=unit)
    post = PostFactory(unit=unit, author=officer, title=f"Gọi {NUMBER}", channels=[channel])
    edit = factories.edit_of(
        post,
        link="https://congan.gov.vn/0912345678",
        legal_basis=f"Gọi số {NUMBER}",
        source=f"Gọi số {NUMBER}",
        texts={channel: f"Xin gọi số {NUMBER}"},
        pictures=[(video, f"Gọi số {NUMBER}")],
        captions={video: f"WEBVTT\n\n00:01.000 --> 00:02.000\nGọi {NUMBER}\n"},
    )
    post = saving.save(post, edit, by=officer, version=post.version)

    key = f"media-{video.public_id}"
    places = [where for _rule, _severity, where in leaks(post)]
    assert set(places) >= {"title", "legal", "source", str(channel.public_id), key}
    assert places.count(key) == 2


def test_a_unit_s_own_public_number_is_no_leak_and_that_of_a_neighbour_is(unit, post):
    factories.allowed_item(UnitFactory())
    assert leaks(post) != []
    item = factories.allowed_item(unit)
    assert leaks(post) == []

    item.ended_at = item.entered_at
    item.save()
    assert leaks(post) != []


def test_a_number_that_one_person_entered_alone_is_not_public(unit, post):
    factories.allowed_item(unit, confirmed_by=None, confirmed_at=None)

    assert leaks(post) != []


def test_a_number_that_the_province_allows_is_public_for_its_units(unit, post):
    factories.allowed_item(unit.parent)

    assert leaks(post) == []


def test_a_tick_of_these_very_words_lets_a_warning_pass(post, officer):
    factories.rule_switch("phone_personal", "warn")
    [found] = [f for f in find_findings(post) if f.severity == Severity.ACKNOWLEDGE]
    with pytest.raises(Refused):
        decisions.submit(post, by=officer)
    other = factories.edit_of(post, body=BODY.replace("678", "679"))
    post = saving.save(post, other, by=officer, version=post.version)
    with pytest.raises(Refused):
        decisions.submit(post, by=officer, acknowledgements=[found.mark])

    [found] = [f for f in find_findings(post) if f.severity == Severity.ACKNOWLEDGE]
    decisions.submit(post, by=officer, acknowledgements=[found.mark])

    entry = Entry.objects.get(action="post.in_review")
    assert entry.data[ACKNOWLEDGED] == ["leak_phone_personal"]
    counted = LeakCount.objects.values_list("unit", "rule", "outcome", "n")
    assert list(counted) == [(post.unit_id, "phone_personal", "acknowledged", 1)]


def test_only_a_written_reason_of_the_approver_lets_a_probable_leak_pass(post, officer, approver):
    factories.rule_switch("phone_personal", "soft")
    decisions.submit(post, by=officer)
    post.refresh_from_db()
    for reason in ("", "  "):
        with pytest.raises(Refused):
            decide(post, approver, reason=reason)
    with pytest.raises(Refused):
        decide(post, approver, reason="Gọi 0987 654 321 hỏi rồi")

    decide(post, approver, reason="Chủ số đã đồng ý bằng văn bản")

    review = Review.objects.get()
    assert (review.overridden, review.reason) == (
        ["leak_phone_personal"],
        "Chủ số đã đồng ý bằng văn bản",
    )
    entry = Entry.objects.get(action="post.approved")
    assert (entry.data[OVERRIDDEN], entry.reason) == (review.overridden, review.reason)
    assert not LeakCheck.objects.get(revision=post.approved_revision).holds_back
    assert schedule(post, by=approver)


def test_what_needs_no_reason_keeps_none(officer, approver, unit):
    post = PostFactory(unit=unit, author=officer)
    decisions.submit(post, by=officer)
    decide(post, approver, reason="Thừa")

    review = Review.objects.get()
    assert (review.overridden, review.reason) == ([], "")


def test_a_rule_that_became_stricter_stops_the_scheduling(post, officer, approver):
    switch = factories.rule_switch("phone_personal", "info")
    decisions.submit(post, by=officer)
    post.refresh_from_db()
    decide(post, approver)
    assert not is_held_back(post.approved_revision, post.unit)

    switch.ended_at = switch.set_at
    switch.save()

    with pytest.raises(Refused):
        schedule(post, by=approver)


def test_a_switch_counts_from_its_day_on_and_by_two_people_alone(post):
    tomorrow = factories.timezone.localdate() + factories.timedelta(days=1)
    factories.rule_switch("phone_personal", "info", valid_from=tomorrow)
    factories.rule_switch("phone_personal", "info", confirmed_by=None, confirmed_at=None)

    assert [severity for _rule, severity, _where in leaks(post)] == [Severity.BLOCK]


def test_what_was_checked_is_read_once_for_a_set_of_rules(
    django_assert_num_queries, approver, post
):
    factories.rule_switch("phone_personal", "info")
    rows = {}
    for _n in range(3):
        revision = factories.approved(unit=post.unit, body=BODY).approved_revision
        rows[revision.pk] = post.unit.path
    now = factories.timezone.now()
    assert find_held_back(rows, now=now) == set()
    before = list(LeakCheck.objects.values_list("revision", "rules"))

    with django_assert_num_queries(6):
        assert find_held_back(rows, now=now) == set()

    factories.rule_switch("phone_personal", "hard")
    assert find_held_back(rows, now=now) == set(rows)
    assert before != list(LeakCheck.objects.values_list("revision", "rules"))


def test_the_words_found_reach_no_record_no_notice_no_mail_and_no_log(
    unit, officer, approver, caplog
):
    """Also not where they stand in the title, by which people are told of a post."""
    caplog.set_level(logging.INFO)
    factories.rule_switch("phone_personal", "soft")
    post = PostFactory(unit=unit, author=officer)
    edit = factories.edit_of(post, title=f"Gọi {NUMBER} nhé", body=BODY)
    post = saving.save(post, edit, by=officer, version=post.version)
    decisions.submit(post, by=officer)
    post.refresh_from_db()
    with pytest.raises(Refused):
        decisions.request_changes(
            post, post.current_revision, by=approver, reason=f"Bỏ số {NUMBER} đi"
        )
    decide(post, approver, reason="Đã xác minh")
    decisions.withdraw(post, by=approver, reason="Không cần nữa")

    assert Notice.objects.count() >= 2
    said = [
        *map(str, Entry.objects.values_list("object_label", "reason", "data")),
        *map(str, Notice.objects.values_list()),
        *map(str, Letter.objects.values_list()),
        *(f"{m.subject} {m.body}" for m in mail.outbox),
        caplog.text,
    ]
    shown = {NUMBER, NUMBER.replace(" ", ""), NUMBER.removeprefix("0")}
    assert [text for text in said if any(words in text for words in shown)] == []
    assert str(post) == "Gọi … nhé"


def test_a_template_holds_nothing_that_no_post_could_pass(unit, officer):
    fields = {
        "title": "Cảnh báo",
        "text": f"Gọi cho anh ấy qua số {NUMBER}",
        "topic": factories.topic(),
    }
    with pytest.raises(Refused):
        texts.create_template(unit=unit, fields=texts.TemplateFields(**fields), by=officer)

    factories.allowed_item(unit)
    assert texts.create_template(unit=unit, fields=texts.TemplateFields(**fields), by=officer)


def test_a_link_to_the_units_own_page_is_allowed_and_to_another_page_of_that_host_is_not(post):
    page = factories.ChannelFactory(unit=post.unit, address="https://t.me/conganbinhyen")
    waiting = factories.ChannelFactory(
        unit=post.unit, address="https://t.me/chuaxacnhan", confirmed_at=None
    )
    rules = rules_of(post.unit, on=factories.timezone.localdate())

    def found(text: str) -> list[str]:
        leaks = find_leaks(text, allowed=rules.allowed, today=factories.timezone.localdate())
        return [leak.rule for leak in leaks]

    assert found(f"Theo dõi {page.address}/12 nhé") == []
    assert found("Theo dõi www.t.me/CongAnBinhYen.") == []
    assert found("Theo dõi https://t.me/conganbinhyen2") == ["link_risk"]
    assert found(f"Theo dõi {waiting.address}") == ["link_risk"]
