from datetime import timedelta

import pytest
from django.utils import timezone

from core.bulk import update_from_values
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_row_gets_its_own_values_and_only_matching_rows_change():
    first, second, moved_on = factories.delivery(), factories.delivery(), factories.delivery()
    Delivery.objects.filter(pk=moved_on.pk).update(attempt=5)
    due = timezone.now() + timedelta(days=1)

    won = update_from_values(
        Delivery,
        [{"id": d.pk, "attempt": 0, "remote_id": f"r{d.pk}"} for d in (first, second, moved_on)],
        match=("id", "attempt"),
        where={"state": State.SCHEDULED},
        fields={"fire_at": due, "permalink": "https://example.vn/1"},
    )

    assert won == {first.pk, second.pk}
    second.refresh_from_db()
    moved_on.refresh_from_db()
    assert (second.remote_id, second.fire_at, second.permalink) == (
        f"r{second.pk}",
        due,
        "https://example.vn/1",
    )
    assert (moved_on.remote_id, moved_on.permalink) == ("", "")


def test_no_rows_cost_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert update_from_values(Delivery, [], match=("id",)) == set()


def test_more_rows_than_one_statement_takes():
    post = factories.approved()
    delivery = factories.delivery(post)
    rows = [{"id": delivery.pk + n, "error_detail": "x"} for n in range(1200)]
    assert update_from_values(Delivery, rows, match=("id",)) == {delivery.pk}
