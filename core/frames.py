"""Room for the frames of a whole request in one piece of memory.

CPython keeps frames in pieces of 16 kB. Before 3.13.13 and 3.14.4 (Debian 13 has 3.13.5) it gave a
piece back to the system as soon as the first call in it returned: a loop whose calls begin a piece
maps memory a thousand times. Depending on how deep the server's own calls lay, that took up to half
of a page's time (https://github.com/python/cpython/issues/142183,
docs/adr/0070-allocate-python-frames-in-one-block.md).
"""

import sys
from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

# Of 8 bytes each. A piece is a power of two that holds its first frame: with more than half of a
# megabyte it is one, and what is left of it has room for a thousand calls within each other. Memory
# is used as far as calls reach.
_SLOTS = 70_000


def is_needed(version: tuple[int, int, int]) -> bool:
    """Check whether this CPython gives a piece back at once.

    Once no supported system has such a version (Debian 13 is supported until June 2030), this
    module, its test and its line in MIDDLEWARE go.
    """
    return version < (3, 13, 13) or (3, 14) <= version < (3, 14, 4)


class RoomForFrames:
    """Call what follows from a frame so large that the frames of its calls lie in the same piece
    of memory, those of all other middlewares, too. Django leaves it out where Python does not need
    it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not is_needed(sys.version_info[:3]):
            raise MiddlewareNotUsed("this Python keeps a piece back")

        def call(request: HttpRequest) -> HttpResponse:
            return get_response(request)

        call.__code__ = call.__code__.replace(co_stacksize=_SLOTS)
        self.call = call

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.call(request)
