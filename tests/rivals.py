"""Several people who act at the same moment."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from django.db import connection

from core.errors import NotAllowed, Refused
from tests.channels.connection.rivals import overtaken

REFUSED = "refused"


def act_at_once(*acts: Callable[[], object]) -> Counter[str]:
    """Run each act in a thread of its own, all from one moment on; count the outcomes, which are
    "done" and "refused". Another error is raised here. For tests that commit.
    """
    ready = threading.Barrier(len(acts), timeout=20)
    outcomes: Counter[str] = Counter()
    errors: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            ready.wait()
            act()
            outcomes["done"] += 1
        except (Refused, NotAllowed):
            outcomes[REFUSED] += 1
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]
    return outcomes


def each_at_once[T](people: Iterable[T], act: Callable[[T], object]) -> Counter[str]:
    """Run ``act`` for each of ``people`` from one moment on, as `act_at_once` does."""
    return act_at_once(*(partial(act, person) for person in people))


def act_before_commit_of(first: Callable[[], object], act: Callable[[], object]) -> str:
    """Run ``act`` after ``first`` has written and before that is committed; return the outcome of
    ``act``. Where `act_at_once` may let one finish before the other begins, this cannot.
    """
    outcomes: list[str] = []

    def run() -> None:
        try:
            act()
            outcomes.append("done")
        except (Refused, NotAllowed):
            outcomes.append(REFUSED)

    overtaken(run, by=first)
    return outcomes[0] if outcomes else "error"
