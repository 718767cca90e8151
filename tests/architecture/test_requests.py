"""Answers of every address of ours to requests that no page of ours makes."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Role
from tests import factories
from tests.architecture.test_access import ENTRIES, MAKERS, OURS, _of_person

pytestmark = pytest.mark.django_db
# Machines call these with a signature, or browsers without cookies: no form token could be asked
# for.
SIGNED = {"hook"}
# What a look may note: the use of the session, limits, the record, who has a draft or a review
# open, that a notice was read, that a unit has opened a kit, and the one row that says whether
# publishing is frozen.
WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
NOTED = re.compile(
    r"accounts_session|core_\w+|audit_\w+|posts_editing|posts_reading|accounts_notice"
    r"|campaigns_adoption|publishing_freeze"
)


def address_for(name: str, user: object, unit: object) -> str:
    entry = ENTRIES[name]
    if entry.reach == "own":
        return reverse(name, kwargs=_of_person(entry, user))
    return reverse(
        name, kwargs={argument: MAKERS[kind](unit) for argument, kind in entry.kwargs.items()}
    )


def visitor(name: str):
    """Return somebody whom the matrix lets in, and the unit at which they sit."""
    role = next(iter(sorted(ENTRIES[name].roles)), Role.OFFICER)
    unit = factories.UnitFactory()
    return factories.person(role, unit), unit


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_requests_that_no_page_makes_change_nothing(client, name):
    user, unit = visitor(name)
    address = address_for(name, user, unit)
    strict = Client(enforce_csrf_checks=True)
    for browser in (client, strict):
        browser.force_login(user)

    if name in OURS:
        _look_changes_nothing_and_names_its_type(client, address)
    answers = {
        method: client.generic(method, address).status_code
        for method in ("TRACE", "PUT", "CONNECT", "X")
    }

    assert set(answers.values()) == {405}, answers
    if name not in SIGNED:  # a form without its token
        assert strict.post(address, ENTRIES[name].data).status_code in {403, 405}


def _look_changes_nothing_and_names_its_type(client, address):
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)

    written = {
        found[1] for query in asked.captured_queries if (found := WRITES.match(query["sql"]))
    }
    assert {table for table in written if not NOTED.fullmatch(table)} == set()
    kind = response.get("Content-Type", "")
    assert kind.startswith(("image/", "video/", "application/")) or "charset=utf-8" in kind, kind
