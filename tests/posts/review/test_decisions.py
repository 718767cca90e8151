"""Submit and decide: who may, on which revision, and what the database itself enforces."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.archive import archiving
from posts.canonical import content
from posts.editor import saving
from posts.models import Post, Review, Revision
from posts.queries import overridden_warnings
from posts.review import decisions
from posts.states import PostState
from publishing.states import State
from tests import factories
from tests.factories import PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def colleague(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def approver(unit):
    return person(Role.APPROVER, unit)


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer)


def save(post, by, *, version=None, **written):
    version = post.version if version is None else version
    return saving.save(post, factories.edit_of(post, **written), by=by, version=version)


# --- Submission and approval ----------------------------------------------------------------------


def test_submitting_cuts_a_revision_and_notifies_the_approvers(post, officer, approver):
    revision = decisions.submit(post, by=officer)

    post.refresh_from_db()
    assert (post.state, post.current_revision) == (PostState.IN_REVIEW, revision)
    assert revision.number == 1
    assert revision.content_sha256 == content.digest(content.compose(post))
    assert [n.user for n in Notice.objects.filter(kind="post_submitted")] == [approver]


def test_submitting_unchanged_text_again_cuts_no_second_revision(post, officer, approver):
    first = decisions.submit(post, by=officer)
    decisions.request_changes(post, first, by=approver, reason="Xem lại")
    assert decisions.submit(post, by=officer) == first


@pytest.mark.django_db(transaction=True)
def test_of_many_submissions_at_once_one_counts_and_the_others_are_told(post, officer):
    barrier = threading.Barrier(8)
    outcomes = []

    def submit() -> None:
        copy = Post.objects.select_related("unit").get(pk=post.pk)
        barrier.wait()
        try:
            decisions.submit(copy, by=officer)
            outcomes.append("submitted")
        except (Refused, IntegrityError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["Refused"] * 7 + ["submitted"]
    assert post.revisions.count() == 1


@pytest.mark.parametrize("hand", ["author", "editor"])
def test_who_wrote_or_last_edited_may_not_approve(unit, hand):
    chief, other = person(Role.APPROVER, unit), person(Role.OFFICER, unit)
    people = (
        {"author": chief, "last_editor": other}
        if hand == "author"
        else {"author": other, "last_editor": chief}
    )
    post = factories.submitted(unit=unit, **people)

    with pytest.raises(NotAllowed, match="drafted or last edited"):
        decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())

    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_an_officer_and_another_units_chief_may_not_approve(unit, officer, colleague):
    post = factories.submitted(unit=unit, author=officer)
    for stranger in (colleague, person(Role.APPROVER)):
        with pytest.raises(NotAllowed):
            decisions.approve(post, post.current_revision, by=stranger, proof=factories.proof())


def test_another_chief_approves_exactly_the_revision(post, officer, approver):
    revision = decisions.submit(post, by=officer)
    decisions.approve(post, revision, by=approver, proof=factories.proof())

    post.refresh_from_db()
    assert (post.state, post.approved_revision) == (PostState.APPROVED, revision)
    review = revision.reviews.get()
    assert (review.decision, review.by, review.content_sha256) == (
        "approved",
        approver,
        revision.content_sha256,
    )
    assert Entry.objects.get(action="post.approved").actor_position == "Approving leader"


def test_a_revision_that_is_no_longer_current_cannot_be_approved(post, officer, approver):
    old = decisions.submit(post, by=officer)
    decisions.reopen(post, by=officer)
    post = save(post, officer, title="Tiêu đề khác")
    decisions.submit(post, by=officer)

    with pytest.raises(Refused, match="changed meanwhile"):
        decisions.approve(post, old, by=approver, proof=factories.proof())


def test_sending_back_needs_a_reason_and_notifies_the_writers(post, officer, approver):
    revision = decisions.submit(post, by=officer)
    with pytest.raises(Refused):
        decisions.request_changes(post, revision, by=approver, reason=" ")

    decisions.request_changes(post, revision, by=approver, reason="Thiếu số điện thoại")

    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED
    assert Notice.objects.get(kind="post_returned").user == officer


def test_editing_after_approval_ends_the_approval_and_what_was_scheduled(unit, officer):
    post = factories.approved(unit=unit, author=officer)
    delivery = factories.delivery(post, due_at=timezone.now() + timedelta(hours=1))

    decisions.reopen(post, by=officer)

    post.refresh_from_db()
    delivery.refresh_from_db()
    assert (post.state, post.approved_revision) == (PostState.DRAFT, None)
    assert delivery.state == State.CANCELLED


def test_an_approved_post_is_not_put_away(unit, officer):
    post = factories.approved(unit=unit, author=officer)
    with pytest.raises(Refused, match="withdraw it instead"):
        archiving.archive(post, by=officer)


# --- What the database holds to, whoever writes ---------------------------------------------------


def test_the_database_refuses_an_approval_by_author_or_editor(unit, officer, colleague):
    revision = factories.submitted(
        unit=unit, author=officer, last_editor=colleague
    ).current_revision
    for hand in (officer, colleague):
        with (
            pytest.raises(IntegrityError, match="approver_is_not_author_nor_editor"),
            transaction.atomic(),
        ):
            Review.objects.create(
                revision=revision,
                decision="approved",
                by=hand,
                author=revision.author,
                editor=revision.editor,
                decided_at=timezone.now(),
            )


def test_the_database_refuses_approval_of_another_than_the_current_revision(unit):
    post = factories.approved(unit=unit)
    other = factories.submitted(unit=unit).current_revision
    with (
        pytest.raises(IntegrityError, match="only_the_current_revision_is_approved"),
        transaction.atomic(),
    ):
        Post.objects.filter(pk=post.pk).update(approved_revision=other)
    with (
        pytest.raises(IntegrityError, match="only_the_current_revision_is_approved"),
        transaction.atomic(),
    ):
        Post.objects.filter(pk=post.pk).update(state=PostState.DRAFT)


def test_the_database_lets_nobody_change_or_delete_a_revision_or_a_decision(unit):
    post = factories.approved(unit=unit)
    for rows, change in (
        (Revision.objects.filter(post=post), {"content": {}}),
        (Review.objects.filter(revision__post=post), {"reason": "khác"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)


def test_the_record_names_the_warnings_that_author_and_approver_passed_over(
    unit, officer, approver
):
    soon = timezone.localdate() + timedelta(days=9)
    post = factories.PostFactory(
        unit=unit, author=officer, legal_basis="Nghị định 282/2025/NĐ-CP", legal_until=soon
    )
    decisions.submit(post, by=officer)
    assert overridden_warnings(post).author == {"legal_lapses_soon"}

    decisions.approve(post, post.current_revision, by=approver, proof=factories.proof())
    entry = Entry.objects.filter(action="post.approved").first()
    assert entry.data["warnings"] == ["legal_lapses_soon"]


def test_a_submission_without_warnings_names_none(unit, officer):
    post = factories.PostFactory(unit=unit, author=officer)
    decisions.submit(post, by=officer)
    assert overridden_warnings(post).author == frozenset()
    assert "warnings" not in Entry.objects.filter(action="post.in_review").first().data
