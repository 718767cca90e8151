import subprocess
import sys
import threading

import pytest
from django.db import connection

from core.errors import Busy
from core.semaphores import PerUserLock, SharedSemaphore

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def test_so_many_are_at_work_at_once_and_the_next_is_informed_to_come_again():
    semaphore = SharedSemaphore("work", limit=2, queue=0, timeout=0)
    with semaphore.hold(), semaphore.hold():
        with pytest.raises(Busy) as refused, semaphore.hold():
            pytest.fail("a third one")
        assert refused.value.retry_after == 10
    with semaphore.hold():
        pass


def test_who_waits_gets_the_slot_that_becomes_free():
    semaphore = SharedSemaphore("work", limit=1, queue=1, timeout=60)
    began, done = threading.Event(), threading.Event()

    def wait_for_it() -> None:
        began.set()
        with semaphore.hold():
            done.set()

    waiter = threading.Thread(target=wait_for_it)
    with semaphore.hold():
        waiter.start()
        assert began.wait(30)
        assert not done.is_set()
    waiter.join(60)
    assert done.is_set()


def test_whoever_finds_enough_waiting_is_reported_at_once():
    semaphore = SharedSemaphore("work", limit=1, queue=0, timeout=3600)
    with semaphore.hold(), pytest.raises(Busy), semaphore.hold():
        pytest.fail("waited for an hour")


def test_a_person_has_one_slot_at_a_time_and_another_person_their_own():
    semaphore = SharedSemaphore("work", limit=3, queue=0, timeout=0)
    with semaphore.hold(1):
        with pytest.raises(Busy), semaphore.hold(1):
            pytest.fail("twice")
        with semaphore.hold(2), semaphore.hold():
            pass
    with semaphore.hold(1):
        pass


def test_a_persons_further_work_waits_for_their_own_slot():
    semaphore = SharedSemaphore("work", limit=3, queue=0, timeout=60, per_user=2)
    began, done = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        with semaphore.hold(1):
            done.set()

    second = threading.Thread(target=work)
    with semaphore.hold(1):
        second.start()
        assert began.wait(30)
        assert not done.is_set()
    second.join(60)
    assert done.is_set()


def test_all_processes_share_the_slots_and_a_dead_one_gives_its_back(settings):
    hold = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1], 'w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    semaphore = SharedSemaphore("work", limit=1, queue=0, timeout=0)
    with semaphore.hold():
        pass  # so that the folder is there
    place = settings.VAR_DIR / "turns" / "work-0"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy), semaphore.hold():
            pytest.fail("two processes at once")
    finally:
        holder.kill()
        holder.communicate()
    with semaphore.hold():
        pass


def test_a_slot_is_released_by_work_that_failed():
    semaphore = SharedSemaphore("work", limit=1, queue=0, timeout=0)
    with pytest.raises(ZeroDivisionError), semaphore.hold(1):
        _ = 1 / 0
    with semaphore.hold(1):
        pass


# --- One at a time of each person -----------------------------------------------------------------


def test_a_person_has_one_turn_at_a_time_and_another_person_their_own():
    turns = PerUserLock("work", queue=0, timeout=60)
    with turns.hold(1):
        with pytest.raises(Busy), turns.hold(1):
            pytest.fail("twice")
        with turns.hold(2):
            pass
    with turns.hold(1):
        pass
    assert not turns._callers


def test_a_persons_further_work_waits_for_their_own_turn():
    turns = PerUserLock("work", queue=1, timeout=60)
    began, done = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        with turns.hold(1):
            done.set()
        connection.close()

    second = threading.Thread(target=work)
    with turns.hold(1):
        second.start()
        assert began.wait(30)
        assert not done.is_set()
    second.join(60)
    assert done.is_set()


def test_who_has_waited_long_enough_is_told_so():
    turns = PerUserLock("work", queue=1, timeout=0)
    with turns.hold(1), pytest.raises(Busy), turns.hold(1):
        pytest.fail("twice")
    with pytest.raises(ZeroDivisionError), turns.hold(1):
        raise ZeroDivisionError
    assert not turns._callers
    assert not turns._at_work


def test_a_person_has_one_turn_in_all_processes():
    """Another process is another object here, and another connection to the database."""
    here, there = (PerUserLock("work", queue=0, timeout=0) for _ in range(2))
    began, done = threading.Event(), threading.Event()

    def work_elsewhere() -> None:
        with there.hold(1):
            began.set()
            done.wait(60)
        connection.close()

    elsewhere = threading.Thread(target=work_elsewhere)
    elsewhere.start()
    assert began.wait(30)
    try:
        with pytest.raises(Busy), here.hold(1):
            pytest.fail("in two processes at once")
        with here.hold(2):
            pass
        with PerUserLock("other work", queue=0, timeout=0).hold(1):
            pass
    finally:
        done.set()
        elsewhere.join(60)
    with here.hold(1):
        pass
    assert not here._callers


def test_who_waits_for_another_process_gets_the_turn_that_becomes_free():
    here, there = (PerUserLock("work", queue=0, timeout=60) for _ in range(2))
    began, done = threading.Event(), threading.Event()

    def wait_for_it() -> None:
        began.set()
        with here.hold(1):
            done.set()
        connection.close()

    waiter = threading.Thread(target=wait_for_it)
    with there.hold(1):
        waiter.start()
        assert began.wait(30)
        assert not done.is_set()
    waiter.join(60)
    assert done.is_set()
