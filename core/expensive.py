"""Pages that take tenths of a second of a processor: each person's are worked out one by one, so
that a script, or a key held down on "reload", keeps nobody else waiting.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from core.semaphores import PerUserLock

# In a process with eight threads a person occupies four at most.
READING = PerUserLock(queue=3, timeout=20)


def one_at_a_time[Response: HttpResponseBase](
    view: Callable[..., Response],
) -> Callable[..., Response]:
    """Have the person's requests to all views with this decorator wait for each other; a further
    one is answered 503 (`SayWhenToTryAgain`). The view returns what is rendered already.
    """

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        with READING.hold(request.user.pk):
            return view(request, *args, **kwargs)

    return respond
