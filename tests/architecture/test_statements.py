"""A page asks the database few times: each question is a way there and back, also at 08:00."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.journeys.test_every_page import PAGES, people, reader_and_address

pytestmark = pytest.mark.django_db
MOST = 20
__all__ = ["people"]


def test_no_page_asks_the_database_more_than_twenty_times(people):
    made, _commune, _province = people
    clients, asked = {}, {}
    for name in PAGES:
        who, address = reader_and_address(name, people)
        if who not in clients:
            clients[who] = Client()
            if who:
                clients[who].force_login(made[who])
        clients[who].get(address)  # what a first look notes, and content types
        with CaptureQueriesContext(connection) as queries:
            clients[who].get(address)
        asked[name] = len(queries)
    assert {name: number for name, number in asked.items() if number > MOST} == {}
    assert asked["posts:edit"] > 10  # they were counted
