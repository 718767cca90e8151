"""A passkey signs the approval of a kit."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from accounts.second_factors import passkeys
from accounts.step_up import STEPPED_UP_AT
from campaigns.kits import issuing, seals
from campaigns.kits.models import KitVersion
from campaigns.kits.queries import find_proved_versions
from core.errors import Refused
from core.form_marks import make_render_mark, require_rendered
from tests import factories
from tests.passkeys import touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader():
    return factories.person(Role.OVERSEER, factories.ProvinceFactory(), language="en")


@pytest.fixture
def version(leader):
    kit = factories.kit(leader.current_appointments[0].unit, state="in_review")
    KitVersion.objects.update(submitted_at=timezone.now() - timedelta(minutes=2))
    return kit.versions.get()


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def _passkey(leader, key, monkeypatch):
    """A passkey of the leader in software; its answers come as the browser would send them."""

    def assertion_of(user, answer, challenge):
        if user != leader or answer.get("challenge") != challenge.hex():
            raise passkeys.InvalidSignature
        return touch(key, answer["text"])

    monkeypatch.setattr(passkeys, "has_passkey", lambda user: user == leader)
    monkeypatch.setattr(passkeys, "assertion_of", assertion_of)
    monkeypatch.setattr(
        passkeys, "request_options", lambda _user, challenge: {"challenge": challenge.hex()}
    )


def sign_in(client, person):
    """Sign in without a factor proved just now."""
    client.force_login(person)
    session = client.session
    session.pop(STEPPED_UP_AT, None)
    session.save()


def mark_of(version, leader, *, ago=timedelta(seconds=10)):
    about = f"kit:{version.public_id}:{version.content_sha256}"
    return make_render_mark(about, by=leader, now=timezone.now() - ago), about


def sent(version, leader, **change):
    mark, about = mark_of(version, leader)
    rendered = require_rendered(mark, about, by=leader)
    return {
        "sha256": version.content_sha256,
        "mark": mark,
        "text": seals.make_statement_to_sign(version, rendered, by=leader.pk),
        **change,
    }


def address(name, version):
    return reverse(f"kits:{name}", args=[version.kit.public_id])


@pytest.mark.usefixtures("_passkey")
def test_one_touch_approves_the_kit_without_a_code(client, version, leader):
    sign_in(client, leader)
    page = client.get(address("approve", version))
    assert f'data-passkey="{address("passkey_options", version)}"' in page.content.decode()
    form = sent(version, leader)
    text = form.pop("text")
    asked = client.post(address("passkey_options", version), form).json()["challenge"]
    answer = json.dumps({"challenge": asked, "text": text})

    done = client.post(address("approve", version), {**form, "assertion": answer})

    assert done["Location"] == address("kit", version)
    version.refresh_from_db()
    assert (version.state, version.method, version.approved_by) == ("approved", "passkey", leader)
    assert seals.is_sealed(version)
    assert find_proved_versions([str(version.public_id)]) == {
        str(version.public_id): version.content_sha256
    }
    shown = client.get(address("kit", version)).content.decode()
    assert "Approved with a passkey" in shown
    issuing.return_version(version, by=leader, reason="Sửa lại giờ.")
    version.refresh_from_db()
    assert (version.method, version.assertion) == ("", None)


@pytest.mark.usefixtures("_passkey")
def test_what_the_passkey_did_not_sign_is_not_approved(client, version, leader):
    sign_in(client, leader)
    form = sent(version, leader)
    text = form.pop("text")
    asked = client.post(address("passkey_options", version), form).json()["challenge"]
    for answer in ({"challenge": "00", "text": text}, {"challenge": asked, "text": "another"}):
        client.post(address("approve", version), {**form, "assertion": json.dumps(answer)})
        version.refresh_from_db()
        assert (version.state, version.assertion) == ("in_review", None)
    unreadable = client.post(address("approve", version), {**form, "assertion": "{}"}, follow=True)
    assert "cannot be read" in unreadable.content.decode()
    # A return needs a factor, whatever comes with it.
    returned = {"return": "1", "reason": "Sai ngày.", "assertion": "{}"}
    assert "reauthenticate" in client.post(address("approve", version), returned)["Location"]


@pytest.mark.usefixtures("_passkey")
def test_a_page_of_another_person_version_or_time_signs_nothing(client, version, leader):
    sign_in(client, leader)
    options = address("passkey_options", version)
    other = factories.kit(version.kit.unit, state="in_review").versions.get()
    for mark in (
        "",
        mark_of(version, factories.UserFactory())[0],
        mark_of(other, leader)[0],
        mark_of(version, leader, ago=timedelta(seconds=0))[0],
    ):
        assert client.post(options, {"mark": mark}).status_code == 409
    assert client.post(options, {"mark": mark_of(version, leader)[0]}).status_code == 200


def test_an_assertion_from_before_the_last_submission_approves_nothing(version, leader, key):
    mark, about = mark_of(version, leader)
    rendered = require_rendered(mark, about, by=leader)
    assertion = touch(key, seals.make_statement_to_sign(version, rendered, by=leader.pk))
    given = {"by": leader, "content_sha256": version.content_sha256, "rendered": rendered}
    KitVersion.objects.update(submitted_at=timezone.now())
    with pytest.raises(Refused, match="changed meanwhile"):
        issuing.approve_version(version, assertion=assertion, **given)
    KitVersion.objects.update(submitted_at=rendered.at)
    with pytest.raises(Refused, match="did not sign"):
        issuing.approve_version(version, assertion=touch(key, "another"), **given)
    issuing.approve_version(version, assertion=assertion, **given)


@pytest.mark.parametrize("change", ["assertion", "nonce", "method", "text", "approver"])
def test_a_changed_row_bears_no_seal_that_fits(version, leader, key, change):
    mark, about = mark_of(version, leader)
    rendered = require_rendered(mark, about, by=leader)
    assertion = touch(key, seals.make_statement_to_sign(version, rendered, by=leader.pk))
    issuing.approve_version(
        version,
        by=leader,
        content_sha256=version.content_sha256,
        rendered=rendered,
        assertion=assertion,
    )
    row = KitVersion.objects.get()
    assert seals.is_sealed(row)
    match change:
        case "assertion":
            row.assertion = None
        case "nonce":
            row.assertion["nonce"] = "another"
        case "method":
            row.method = "code"
        case "text":
            row.text += " Và gọi số khác."
        case "approver":
            row.approved_by = factories.UserFactory()
    assert not seals.is_sealed(row)
