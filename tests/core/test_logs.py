import json
import logging
import re
import sys

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.test import override_settings
from django.urls import path

from core import logs

HOSTILE = 'x\r\n{"level":"ERROR"}\x1b[31m\x7f\u2028\u0085" \ud800 Nguyễn'
IDENTIFIER = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}")


@login_not_required
def fail(request, secret="mật khẩu của đồng chí"):
    raise ValueError(secret)


@login_not_required
def misunderstand(request):
    raise BadRequest("typed")


urlpatterns = [path("fail/<str:secret>/", fail), path("bad/", misunderstand)]


def formatted(message: object, *args: object, name: str = "tests", **extra: object) -> str:
    record = logging.getLogger(name).makeRecord(name, logging.WARNING, "", 0, message, args, None)
    record.__dict__.update(extra)
    return logs.JsonFormatter().format(record)


@pytest.fixture
def lines():
    """Collect what the portal's own formatter makes of everything that is logged."""
    written = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Collect()
    handler.setFormatter(logs.JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_a_line_names_its_time_with_offset_its_level_and_its_logger():
    record = logging.getLogger("posts").makeRecord(
        "posts", logging.ERROR, "", 0, "%s left", (3,), None
    )
    record.created = 1_700_000_000.5

    assert json.loads(logs.JsonFormatter().format(record)) == {
        "time": "2023-11-14T22:13:20.500+00:00",
        "level": "ERROR",
        "logger": "posts",
        "message": "3 left",
    }


@pytest.mark.parametrize("message", [HOSTILE, "%s"])
def test_no_text_breaks_or_colours_a_line(message):
    line = formatted(message, *([HOSTILE] if message == "%s" else []), name=HOSTILE)

    assert line.isascii()
    assert line.isprintable()
    assert (json.loads(line)["message"], json.loads(line)["logger"]) == (HOSTILE, HOSTILE)


def test_a_line_is_never_longer_than_a_container_takes():
    def deeper(left: int) -> None:
        if left:
            return deeper(left - 1)
        raise ValueError

    try:
        deeper(200)
    except ValueError:
        line = formatted("\u1ea1" * 100_000, exc_info=sys.exc_info())

    assert len(line) < 16_384


def test_an_exception_is_named_by_class_and_place_without_its_words():
    try:
        try:
            fail(None)
        except ValueError as error:
            raise LookupError("the token is s3cret") from error
    except LookupError as error:
        line = formatted("it failed: %s", error, exc_info=sys.exc_info())

    entry = json.loads(line)
    assert (entry["message"], entry["exception"]) == (
        "it failed: builtins.LookupError",
        "builtins.LookupError",
    )
    assert [frame.rsplit("/", 1)[-1].partition(":")[0] for frame in entry["stack"]] == [
        "builtins.LookupError",
        "test_logs.py",
        "builtins.ValueError",
        "test_logs.py",
        "test_logs.py",
    ]
    assert "s3cret" not in line  # nothing that a time may hold
    assert "kh\\u1ea9u" not in line


@pytest.mark.parametrize(
    "message", ["Error handling request %s", "Invalid request from ip=::1: GET /people/secret"]
)
def test_the_server_names_no_address_of_a_page(message):
    line = formatted(
        message, *(["/people/secret"] if "%s" in message else []), name="gunicorn.error"
    )

    assert "secret" not in line


@override_settings(ROOT_URLCONF="tests.core.test_logs")
@pytest.mark.parametrize(("address", "status"), [("/fail/s3cret/", 500), ("/bad/", 400)])
def test_a_fault_is_numbered_on_its_page_its_answer_and_in_every_line(
    client, lines, address, status
):
    client.raise_request_exception = False

    answer = client.get(address, headers={"X-Request-Id": "of-the-client"})

    identifier = answer["X-Request-Id"]
    assert answer.status_code == status
    assert IDENTIFIER.fullmatch(identifier)
    assert f"<code>{identifier}</code>" in answer.content.decode()
    assert {json.loads(line)["request"] for line in lines} == {identifier}
    assert not any("s3cret" in line for line in lines)
    assert logs.request_id.get() == ""


@override_settings(ROOT_URLCONF="tests.core.test_logs")
def test_a_fault_is_logged_by_its_route(client, lines):
    client.raise_request_exception = False

    client.get("/fail/s3cret/")

    entry = json.loads(lines[-1])
    assert (entry["message"], entry["exception"]) == (
        "Internal Server Error: /fail/<str:secret>/",
        "builtins.ValueError",
    )


def test_two_requests_have_two_numbers(client, db):
    assert client.get("/healthz")["X-Request-Id"] != client.get("/healthz")["X-Request-Id"]
