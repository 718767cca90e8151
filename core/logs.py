"""Log lines for machines: one JSON object a line, which nothing that a stranger sent can break or
colour.

No line repeats what people typed: addresses of pages hold secrets of invitations and signed links,
and the words of an exception may quote a row of the database or a platform's address with its
token.
"""

import json
import logging
import secrets
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")

# Docker cuts lines at 16 KiB; escaped, a letter may take six bytes.
LONGEST_MESSAGE, _MOST_FRAMES, _LONGEST_FRAME, _MOST_CAUSES = 1000, 20, 200, 4


def make_request_id() -> str:
    """Return 48 random bits in groups that a person can read out over the telephone."""
    digits = secrets.token_hex(6)
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


class JsonFormatter(logging.Formatter):
    """Format a record as one line of ASCII JSON: time (UTC), level, logger, message and what it
    belongs to.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _format_message(record)[:LONGEST_MESSAGE],
        }
        if identifier := request_id.get():
            entry["request"] = identifier
        if identifier := task_id.get():
            entry["task"] = identifier
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            entry |= {
                "exception": _name_class(error),
                "stack": [line for cause in _list_causes(error) for line in _list_frames(cause)],
            }
        return json.dumps(entry).replace("\x7f", "\\u007f")


def _format_message(record: logging.LogRecord) -> str:
    pattern, given = record.msg, record.args
    if isinstance(given, Mapping):
        given = {name: _sanitise(value, record) for name, value in given.items()}
        if isinstance(
            given.get("exc"), str
        ):  # Celery's words for a failed task hold the exception's own
            given["exc"] = "see exception"
    elif given:
        given = tuple(_sanitise(value, record) for value in given)
    try:
        return str(_sanitise(pattern, record)) % given if given else str(_sanitise(pattern, record))
    except (TypeError, ValueError, KeyError):
        return str(pattern)


def _sanitise(value: object, record: logging.LogRecord) -> object:
    """Return what may appear in a message: the class of an exception, the route of an address."""
    if isinstance(value, BaseException):
        return _name_class(value)
    request = getattr(record, "request", None)
    # As it came, or as Django escapes it for a log.
    if (
        isinstance(value, str)
        and request is not None
        and value in (request.path, request.path.encode("unicode_escape").decode("ascii"))
    ):
        match = getattr(request, "resolver_match", None)
        return f"/{match.route}" if match else "(no such page)"
    if isinstance(value, str) and record.name == "gunicorn.error":
        if value.startswith("Invalid request from "):
            return value.partition(": ")[0]  # what follows quotes the request
        if value.startswith("/"):
            return "(address)"
    return value


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _count in range(_MOST_CAUSES):
        if current is None:
            return
        yield current
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)


def _list_frames(error: BaseException) -> Iterator[str]:
    yield _name_class(error)
    for frame in traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]:
        yield f"{frame.filename}:{frame.lineno} {frame.name}"[-_LONGEST_FRAME:]


def _name_class(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
