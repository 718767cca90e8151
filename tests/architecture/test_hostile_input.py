"""No page answers 500 to what a script may send: zero bytes, numbers of 5,000 digits, days at the
ends of time.
"""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.permissions import Role
from tests import factories
from tests.architecture.test_access import ENTRIES, OURS, _sample

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
APPS = (
    "accounts",
    "media",
    "audit",
    "links",
    "help",
    "campaigns",
    "channels",
    "core",
    "engagement",
    "oversight",
    "posts",
    "publishing",
    "operations",
    "retention",
    "units",
)
HOSTILE = ["\x00", "9" * 5000, "0001-01-01", "31/12/9999 23:59"]


def _names_read_from_requests() -> list[str]:
    """Find what views ask of a request and forms call their fields."""
    names = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            names.update(
                re.findall(
                    r"""request\.(?:GET|POST)(?:\.get|\.getlist)?[(\[]["'](\w+)["']""", source
                )
            )
            if "forms" in path.name:
                names.update(
                    re.findall(r"^    (\w+) = [\w.]*(?:Field|Choice)\w*\(", source, re.MULTILINE)
                )
    return sorted(names)


@pytest.fixture
def person(client):
    province = factories.ProvinceFactory()
    person = factories.person(Role.OVERSEER, province)
    unit = factories.UnitFactory(parent=province)
    for role, where in (
        (Role.OFFICER, unit),
        (Role.APPROVER, unit),
        (Role.SUPERVISOR, province),
        (Role.ADMINISTRATOR, province),
    ):
        person.appointments.create(unit=where, role=role, valid_from=date(2025, 7, 1))
    client.force_login(person)
    client.raise_request_exception = False
    return person


def test_names_are_found():
    assert {"q", "date", "unit", "reason", "requested_time"} <= set(_names_read_from_requests())


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:24])
def test_no_address_answers_500_to_hostile_parameters(client, person, value):
    names = _names_read_from_requests()
    addresses = [
        reverse(name, kwargs={key: _sample(c) for key, c in OURS[name].items()})
        for name, entry in ENTRIES.items()
        if not entry.kwargs
    ]
    wrong = [
        (method.__name__, address)
        for address in addresses
        for method in (client.get, client.post)
        if method(address, dict.fromkeys(names, value)).status_code >= 500
    ]
    assert wrong == []
