"""No form of the portal takes a secrecy mark, whatever its field is called and whichever view it is
meant for.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.permissions import Role
from audit.models import Entry
from campaigns import editing
from campaigns.models import Campaign
from core import middleware
from core.secrecy import SecrecyRefused
from core.semaphores import PerUserLock
from tests import factories
from tests.architecture.test_access import _sample, all_urls

pytestmark = pytest.mark.django_db
ADVICE = "Stop drafting on this system and report to your unit's leader."


@pytest.fixture
def overseer(client):
    person = factories.person(Role.OVERSEER, factories.ProvinceFactory())
    client.force_login(person)
    return person


def test_every_view_is_spared_a_form_that_bears_a_mark(client, overseer):
    passed = {}
    for name, converters in all_urls().items():
        if "unnamed" in name or None in converters.values():
            continue
        address = reverse(name, kwargs={key: _sample(c) for key, c in converters.items()})
        response = client.post(
            address, {"whatever": "Kế hoạch\nTUYỆT MẬT\nCăn cứ Luật Bảo vệ bí mật nhà nước"}
        )
        if response.status_code != 422:
            passed[name] = response.status_code

    assert set(passed) == {"hook", "csp_report"}  # messages of machines, no forms


def test_a_campaign_named_so_is_refused_with_the_advice_and_not_stored(client, overseer):
    before = Entry.objects.count()

    response = client.post(
        reverse("campaigns:new"),
        {"name": "TUYỆT MẬT", "aim": "Tuần tra đêm 30"},
        headers={"Accept": "text/html"},
    )

    assert (response.status_code, Campaign.objects.count(), Entry.objects.count()) == (
        422,
        0,
        before,
    )
    assert ADVICE in response.content.decode().replace("&#x27;", "'")
    assert "Tuần tra" not in response.content.decode()


def test_a_file_name_that_bears_a_mark_is_refused(client, overseer):
    file = SimpleUploadedFile("TUYỆT_MẬT_ke_hoach.png", b"x")

    assert client.post(reverse("campaigns:new"), {"file": file}).status_code == 422


def test_a_script_is_informed_in_json_and_htmx_in_a_toast(client, overseer):
    address, marked = reverse("campaigns:new"), {"name": "(MẬT)"}

    script = client.post(address, marked, headers={"Accept": "application/json"})
    fragment = client.post(address, marked, headers={"HX-Request": "true"})

    assert (script.status_code, ADVICE in script.json()["errors"][""][0]) == (422, True)
    assert (fragment.status_code, fragment["HX-Retarget"]) == (422, "#toasts")
    assert "<html" not in fragment.content.decode()


def test_a_password_may_be_what_it_likes(client):
    data = {"login": "nobody", "password": "TUYỆT MẬT"}

    assert client.post(reverse("account_login"), data).status_code == 200


def test_a_service_refuses_a_marked_campaign_by_itself(overseer):
    unit = overseer.current_appointments[0].unit
    with pytest.raises(SecrecyRefused):
        editing.begin_campaign(
            unit=unit,
            by=overseer,
            name="Ra quân",
            aim="(TỐI MẬT)",
            starts_on=unit.valid_from,
            ends_on=unit.valid_from,
        )


def test_a_persons_long_forms_are_read_one_by_one(client, overseer, monkeypatch):
    monkeypatch.setattr(middleware, "_reading", PerUserLock("work", queue=0, timeout=0))
    address, long = reverse("campaigns:new"), "a" * middleware.LONG_FORM
    with middleware._reading.hold(overseer.pk):
        answers = [client.post(address, {"name": name}) for name in (long, "a")]
    answers.append(client.post(address, {"name": long}))

    assert [answer.status_code for answer in answers] == [503, 422, 422]
    assert answers[0]["Retry-After"] == "10"
