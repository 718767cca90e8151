from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from fido2.webauthn import AuthenticatorData

from accounts.permissions import Role
from audit.models import Entry
from audit.sentences import describe_entry
from core.errors import NotAllowed, Refused
from posts.editor import saving
from posts.models import Contribution, Post, Review, Signature, SignedList
from posts.review import approvals, decisions
from posts.review.queries import approved_channels
from posts.states import PostState
from tests import factories
from tests.passkeys import approve_list, touch

WORDS = (
    "Approved with a passkey",
    "Approved with a code, a weaker proof",
)
FACTS = {"revision": "r-1", "content_sha256": "a" * 64, "by": 7}


def said(**changes):
    facts = {
        **FACTS,
        "channels": ["b", "a"],
        "requested": "",
        "rendered_at": timezone.now(),
        "nonce": "n",
        **changes,
    }
    return approvals.build_statement(**facts)


def test_a_statement_is_the_same_text_whatever_the_order_of_its_channels():
    at = timezone.now()

    assert said(rendered_at=at) == said(rendered_at=at, channels=["a", "b"])


def test_a_signed_statement_proves_the_approval_that_it_names():
    signed = approvals.sign(said(), approvals.Method.CODE)

    assert approvals.approval_problem(signed, **FACTS) == ""
    assert approvals.channels_of(signed) == {"a", "b"}


@pytest.mark.parametrize("other", [{"revision": "r-2"}, {"content_sha256": "b" * 64}, {"by": 8}])
def test_a_signed_statement_proves_nothing_else(other):
    signed = approvals.sign(said(), approvals.Method.CODE)

    assert (
        approvals.approval_problem(signed, **{**FACTS, **other})
        == "the statement is about another content or person"
    )


@pytest.mark.parametrize("field", ["statement", "method", "seal", "key_id"])
def test_a_byte_changed_anywhere_breaks_the_proof(field):
    signed = approvals.sign(said(), approvals.Method.CODE)
    broken = signed._replace(**{field: getattr(signed, field)[:-1] + "~"})

    assert approvals.approval_problem(broken, **FACTS)


def test_an_old_key_still_proves_and_a_lost_one_does_not(settings):
    old, new = settings.APPROVAL_KEYS[0], "bmV3IGFwcHJvdmFsIGtleSwgb2YgMzIgYnl0ZXMhISE="
    signed = approvals.sign(said(), approvals.Method.CODE)

    settings.APPROVAL_KEYS = [new, old]
    assert approvals.approval_problem(signed, **FACTS) == ""
    assert approvals.sign(said(), approvals.Method.CODE).key_id != signed.key_id
    settings.APPROVAL_KEYS = [new]
    assert "does not have" in approvals.approval_problem(signed, **FACTS)


def problem_of(text, assertion):
    return approvals.approval_problem(
        approvals.sign(text, approvals.Method.PASSKEY, assertion), **FACTS
    )


def test_a_passkeys_assertion_proves_the_statement_that_it_signed():
    text = said()

    assert problem_of(text, touch(ec.generate_private_key(ec.SECP256R1()), text)) == ""


def test_a_passkeys_assertion_proves_nothing_else_than_what_it_signed():
    key, text = ec.generate_private_key(ec.SECP256R1()), said()
    good = touch(key, text)

    assert (
        problem_of(text, touch(key, said(nonce="another page")))
        == "the passkey signed something else"
    )
    assert (
        problem_of(text, touch(key, text, rp_id="evil.example"))
        == "the passkey signed for another site"
    )
    absent = touch(key, text, flags=AuthenticatorData.FLAG.UP)
    assert problem_of(text, absent) == "the passkey did not verify who used it"
    stranger = touch(ec.generate_private_key(ec.SECP256R1()), text)
    forged = {**good, "signature": stranger["signature"]}
    assert problem_of(text, forged) == "the passkey's signature is not that of the statement"
    assert (
        problem_of(text, {**good, "public_key": "AAAA"}) == "the passkey's assertion cannot be read"
    )
    assert problem_of(text, {}) == "the passkey's assertion cannot be read"
    assert problem_of(text, None) == "the passkey's assertion cannot be read"


def test_a_good_assertion_by_a_strangers_own_key_proves_nothing_without_the_seal():
    text = said()
    signed = approvals.sign(text, approvals.Method.CODE)
    own = touch(ec.generate_private_key(ec.SECP256R1()), text)

    forged = signed._replace(method=approvals.Method.PASSKEY, assertion=own)

    assert approvals.approval_problem(forged, **FACTS) == "the seal is not that of the statement"


# --- Several by one touch -------------------------------------------------------------------------


def listed_by(key, *statements, nonce="n", assertion=None):
    text = approvals.build_list_statement(statements, nonce=nonce)
    return approvals.sign(text, approvals.Method.PASSKEY, assertion or touch(key, text))


@pytest.fixture
def passkey():
    return ec.generate_private_key(ec.SECP256R1())


def test_a_signed_list_proves_each_statement_on_it(passkey):
    at = timezone.now()
    first, second = (said(revision=name, rendered_at=at) for name in ("r-1", "r-2"))
    listed = approvals.read_list(listed_by(passkey, first, second), id=1)

    for revision, text in (("r-1", first), ("r-2", second)):
        signed = approvals.sign_listed(text, listed)
        assert (
            approvals.approval_problem(signed, **{**FACTS, "revision": revision}, listed=listed)
            == ""
        )


def test_a_list_proves_nothing_that_was_put_on_it_or_sealed_beside_it(passkey):
    first, second, third = (said(revision=name) for name in ("r-2", "r-3", "r-1"))
    listed = approvals.read_list(listed_by(passkey, first, second), id=1)
    other = approvals.read_list(listed_by(passkey, first, third), id=2)

    assert approvals.approval_problem(
        approvals.sign_listed(third, listed), **FACTS, listed=listed
    ) == ("the statement is not on the list")
    # Sealed with one list, stored beside another; or beside none.
    sealed = approvals.sign_listed(third, listed)
    assert (
        approvals.approval_problem(sealed, **FACTS, listed=other)
        == "the statement was sealed without this list"
    )
    assert approvals.approval_problem(sealed, **FACTS) == "the passkey's assertion cannot be read"
    by_code = approvals.sign(third, approvals.Method.CODE)
    assert (
        approvals.approval_problem(by_code, **FACTS, listed=other)
        == "the statement was sealed without this list"
    )


def test_a_list_that_was_changed_after_its_touch_is_none(passkey):
    first, second = said(), said(revision="r-2")
    signed = listed_by(passkey, first, second)
    swapped = signed._replace(statement=signed.statement.replace("r-2", "r-9"))
    sealed_anew = approvals.sign(swapped.statement, signed.method, signed.assertion)

    assert approvals.read_list(swapped, id=1).problem == "the seal is not that of the statement"
    assert approvals.read_list(sealed_anew, id=1).problem == "the passkey signed something else"
    assert approvals.read_list(sealed_anew, id=1).statements == frozenset()
    assert (
        approvals.approval_problem(
            approvals.sign_listed(first, approvals.read_list(sealed_anew, id=1)),
            **FACTS,
            listed=approvals.read_list(sealed_anew, id=1),
        )
        == "the passkey signed something else"
    )


def test_a_single_approval_is_no_list_and_a_list_no_approval(passkey):
    text = said()
    single = approvals.sign(text, approvals.Method.PASSKEY, touch(passkey, text))
    of_codes = approvals.sign(
        approvals.build_list_statement([text], nonce="n"), approvals.Method.CODE
    )

    assert approvals.read_list(single, id=1).problem == "the statement is no list of approvals"
    assert approvals.read_list(of_codes, id=1).problem == "the statement is no list of approvals"
    assert (
        approvals.approval_problem(listed_by(passkey, text), **FACTS)
        == "the statement is no approval"
    )


def test_a_list_longer_than_the_most_is_neither_made_nor_proved(passkey, monkeypatch):
    statements = [said(revision=f"r-{n}") for n in range(approvals.MOST_LISTED + 1)]
    with pytest.raises(ValueError, match="1 to 52"):
        approvals.build_list_statement(statements, nonce="n")
    with pytest.raises(ValueError, match="1 to 52"):
        approvals.build_list_statement([], nonce="n")

    with monkeypatch.context() as patched:
        patched.setattr(approvals, "MOST_LISTED", 100)
        signed = listed_by(passkey, *statements)
    assert approvals.read_list(signed, id=1).problem == "the list is too long"


@pytest.mark.django_db
def test_an_approval_keeps_its_statement_and_nobody_changes_it():
    post = factories.submitted()
    chief = factories.person(Role.APPROVER, post.unit)
    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())

    channel = str(post.targets.get().channel.public_id)
    revision = post.current_revision.public_id
    assert approved_channels({revision}) == {revision: {channel}}
    for statement in ("UPDATE posts_signature SET seal = ''", "DELETE FROM posts_signature"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Signature.objects.get().method == approvals.Method.CODE


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_a_list_is_proved_once_however_many_approvals_are_on_it(
    number, monkeypatch, django_assert_num_queries
):
    unit = factories.UnitFactory()
    posts = [factories.submitted(unit=unit) for _n in range(number)]
    approve_list(posts, by=factories.person(Role.APPROVER, unit))
    check, checked = approvals.find_assertion_problem, []
    monkeypatch.setattr(
        approvals, "find_assertion_problem", lambda *given: checked.append(given) or check(*given)
    )

    revisions = {post.approved_revision.public_id for post in posts}
    with django_assert_num_queries(2):
        proved = approved_channels(revisions)

    assert (set(proved), len(checked)) == (revisions, 1)
    assert SignedList.objects.count() == 1


@pytest.mark.django_db
def test_a_list_proves_no_post_that_the_passkey_did_not_sign_with_it():
    unit = factories.UnitFactory()
    chief = factories.person(Role.APPROVER, unit)
    signed, other = factories.submitted(unit=unit), factories.submitted(unit=unit)
    listed = approve_list([signed], by=chief)

    proof = factories.proof()._replace(method=approvals.Method.PASSKEY, listed=listed)
    with pytest.raises(Refused, match="did not sign"):
        decisions.approve(other, other.current_revision, by=chief, proof=proof)
    assert Review.objects.count() == 1


@pytest.mark.django_db
def test_an_approval_that_was_taken_back_proves_nothing():
    post = factories.submitted()
    chief = factories.person(Role.APPROVER, post.unit)
    revision = post.current_revision
    decisions.approve(post, revision, by=chief, proof=factories.proof())
    decisions.undo_approval(post, by=chief, now=timezone.now())

    assert approved_channels({revision.public_id}) == {}


# --- Four eyes over all who edited ----------------------------------------------------------------


def write(post, by, body):
    post.refresh_from_db()
    return saving.save(post, factories.edit_of(post, body=body), by=by, version=post.version)


@pytest.fixture
def ghost():
    """A chief who writes the words, and an officer who then adds a full stop."""
    post = factories.PostFactory()
    chief = factories.person(Role.APPROVER, post.unit)
    officer = post.author
    write(post, chief, "<p>Lời của chỉ huy.</p>")
    post = write(post, officer, "<p>Lời của chỉ huy..</p>")
    decisions.submit(post, by=officer)
    return post, chief


@pytest.mark.django_db
def test_who_edited_before_the_last_editor_may_not_approve_either(ghost):
    post, chief = ghost

    with pytest.raises(NotAllowed, match="edited a post since"):
        decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_the_database_refuses_the_approval_of_an_earlier_editor(ghost):
    post, chief = ghost
    revision = post.current_revision

    with pytest.raises(DatabaseError, match="may not approve"), transaction.atomic():
        Review.objects.create(
            revision=revision,
            decision="approved",
            by=chief,
            position="Trưởng Công an phường",
            author=revision.author,
            editor=revision.editor,
            content_sha256=revision.content_sha256,
            decided_at=timezone.now(),
        )


@pytest.mark.django_db
def test_who_edited_before_the_last_approval_may_approve_what_came_after(ghost):
    post, chief = ghost
    deputy = factories.person(Role.APPROVER, post.unit)
    Contribution.objects.update(edited_at=timezone.now() - timedelta(minutes=1))
    decisions.approve(post, post.current_revision, by=deputy, proof=factories.proof())
    decisions.reopen(post, by=post.author)
    post = write(post, post.author, "<p>Lời khác của cán bộ.</p>")
    decisions.submit(post, by=post.author)

    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())

    assert post.state == PostState.APPROVED


@pytest.mark.django_db
def test_a_post_reopened_and_submitted_unchanged_is_approved_again():
    post = factories.submitted()
    chief = factories.person(Role.APPROVER, post.unit)
    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())
    decisions.reopen(post, by=post.author)
    decisions.submit(post, by=post.author)

    decisions.approve(post, post.current_revision, by=chief, proof=factories.proof())

    assert Post.objects.get().approved_revision.number == 2


# --- How it was proved, for those who read it later -----------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "words", "record"),
    [
        ("passkey", "Approved with a passkey", "with a passkey"),
        ("code", "Approved with a code, a weaker proof", "with a code, a weaker proof"),
    ],
)
def test_the_posts_page_its_history_and_the_record_say_how_an_approval_was_proved(
    client, method, words, record
):
    unit = factories.UnitFactory()
    post, chief = factories.submitted(unit=unit), factories.person(Role.APPROVER, unit)
    if method == "passkey":
        approve_list([post], by=chief)
    else:
        proof = factories.proof()._replace(method=method)
        decisions.approve(post, post.current_revision, by=chief, proof=proof)
    client.force_login(factories.person(Role.SUPERVISOR, unit, language="en"))

    pages = [
        reverse("publishing:post", args=[post.public_id]),
        reverse("posts:history", args=[post.public_id]),
        reverse("posts:revision", args=[post.approved_revision.public_id]),
    ]
    for page in pages:
        shown = client.get(page).content.decode()
        assert [word in shown for word in WORDS] == [word == words for word in WORDS], page
    approved = Entry.objects.get(action="post.approved")
    with translation.override("en"):
        said = describe_entry(approved.action, approved.object_label, approved.data)
    assert said == f"Approved “{post}” {record}".strip()


@pytest.mark.django_db
def test_a_decision_without_a_signature_shows_no_method(client):
    post = factories.submitted()
    decisions.request_changes(
        post, post.current_revision, by=factories.person(Role.APPROVER, post.unit), reason="Sai"
    )
    client.force_login(factories.person(Role.SUPERVISOR, post.unit, language="en"))

    shown = client.get(reverse("publishing:post", args=[post.public_id])).content.decode()

    assert "Returned" in shown
    assert not [word for word in WORDS if word in shown]


@pytest.mark.django_db
def test_the_method_costs_the_same_queries_for_two_versions_and_for_four(
    client, django_assert_max_num_queries
):
    post = factories.approved()
    post.state, post.approved_revision, post.title = PostState.DRAFT, None, "Bản khác"
    post = factories.approved(post)
    client.force_login(factories.person(Role.SUPERVISOR, post.unit))
    costs = []
    for _n in range(2):
        with django_assert_max_num_queries(40) as seen:
            client.get(reverse("posts:history", args=[post.public_id]))
        costs.append(len(seen))
        for _version in range(2):
            post.state, post.approved_revision, post.title = PostState.DRAFT, None, post.title + "."
            post = factories.approved(post)

    assert (costs[0], post.revisions.count()) == (costs[1], 6)
