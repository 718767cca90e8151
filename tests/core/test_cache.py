"""The cache that all processes share: a value until its time, one winner, one statement."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import CacheEntry

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


def test_a_value_is_there_until_its_time():
    with time_machine.travel(NOW, tick=False) as clock:
        cache.set("mark", [1.5, "hai"], 60)
        cache.set("for-ever", True, None)
        clock.shift(59)
        there = cache.get("mark"), "mark" in cache, cache.touch("mark", 60)
        clock.shift(61)
        gone = cache.get("mark", "none"), "mark" in cache, cache.touch("mark", 60)
        left = cache.get_many(["mark", "for-ever"])

    assert there == ([1.5, "hai"], True, True)
    assert gone == ("none", False, False)
    assert left == {"for-ever": True}


def test_what_is_set_again_is_replaced_and_what_is_added_again_is_not():
    with time_machine.travel(NOW, tick=False) as clock:
        cache.set("set", 1, 60)
        cache.set("set", 2, 60)
        added = [cache.add("lock", 1, 60), cache.add("lock", 2, 60)]
        value = cache.get("lock")
        clock.shift(60)
        added.append(cache.add("lock", 3, 60))
        deleted = [cache.delete("set"), cache.delete("set")]

        assert (added, value, cache.get("lock"), deleted) == (
            [True, False, True],
            1,
            3,
            [True, False],
        )


@pytest.mark.parametrize(
    "act", [lambda: cache.set("key", 1), lambda: cache.add("key", 1)], ids=["set", "add"]
)
def test_a_write_is_one_statement_whatever_lies_there(act):
    with CaptureQueriesContext(connection) as first:
        act()
    with CaptureQueriesContext(connection) as again:
        act()

    assert (len(first), len(again)) == (1, 1)


def test_a_row_that_somebody_wrote_with_code_in_it_is_no_value():
    DatabaseCache("core_cacheentry", {}).set("key", timedelta(1))  # a pickle
    assert CacheEntry.objects.count() == 1

    assert cache.get("key", "none") == "none"


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_add_at_once_one_is_informed_that_it_did():
    together, said = threading.Barrier(8), []

    def add():
        together.wait()
        said.append(cache.add("lock", 1, 60))
        connection.close()

    threads = [threading.Thread(target=add) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == [False] * 7 + [True]
