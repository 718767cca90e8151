"""Hash passwords with bounded memory, however many people sign in at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext as _

from core.errors import Busy

AT_ONCE = 2  # in one process: 2 x 19 MiB; more would only wait for the two processors
WAIT_SECONDS = 5.0  # then the person is told to try again, and the thread serves somebody else

_worker_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def hold_worker_slot() -> Iterator[None]:
    """Hold a worker slot for hashing a password.

    Raise Busy, with nothing tried, when none becomes free within WAIT_SECONDS.
    """
    if not _worker_slots.acquire(timeout=WAIT_SECONDS):
        raise Busy(
            _(
                "Many people are signing in at this moment. Nothing is wrong: please type your "
                "password once more and try again."
            ),
            retry_after=5,
        )
    try:
        yield
    finally:
        _worker_slots.release()


class BoundedArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane; Django's default takes 100 MiB a password.

    The parameters are the recommendation of OWASP's Password Storage Cheat Sheet
    (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
    Django hashes a password again with them at the next sign-in of its holder.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with hold_worker_slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with hold_worker_slot():
            return super().verify(password, encoded)
