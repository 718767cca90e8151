"""Sizes of requests, and who may send them: deploy/body_sizes.py, through the proxy that the
compose file starts.
"""

import contextlib
import inspect
import re
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import Role
from campaigns.files.storing import LARGEST
from channels.webhooks.views import MOST_BYTES
from deploy import body_sizes
from deploy.body_sizes import ARCHIVE, FORM, HOOKS, PICTURE, SCRIPTS, STRANGERS, VIDEO, Tier
from media.uploads import LARGEST_PIECE
from posts.bulk_import.pictures import MOST_ARCHIVE
from tests import factories
from tests.ops import compose, proxy
from tests.ops.test_hostile_uploads import TOKEN, cookies_of
from tests.ops.test_production_processes import HOST, database_url, production, static_files

pytestmark = pytest.mark.django_db(transaction=True)
ID = "2f1b9c3e-0000-4000-8000-000000000000"
COMPOSER = f"/posts/{ID}/edit/"
BOUNDARY = "b" * 16
OPENING = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
ENDING = f"\r\n--{BOUNDARY}--\r\n".encode()
# A session's key as Django makes them, which nobody has.
NOBODY = f"__Host-session={'a1' * 16}"


@pytest.fixture(scope="module")
def env(django_db_setup, tmp_path_factory) -> dict[str, str]:
    made = production(tmp_path_factory.mktemp("bodies"), database_url())
    return {**made, "STATIC_ROOT": static_files()}


@pytest.fixture(scope="module")
def web_processes(env) -> Iterator[dict[str, str]]:
    with proxy.web_processes(env) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def portal(web_processes) -> Iterator[proxy.Proxy]:
    with proxy.serving(**web_processes) as served:
        yield served


@pytest.fixture
def officer(env) -> str:
    """The cookies of an officer who signed in."""
    return cookies_of(factories.person(Role.OFFICER), env["SECRET_KEY"])


def head(path: str, length: int | None, *, cookies: str = "", further: str = "") -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: https://{HOST}\r\n{size}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nX-CSRFToken: {TOKEN}\r\n"
        f"Cookie: {cookies}\r\n{further}\r\n"
    ).encode()


def send_whole(portal: proxy.Proxy, path: str, length: int, cookies: str) -> proxy.Answer:
    """Send a form of exactly so many bytes, and return the answer."""
    zeros = bytes(1_000_000)
    left = length - len(OPENING) - len(ENDING)
    with portal.connect(timeout=120) as line:
        line.sendall(head(path, length, cookies=cookies, further="Connection: close\r\n"))
        line.sendall(OPENING)
        while left:
            left -= line.send(zeros[:left])
        line.sendall(ENDING)
        return proxy.read_answer(line)


@contextlib.contextmanager
def asked(portal: proxy.Proxy, path: str, length: int, cookies: str, **how: str) -> Iterator[int]:
    """Ask whether the proxy takes a body of this length, and yield its answer: 100, and it waits
    for the body for as long as the block lasts, or a refusal.
    """
    with portal.connect(**how) as line:
        line.sendall(head(path, length, cookies=cookies, further="Expect: 100-continue\r\n"))
        yield int(line.recv(4096).split()[1])


def is_portals(answer: proxy.Answer) -> bool:
    return "X-Request-Id" in answer.headers


def refusal(portal: proxy.Proxy, path: str, length: int, cookies: str) -> int:
    with asked(portal, path, length, cookies) as status:
        return status


def sizes_by_address() -> list[tuple[str, Tier]]:
    """Return an address of each row of the table, with what it takes in one request."""
    rows = [("/channels/", FORM)]
    for upload in body_sizes.UPLOADS:
        pattern = upload.pattern.replace(body_sizes.ONE, ID)
        address = pattern.replace("(?:edit|submit)", "submit").replace("(?:kits/)?", "kits/")
        rows += [(address, tier) for tier in (upload.tier, upload.whole) if tier]
    return rows


# --- one byte less, one byte more -----------------------------------------------------------------


def test_a_stranger_sends_twenty_kilobytes_anywhere_and_not_a_byte_more(portal):
    csrf = f"__Host-csrf={TOKEN}"
    for path in ("/accounts/login/", "/language/", COMPOSER, "/invitation/x/"):
        assert is_portals(send_whole(portal, path, STRANGERS, csrf)), path
    refused = {"/accounts/login/": 413, "/shared/x/": 413, "/language/": 401, COMPOSER: 401}
    for path, status in refused.items():
        for cookies in (csrf, NOBODY):
            assert (path, refusal(portal, path, STRANGERS + 1, cookies)) == (path, status)


@pytest.mark.parametrize(
    ("path", "tier"), sizes_by_address(), ids=lambda value: getattr(value, "name", value)
)
def test_an_address_takes_its_size_from_an_officer_and_not_a_byte_more(portal, officer, path, tier):
    """Up to what scripts send, the whole body comes to the portal. Of the two largest the proxy
    says whether it would take them; the zip below goes all the way.
    """
    if tier.largest <= SCRIPTS:
        assert is_portals(send_whole(portal, path, tier.largest, officer))
    else:
        assert refusal(portal, path, tier.largest, officer) == 100
    whole = [large for address, large in sizes_by_address() if address == path]
    if tier is whole[-1]:
        answer = portal.ask(
            head(path, tier.largest + 1, cookies=officer, further="Connection: close\r\n")
        )
        assert (answer.status, "quá lớn" in answer.body.decode()) == (413, True)


def test_a_zip_of_the_promised_size_arrives(portal, officer):
    sheet = 2 * 1024 * 1024
    assert is_portals(send_whole(portal, "/posts/import/", MOST_ARCHIVE + sheet, officer))


def test_a_platform_sends_its_megabyte_without_a_session_and_not_a_byte_more(portal):
    assert is_portals(send_whole(portal, "/hooks/telegram/", HOOKS.largest, ""))
    assert refusal(portal, "/hooks/telegram/", HOOKS.largest + 1, "") == 413


# --- of strangers nothing is stored ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "cookies", "status"),
    [
        (VIDEO.largest, "", 401),
        (VIDEO.largest, NOBODY, 401),
        (STRANGERS + 1, NOBODY, 401),
        (None, "", 413),
        (None, NOBODY, 401),
    ],
    ids=["video", "made-up session", "form, made-up session", "chunks", "chunks, made-up session"],
)
def test_nothing_of_a_strangers_body_comes_onto_the_disk(portal, length, cookies, status):
    piece = b"10000\r\n" + bytes(0x10000) + b"\r\n" if length is None else bytes(0x10000)
    with portal.connect() as line:
        line.sendall(head(COMPOSER, length, cookies=cookies))
        with contextlib.suppress(OSError):  # the proxy closes while we send
            for _each in range(10):
                line.sendall(piece)
        assert portal.waiting_bodies() == 0
        assert line.recv(4096).split()[1] == str(status).encode()
        assert portal.waiting_bodies() == 0


def test_an_officers_body_waits_on_the_disk(portal, officer):
    """The tests of strangers would see it, were anything there."""
    with portal.connect() as line:
        line.sendall(head(COMPOSER, PICTURE.largest, cookies=officer) + OPENING + bytes(5_000_000))
        assert proxy.wait_until(lambda: portal.waiting_bodies() >= 4_000_000)
    assert proxy.wait_until(lambda: portal.waiting_bodies() == 0)


def http2_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return (
        struct.pack(">I", len(payload))[1:]
        + bytes((kind, flags))
        + struct.pack(">I", stream)
        + payload
    )


def test_a_strangers_body_without_a_length_by_http_2_is_not_stored(portal):
    def literal(name: bytes, value: bytes) -> bytes:
        return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value

    fields = {":method": "GET", ":scheme": "https", ":path": COMPOSER, ":authority": HOST}
    headers = b"".join(literal(n.encode(), v.encode()) for n, v in fields.items())
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", portal.https), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as line,
    ):
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2_frame(4, 0, 0, b""))
        line.sendall(http2_frame(1, 4, 1, headers))
        for _each in range(3):
            line.sendall(http2_frame(0, 0, 1, bytes(10_000)))
        answer = b""
        while b"413" not in answer:  # nginx writes a status plainly
            data = line.recv(65536)
            assert data, answer
            answer += data
        assert portal.waiting_bodies() == 0


# --- who is asked ---------------------------------------------------------------------------------


def test_nobody_from_outside_reaches_the_question_who_is_signed_in(portal, officer):
    for path in ("/proxy/signed-in/", "/%70roxy/signed-in/", "//proxy//signed-in/"):
        assert portal.get(path, headers=f"Cookie: {officer}\r\n").status == 404
    for path in ("/proxy/signed-in", f"/proxy/large{COMPOSER}", f"/proxy/whole{COMPOSER}"):
        assert portal.get(path, headers=f"Cookie: {officer}\r\n").status == 404


def test_the_proxy_asks_with_the_session_alone_and_as_a_script_does(web_processes):
    def answer(request: bytes) -> bytes:
        status = b"401 No" if b"/proxy/signed-in/" in request else b"200 OK"
        return b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status

    with (
        proxy.other_web(Path(web_processes["PROXY_TLS"]).parent / "web", answer) as other,
        proxy.serving(**{**web_processes, "PROXY_WEB": other.address}) as portal,
    ):
        assert refusal(portal, COMPOSER, STRANGERS + 1, f"a=b; {NOBODY}; c=d") == 401

    (request,) = other.requests
    lines = request.decode().split("\r\n")
    assert lines[0] == "GET /proxy/signed-in/ HTTP/1.1"
    assert sorted(lines[1:-2]) == [
        f"Cookie: {NOBODY}",
        f"Host: {HOST}",
        "X-By-Itself: 1",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: https",
    ]


def test_what_takes_long_goes_to_processes_apart_from_pages(web_processes):
    def answer(request: bytes) -> bytes:
        if b"/proxy/signed-in/" in request:
            return b"HTTP/1.1 204 Yes\r\nX-Person: 1\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    check, poster = f"/posts/{ID}/check/", f"/campaigns/kits/{ID}/poster/file/"
    made = ["/calendar/export/?week=1", "/people/import/template/", poster, f"/links/{ID}/qr.png"]
    closing = "Connection: close\r\n"
    tls = Path(web_processes["PROXY_TLS"]).parent / "web"
    with (
        proxy.other_web(tls, answer) as pages,
        proxy.other_web(tls, answer) as files,
        proxy.serving(
            **{**web_processes, "PROXY_WEB": pages.address, "PROXY_FILES": files.address}
        ) as portal,
    ):
        chunks = b"5\r\nabcde\r\n0\r\n\r\n"
        sent = [
            head(COMPOSER, None, cookies=NOBODY, further=closing) + chunks,
            head(check, STRANGERS + 1, cookies=NOBODY, further=closing) + b"x" * (STRANGERS + 1),
            head(check, STRANGERS, cookies=NOBODY, further=closing) + b"x" * STRANGERS,
        ]
        assert [portal.ask(request).status for request in sent] == [200, 200, 200]
        for path in ["/calendar/", *made]:
            assert portal.get(path, headers=f"Cookie: {NOBODY}\r\n").status == 200

    def paths_of(web: proxy.OtherWeb) -> list[str]:
        return [request.split()[1].decode() for request in web.requests]

    asked_before = ["/proxy/signed-in/"] * 2
    assert paths_of(pages) == [*asked_before, check, "/calendar/"]
    assert paths_of(files) == [COMPOSER, check, *made]


def test_where_nobody_can_be_asked_nothing_large_is_taken(web_processes, officer):
    with proxy.serving(**{**web_processes, "PROXY_WEB": "127.0.0.1:9"}) as portal:
        for path in (COMPOSER, f"/posts/{ID}/upload/"):
            assert refusal(portal, path, STRANGERS + 1, officer) == 503
        assert portal.waiting_bodies() == 0


# --- how many at once -----------------------------------------------------------------------------


def test_a_person_sends_two_videos_at_once_in_all_sessions_together(portal, env):
    person, other = factories.person(Role.OFFICER), factories.person(Role.OFFICER)
    first, second = (cookies_of(person, env["SECRET_KEY"]) for _each in range(2))
    others = cookies_of(other, env["SECRET_KEY"])
    video = VIDEO.largest
    with (
        asked(portal, COMPOSER, video, first) as one,
        asked(portal, COMPOSER, video, second, source="127.0.0.2") as two,
        asked(portal, COMPOSER, video, second, source="127.0.0.3") as three,
        asked(portal, COMPOSER, video, others, source="127.0.0.3") as of_other,
    ):
        assert (one, two, three, of_other) == (100, 100, 429, 100)
        assert refusal(portal, COMPOSER, STRANGERS + 1, first) == 100  # the text is saved meanwhile


def test_an_address_sends_two_videos_or_archives_at_once(portal, env):
    people = [cookies_of(factories.person(Role.OFFICER), env["SECRET_KEY"]) for _each in range(3)]
    with (
        asked(portal, COMPOSER, VIDEO.largest, people[0]) as one,
        asked(portal, "/posts/import/", ARCHIVE.largest, people[1]) as two,
        asked(portal, COMPOSER, VIDEO.largest, people[2]) as three,
        asked(portal, COMPOSER, VIDEO.largest, people[2], source="127.0.0.2") as elsewhere,
    ):
        assert (one, two, three, elsewhere) == (100, 100, 429, 100)


def test_strangers_take_no_place_of_those_who_are_signed_in(portal, officer):
    """The proxy goes on reading for a while what it refused: such a request holds no place."""
    with contextlib.ExitStack() as strangers:
        for _each in range(VIDEO.of_all + 2):
            cookies = strangers.enter_context(asked(portal, COMPOSER, VIDEO.largest, NOBODY))
            assert cookies == 401
        assert refusal(portal, COMPOSER, VIDEO.largest, officer) == 100


def test_the_whole_disk_of_waiting_bodies_is_the_sum_on_the_page():
    total = sum(tier.disk for tier in (*body_sizes.TIERS, HOOKS))
    for page in ("docs/limits.md", "docs/operations.md", "docker-compose.yml"):
        assert f"{total / 1e9:.1f} GB" in (compose.ROOT / page).read_text(encoding="utf-8")


# --- the table, the portal's own limits, and its views --------------------------------------------


def test_the_proxy_takes_what_the_portal_promises():
    form = 100_000  # the other fields, and what separates them
    assert PICTURE.largest > settings.IMAGE_MAX_BYTES + form
    assert PICTURE.largest > LARGEST + form
    assert VIDEO.largest > settings.VIDEO_MAX_BYTES + form
    assert ARCHIVE.largest > MOST_ARCHIVE + 2 * 1024 * 1024 + form
    assert body_sizes.PIECE.largest > LARGEST_PIECE
    assert FORM.largest > settings.DATA_UPLOAD_MAX_MEMORY_SIZE + form
    assert HOOKS.largest == MOST_BYTES
    assert (
        int(compose.filled(compose.services()["proxy"]["environment"]["PROXY_CONNECTIONS"], {}))
        == body_sizes.REQUESTS_OF_ADDRESS
    )


def takes_files(view: Callable) -> bool:
    """Check whether a view, or a function of its module that it calls, reads files of a request."""
    view = inspect.unwrap(view)
    module = inspect.getmodule(view)
    seen, left = set(), [view]
    while left:
        function = left.pop()
        seen.add(function)
        source = inspect.getsource(function)
        if re.search(r"\.FILES\b", source):
            return True
        for name in re.findall(r"\b([a-z_]+)\(", source):
            called = getattr(module, name, None)
            if inspect.isfunction(called) and inspect.getmodule(called) is module:
                left += {inspect.unwrap(called)} - seen
    return False


def addresses_of_views(
    patterns: list | None = None, before: str = ""
) -> Iterator[tuple[str, Callable]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + re.sub(r"<[^>]+>", ID, str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses_of_views(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield f"/{address}", pattern.callback


def test_each_view_that_takes_files_stands_in_the_table():
    ours = [
        address
        for address, view in addresses_of_views()
        if not view.__module__.startswith(("allauth.", "django.")) and takes_files(view)
    ]
    patterns = [upload.pattern for upload in body_sizes.UPLOADS]

    assert len(ours) == 12
    for address in ours:
        assert [p for p in patterns if re.fullmatch(p, address)] != [], address


@pytest.mark.parametrize("most", [9, 1_999, STRANGERS, FORM.largest, SCRIPTS])
def test_the_expression_of_larger_numbers_is_right_around_each_turn(most):
    expression = re.compile(body_sizes.match_numbers_above(most))
    near = range(max(0, most - 2_000), most + 2_000)

    for number in (0, 1, most // 10, *near, most * 10, most * 11):
        assert bool(expression.fullmatch(str(number))) == (number > most), number
