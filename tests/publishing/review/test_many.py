"""The approval of several posts at once, by code or by one touch of a passkey."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation
from fido2.utils import websafe_encode

from accounts.permissions import Role
from accounts.second_factors import passkeys
from posts.models import Post, Review, Signature, SignedList
from posts.review import signing
from posts.review.queries import approved_channels
from posts.states import PostState
from publishing.models import Delivery
from publishing.review.views import queues
from tests import factories
from tests.passkeys import touch
from tests.publishing.review.conftest import decide, leader, signed_in

pytestmark = pytest.mark.django_db


def approve_many(client, *revisions, mark=None):
    mark = factories.queue_mark(signed_in(client), *revisions) if mark is None else mark
    data = {"revision": [str(r.public_id) for r in revisions], "mark": mark}
    return client.post(reverse("publishing:approve_many"), data, follow=True)


def test_a_bulk_approval_reports_which_posts_went_and_which_did_not_and_why(client, unit, approver):
    requested = timezone.now() + timedelta(days=1)
    good = factories.submitted(unit=unit, title="Được")
    timed = factories.submitted(unit=unit, title="Có hẹn giờ", requested_time=requested)
    mine = factories.submitted(unit=unit, title="Của tôi", author=approver)
    changed = factories.submitted(unit=unit, title="Đã sửa")
    read = changed.current_revision
    changed.body = "<p>Nội dung khác hẳn.</p>"
    factories.submitted(changed)

    chosen = (good.current_revision, timed.current_revision, mine.current_revision, read)
    response = approve_many(client, *chosen)

    result = response.context["result"]
    assert [row["title"] for row in result["approved"]] == ["Được", "Có hẹn giờ"]
    assert [(row["title"], row["words"]) for row in result["refused"]] == [
        ("Của tôi", "Who drafted or last edited a post may not approve it."),
        ("Đã sửa", "The post was changed meanwhile. Reload the page and look again."),
    ]
    assert [d.post for d in Delivery.objects.all()] == [timed]


def test_a_bulk_approval_leads_to_the_page_of_a_post_that_needs_a_reason(client, unit, approver):
    good = factories.submitted(unit=unit)
    leaky = factories.submitted(
        unit=unit, title="Cảnh giác", body="<p>Nạn nhân là anh Tạ Văn Lúa đã trình báo.</p>"
    )

    response = approve_many(client, good.current_revision, leaky.current_revision)

    (row,) = response.context["result"]["refused"]
    page = reverse("publishing:review", args=[leaky.public_id])
    assert row["words"].startswith("Write why this may be published, or return the post:")
    assert (row["url"], f'href="{page}"' in response.text) == (page, True)
    leaky.refresh_from_db()
    assert leaky.state == PostState.IN_REVIEW
    assert not Review.objects.filter(revision__post=leaky).exists()
    assert "<textarea" in client.get(page).text


def test_the_result_of_a_bulk_approval_is_reported_once(client, unit, approver):
    approve_many(client, factories.submitted(unit=unit).current_revision)

    assert client.get(reverse("publishing:review_queue")).context["result"] is None


def test_a_bulk_approval_passes_over_revisions_of_other_units(client, approver):
    foreign = factories.submitted()

    response = approve_many(client, foreign.current_revision)

    foreign.refresh_from_db()
    assert foreign.state == PostState.IN_REVIEW
    assert response.context["result"] is None


def test_a_bulk_approval_of_nonsense_changes_nothing(client, unit, approver):
    factories.submitted(unit=unit)

    data = {"revision": ["x", ""], "mark": factories.queue_mark(approver)}
    response = client.post(reverse("publishing:approve_many"), data, follow=True)

    with translation.override("en"):
        assert [str(m) for m in response.context["messages"]] == ["No post is chosen."]
    assert not Review.objects.exists()


def test_a_bulk_approval_passes_over_what_this_person_never_opened_at_that_revision(
    client, unit, approver
):
    unread, edited = (
        factories.submitted(unit=unit, title="Chưa mở"),
        factories.submitted(unit=unit, title="Đã sửa"),
    )
    for person in (approver, leader(unit)):
        factories.mark(edited.current_revision, person)
    factories.mark(unread.current_revision, leader(unit))
    edited.body = "<p>Nội dung khác hẳn.</p>"
    factories.submitted(edited)
    mark = factories.queue_mark(approver)

    result = approve_many(
        client, unread.current_revision, edited.current_revision, mark=mark
    ).context["result"]

    assert result["approved"] == []
    assert {row["words"] for row in result["refused"]} == {
        "You have not opened this version yet. Please open its preview first."
    }
    assert not Review.objects.exists()


def test_a_bulk_approval_from_a_list_that_has_only_just_appeared_does_nothing(
    client, unit, approver
):
    post = factories.submitted(unit=unit)
    mark = factories.queue_mark(approver, post.current_revision, since=timedelta(seconds=1))

    approve_many(client, post.current_revision, mark=mark)

    assert not Review.objects.exists()


@pytest.fixture
def passkey(approver, monkeypatch):
    """A passkey of the approver in software; its answers come as the browser would send them."""
    key = ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setattr(passkeys, "has_passkey", lambda user: user == approver)

    def assertion_of(user, answer, challenge):
        if user != approver or answer.get("challenge") != challenge.hex():
            raise passkeys.InvalidSignature
        return touch(key, answer["text"])

    monkeypatch.setattr(passkeys, "assertion_of", assertion_of)
    monkeypatch.setattr(
        passkeys, "request_options", lambda _user, challenge: {"challenge": challenge.hex()}
    )


def list_options(client, *revisions, mark):
    data = {"revision": [str(r.public_id) for r in revisions], "mark": mark}
    return client.post(reverse("publishing:list_passkey_options"), data)


def touch_list(client, *revisions, mark, change=lambda: None):
    """Ask what to sign, sign it, and send the form after ``change``."""
    asked = list_options(client, *revisions, mark=mark).json()["challenge"]
    request = RequestFactory().post(
        "/", {"revision": [str(r.public_id) for r in revisions], "mark": mark}
    )
    request.user = signed_in(client)
    text = signing.list_statement_of(queues._proofs(request), by=request.user)
    answer = json.dumps({"challenge": asked, "text": text})
    change()
    data = {"revision": [str(r.public_id) for r in revisions], "mark": mark, "assertion": answer}
    return client.post(reverse("publishing:approve_many"), data, follow=True)


def test_one_touch_approves_all_chosen_posts_each_at_its_time(client, unit, approver, passkey):
    requested = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    first, second = (
        factories.submitted(unit=unit),
        factories.submitted(unit=unit, requested_time=requested),
    )
    chosen = [first.current_revision, second.current_revision]

    result = touch_list(client, *chosen, mark=factories.queue_mark(approver, *chosen)).context[
        "result"
    ]

    assert (len(result["approved"]), result["refused"]) == (2, [])
    assert set(approved_channels({post.public_id for post in chosen})) == {
        post.public_id for post in chosen
    }
    assert Signature.objects.values_list("method", "listed").distinct().get() == (
        "passkey",
        SignedList.objects.get().pk,
    )
    said = json.loads(SignedList.objects.get().statement)["statements"]
    assert {(listed["revision"], listed["wanted"]) for listed in said} == {
        (str(chosen[0].public_id), ""),
        (str(chosen[1].public_id), requested.isoformat()),
    }
    assert Delivery.objects.get().post == second


def test_a_touch_over_another_list_approves_nothing(client, unit, approver, passkey):
    requested = timezone.now() + timedelta(days=1)
    post, other = (
        factories.submitted(unit=unit),
        factories.submitted(unit=unit, requested_time=requested),
    )
    chosen = [post.current_revision, other.current_revision]
    mark = factories.queue_mark(approver, *chosen)

    later = {"requested_time": requested + timedelta(hours=1)}
    response = touch_list(
        client, *chosen, mark=mark, change=lambda: Post.objects.filter(pk=other.pk).update(**later)
    )

    assert [
        "did not sign these posts" in str(message) for message in response.context["messages"]
    ] == [True]
    assert not Review.objects.exists()
    assert not SignedList.objects.exists()


@pytest.mark.parametrize("answer", ["x", "[]", "{}", '{"challenge": 1}', "1" * 30_000])
def test_an_answer_that_is_no_signature_approves_nothing(client, unit, approver, answer):
    post = factories.submitted(unit=unit)
    mark = factories.queue_mark(approver, post.current_revision)

    data = {"revision": str(post.current_revision.public_id), "mark": mark, "assertion": answer}
    response = client.post(reverse("publishing:approve_many"), data, follow=True)

    assert [
        "did not sign these posts" in str(message) for message in response.context["messages"]
    ] == [True]
    assert not Review.objects.exists()


def test_what_one_touch_signed_and_the_rules_refuse_stays_unapproved(
    client, unit, approver, passkey
):
    post, unread = factories.submitted(unit=unit), factories.submitted(unit=unit, title="Chưa mở")
    chosen = [post.current_revision, unread.current_revision]

    mark = factories.queue_mark(approver, post.current_revision)
    result = touch_list(client, *chosen, mark=mark).context["result"]

    assert [row["title"] for row in result["refused"]] == ["Chưa mở"]
    assert [review.revision for review in Review.objects.all()] == [post.current_revision]


def test_a_passkey_is_asked_for_nothing_of_other_units_nor_from_a_page_just_opened(
    client, unit, approver, passkey
):
    post, foreign = factories.submitted(unit=unit), factories.submitted()
    old = factories.queue_mark(approver, post.current_revision)
    fresh = factories.queue_mark(approver, since=timedelta(seconds=1))

    assert list_options(client, post.current_revision, mark=old).status_code == 200
    assert list_options(client, foreign.current_revision, mark=old).status_code == 409
    assert list_options(client, post.current_revision, mark=fresh).status_code == 409
    assert list_options(client, mark=old).status_code == 409
    client.force_login(factories.person(Role.OFFICER, unit))
    assert list_options(client, post.current_revision, mark=old).status_code == 403


def test_without_a_passkey_the_chosen_posts_are_approved_by_code(client, unit, approver):
    post = factories.submitted(unit=unit)

    approve_many(client, post.current_revision)

    assert "data-passkey" not in client.get(reverse("publishing:review_queue")).content.decode()
    assert (Signature.objects.get().method, SignedList.objects.count()) == ("code", 0)


@pytest.mark.parametrize(
    "answer", [" ", "null", "0", "[]", "{}", '""', "[" * 19_000, "1" * 19_000, "x" * 21_000]
)
def test_an_empty_or_hostile_answer_of_a_passkey_takes_no_proofs_place(
    client, unit, approver, proof_is_old, answer
):
    post = factories.submitted(unit=unit)
    proof_is_old(client)

    single = decide(client, post, "approve", assertion=answer)
    data = {
        "revision": str(post.current_revision.public_id),
        "mark": factories.queue_mark(approver),
    }
    bulk = client.post(reverse("publishing:approve_many"), data | {"assertion": answer})

    assert (single.status_code, bulk.status_code) == (422, 302)
    assert "answer cannot be read" in single.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "authenticator_data", [b"@" + bytes(22), b"\x80" + bytes(4) + b"\x1a"], ids=["cut", "no CBOR"]
)
def test_a_passkeys_answer_that_ends_too_early_approves_nothing(
    client, unit, approver, authenticator_data
):
    post = factories.submitted(unit=unit)
    response = {
        "clientDataJSON": websafe_encode(
            b'{"type":"webauthn.get","challenge":"AAAA","origin":"x"}'
        ),
        "authenticatorData": websafe_encode(bytes(32) + authenticator_data),
        "signature": "AAAA",
    }
    answer = {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
    }

    assert decide(client, post, "approve", assertion=json.dumps(answer)).status_code == 409
    assert not Review.objects.exists()
