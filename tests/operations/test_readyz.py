"""The address that monitoring systems ask."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import views
from publishing.states import State
from tests.operations.conftest import _no_database, ago, late

pytestmark = pytest.mark.django_db(transaction=True)


def test_readyz_is_open_and_says_nothing_when_all_is_well(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "signs": []})
    assert "no-store" in answer["Cache-Control"]


def test_readyz_reports_kinds_and_ages_and_nothing_of_a_unit(client, stuck):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    (sign,) = answer.json()["signs"]
    assert (sign["kind"], sign["of"]) == ("stuck", "facebook")
    assert 175 < sign["age"] < 200
    assert set(sign) == {"kind", "of", "age"}
    assert stuck.post.title not in json.dumps(answer.json(), ensure_ascii=False)


def test_readyz_stays_ready_when_only_officers_are_late(client):
    late(state=State.MANUAL, manual_deadline=ago(minutes=1))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["signs"][0]["kind"]) == (200, "overdue")


def test_readyz_says_that_the_database_is_gone(client, monkeypatch):
    monkeypatch.setattr(views, "take_measurement", _no_database)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["signs"]) == (503, [{"kind": "database"}])


def test_readyz_costs_the_same_however_much_there_is(client):
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/readyz")
        costs.append(len(queries))
        late()
        late(state=State.VERIFYING)
    assert costs[0] == costs[1] <= 10
