"""The province's approval after the unit's, where a topic asks for it: of exactly one revision,
with four eyes at each step, and never late.
"""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Notice, User
from accounts.permissions import Role
from audit.models import Entry
from campaigns import topic_rules
from core.errors import NotAllowed, Refused
from posts.models import Contribution, Post, Review, Signature
from posts.review import approvals, decisions, second
from posts.review.queries import approved_channels
from posts.states import Decision, PostState
from publishing.models import Delivery
from publishing.review import approval_and_time
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def chief(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def overseer(unit):
    return factories.person(Role.OVERSEER, unit.parent)


@pytest.fixture
def rule(unit):
    return factories.topic_rule(unit.parent)


def waiting(unit, **fields) -> Post:
    return factories.submitted(unit=unit, **fields)


def approve(post: Post, by: User, **options) -> bool:
    return decisions.approve(post, post.current_revision, by=by, proof=factories.proof(), **options)


def endorsed(unit, chief, **fields) -> Post:
    post = waiting(unit, **fields)
    assert approve(post, chief) is False
    return post


def sendable(post: Post) -> bool:
    """Say whether the engine would send the current revision, were there a delivery of it."""
    post.refresh_from_db()
    row = Delivery(post=post, revision=post.current_revision, unit=post.unit)
    row.channel, row.platform = post.targets.get().channel, "facebook"
    row.content_sha256 = post.current_revision.content_sha256
    row.due_at = row.fire_at = timezone.now()
    row.not_after, row.scheduled_by = timezone.now() + HOUR, post.author
    row.save()
    is_sendable = Delivery.objects.filter(pk=row.pk).sendable(timezone.now()).exists()
    Delivery.objects.filter(pk=row.pk).delete()
    proved = post.current_revision.public_id in approved_channels({post.current_revision.public_id})
    return is_sendable and proved


def test_without_a_rule_the_units_approval_is_all(unit, chief):
    post = waiting(unit)

    assert approve(post, chief) is True
    assert sendable(post)


def test_with_a_rule_nothing_is_sendable_before_the_province_has_approved(
    unit, chief, overseer, rule
):
    post = endorsed(unit, chief)
    assert (post.state, post.approved_revision) == (PostState.IN_REVIEW, None)
    assert not sendable(post)

    assert approve(post, overseer) is True

    assert post.state == PostState.APPROVED
    assert sendable(post)
    given = Review.objects.order_by("pk").values_list("decision", "by")
    assert list(given) == [(Decision.FIRST, chief.pk), (Decision.APPROVED, overseer.pk)]


def test_the_units_word_alone_proves_no_approval_even_if_rows_say_so(unit, chief, rule):
    post = endorsed(unit, chief)

    signature = Signature.objects.get()
    signed = approvals.Signed(*(getattr(signature, name) for name in approvals.Signed._fields))
    about = {
        "revision": str(post.current_revision.public_id),
        "content_sha256": post.current_revision.content_sha256,
        "by": chief.pk,
    }
    assert approvals.approval_problem(signed, **about) == "the statement is no approval"
    assert approvals.approval_problem(signed, **about, decision="first") == ""
    Post.objects.update(
        state=PostState.APPROVED, approved_revision=post.current_revision, endorsed_revision=None
    )
    assert not sendable(post)


@pytest.mark.parametrize("who", ["author", "editor", "contributor", "first approver"])
def test_four_eyes_hold_at_the_second_step(unit, chief, overseer, rule, who):
    roles = {"author": {}, "editor": {}}
    if who in roles:
        fields = {"author": overseer} if who == "author" else {"last_editor": overseer}
        post = endorsed(unit, chief, **fields)
    else:
        post = endorsed(unit, chief)
    if who == "contributor":
        Contribution.objects.create(post=post, user=overseer, edited_at=timezone.now())
    if who == "first approver":
        chief.appointments.create(unit=unit.parent, role=Role.OVERSEER)
        overseer = User.objects.get(pk=chief.pk)

    with pytest.raises(NotAllowed):
        approve(post, overseer)
    assert Review.objects.filter(decision=Decision.APPROVED).count() == 0


def test_the_database_keeps_them_too(unit, chief, overseer, rule):
    post = endorsed(unit, chief)
    revision = post.current_revision
    facts = {
        "revision": revision,
        "position": "Trưởng phòng",
        "author": revision.author,
        "editor": revision.editor,
        "content_sha256": revision.content_sha256,
        "decided_at": timezone.now(),
    }
    for by, decision in (
        (chief, Decision.APPROVED),
        (revision.author, Decision.FIRST),
        (overseer, Decision.FIRST),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.create(by=by, decision=decision, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(state=PostState.DRAFT)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_only_an_overseer_above_gives_it(unit, chief, rule, role):
    post = endorsed(unit, chief)
    at = unit if role == Role.APPROVER else unit.parent

    with pytest.raises(NotAllowed):
        approve(post, factories.person(role, at))
    with pytest.raises(NotAllowed):
        approve(post, factories.person(Role.OVERSEER, factories.ProvinceFactory()))


def test_the_province_does_not_approve_before_the_unit(unit, overseer, rule):
    post = waiting(unit)

    with pytest.raises(NotAllowed):
        approve(post, overseer)


def test_a_rule_set_while_a_post_waits_holds_for_it(unit, chief, overseer):
    post = waiting(unit)
    topic_rules.set_rule(
        post.topic,
        unit=unit.parent,
        asks="second",
        valid_from=timezone.localdate(),
        reason="Chỉ đạo của Công an tỉnh",
        by=overseer,
    )

    assert approve(post, chief) is False


@pytest.mark.parametrize("place", ["sibling province", "ministry", "over", "coming", "ended"])
def test_a_rule_holds_in_its_days_and_below_its_unit(unit, chief, place):
    day = timedelta(days=1)
    today = timezone.localdate()
    at, fields = {
        "sibling province": (factories.ProvinceFactory(), {}),
        "ministry": (factories.ministry(), {}),
        "over": (unit.parent, {"valid_from": today - 2 * day, "valid_to": today - day}),
        "coming": (unit.parent, {"valid_from": today + day}),
        "ended": (unit.parent, {"ended_at": timezone.now()}),
    }[place]
    factories.topic_rule(at, **fields)

    assert approve(waiting(unit), chief) is (place != "ministry")


def test_a_rule_that_ends_while_a_post_waits_for_the_province_spares_it_nothing(
    unit, chief, overseer, rule
):
    post = endorsed(unit, chief)
    topic_rules.end_rule(rule, by=overseer, reason="Hết đợt cao điểm")

    assert not sendable(post)
    assert approve(post, overseer) is True


def test_an_edit_between_the_steps_ends_the_first_and_both_are_given_anew(
    unit, chief, overseer, rule
):
    post = endorsed(unit, chief)
    first_revision = post.current_revision
    stale = Post.objects.get(pk=post.pk)

    decisions.reopen(post, by=post.author)
    with pytest.raises(Refused):
        approve(stale, overseer)
    assert post.endorsed_revision is None
    again = decisions.submit(post, by=post.author)
    assert again != first_revision
    assert approve(post, chief) is False
    assert approve(post, overseer) is True


def test_the_province_returns_it_with_a_reason_and_all_are_told(unit, chief, overseer, rule):
    post = endorsed(unit, chief)

    decisions.request_changes(post, post.current_revision, by=overseer, reason="Thiếu căn cứ")

    assert (post.state, post.endorsed_revision) == (PostState.CHANGES_REQUESTED, None)
    told = set(Notice.objects.filter(kind="post_returned").values_list("user", flat=True))
    assert told == {post.author_id, chief.pk}


def test_the_unit_returns_nothing_that_waits_for_the_province(unit, chief, rule):
    post = endorsed(unit, chief)

    with pytest.raises(NotAllowed):
        decisions.request_changes(post, post.current_revision, by=chief, reason="Nghĩ lại")


def test_the_province_is_asked_and_has_until_the_requested_time(unit, chief, overseer, rule):
    wanted = timezone.now() + 8 * HOUR
    post = endorsed(unit, chief, requested_time=wanted, valid_until=wanted + HOUR)

    assert post.second_due_at == wanted
    told = dict(Notice.objects.values_list("user", "kind"))
    assert told == {overseer.pk: "post_second_asked", post.author_id: "post_first_approved"}
    entry = Entry.objects.get(action="post.first_approved")
    assert entry.actor_id == chief.pk


def test_the_time_that_the_unit_chose_is_kept_by_the_second_approval(unit, chief, overseer, rule):
    post = waiting(unit)
    due_at = (timezone.now() + 8 * HOUR).replace(microsecond=0)
    proof = factories.proof()
    approval_and_time.approve_and_schedule(
        post, post.current_revision, by=chief, proof=proof, due_at=due_at
    )
    assert not post.deliveries.exists()

    approval_and_time.approve_and_schedule(
        post, post.current_revision, by=overseer, proof=factories.proof()
    )

    row = post.deliveries.get()
    assert (row.due_at, row.scheduled_by) == (due_at, chief)


def test_reminders_at_half_and_nine_tenths_and_each_once(unit, chief, overseer, rule):
    minister = factories.person(Role.OVERSEER, factories.ministry())
    deputy = factories.person(Role.OVERSEER, unit.parent)
    post = endorsed(unit, chief)
    Notice.objects.all().delete()
    asked_at, due_at = post.second_period

    def reported_at(part: float) -> dict[int, str]:
        Notice.objects.all().delete()
        second.remind_and_expire(now=asked_at + (due_at - asked_at) * part)
        return dict(Notice.objects.values_list("user", "kind"))

    assert reported_at(0.49) == {}
    assert reported_at(0.51) == dict.fromkeys([overseer.pk, deputy.pk], "post_second_reminder")
    assert reported_at(0.55) == {}
    last = "post_second_last_reminder"
    assert reported_at(0.91) == dict.fromkeys([overseer.pk, deputy.pk, minister.pk], last)
    assert reported_at(0.95) == {}


def test_what_nobody_approved_in_time_goes_back_and_is_approved_no_more(
    unit, chief, overseer, rule
):
    post = endorsed(unit, chief)
    late = post.second_period[1]
    Post.objects.filter(pk=post.pk).update(
        second_asked_at=timezone.now() - HOUR, second_due_at=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(Refused, match="over"):
        approve(Post.objects.get(pk=post.pk), overseer)

    assert second.remind_and_expire(now=late) == (0, 1)

    post.refresh_from_db()
    assert (post.state, post.endorsed_revision) == (PostState.CHANGES_REQUESTED, None)
    told = Notice.objects.filter(kind="post_second_expired").values_list("user", flat=True)
    assert set(told) == {post.author_id, chief.pk, overseer.pk}
    assert Entry.objects.filter(action="post.second_expired").count() == 1
    assert second.remind_and_expire(now=late) == (0, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["first", "second"])
def test_two_at_once_give_one_approval(step):
    unit = factories.UnitFactory()
    factories.topic_rule(unit.parent)
    chief = factories.person(Role.APPROVER, unit)
    if step == "first":
        post, rivals = waiting(unit), [chief, factories.person(Role.APPROVER, unit)]
    else:
        post = endorsed(unit, chief)
        rivals = [factories.person(Role.OVERSEER, unit.parent) for _ in range(2)]
    barrier, outcomes = Barrier(2), []

    def decide(by: User) -> None:
        try:
            own = Post.objects.select_related("unit", "current_revision").get(pk=post.pk)
            barrier.wait(timeout=20)
            outcomes.append(approve(own, by))
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=decide, args=(by,)) for by in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes)) == sorted([str(step == "second"), "refused"])
    decision = Decision.FIRST if step == "first" else Decision.APPROVED
    assert Review.objects.filter(decision=decision).count() == 1
