"""A file on its way up over a line that is cut at random bytes: all of it arrives, each byte once,
and little of it is sent twice.

A cut that the portal hears of costs what was in flight. One that it does not (the telephone changes
its network) costs the piece, which the portal holds back until the end of it comes; pieces get
smaller on a line that breaks. ``BROKEN_LINES=8 pytest -s tests/media/test_broken_lines.py``
measures on so many times more bytes and cuts.
"""

import contextlib
import http.client
import json
import os
import random
import socket
import struct
import sys
import threading

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.permissions import Role
from media import videos
from media.models import Media
from tests import factories
from tests.videos import video_file

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = int(os.environ.get("BROKEN_LINES", "1"))
BOX = TIMES * 4_000_000  # bytes of nothing behind the video, so that there is something to cut
# As static/js/lib/upload.js on a line of 1 Mbit/s: a piece takes at most four seconds.
SMALLEST_PIECE, FIRST_PIECE, LARGEST_PIECE = 256 * 1024, 512 * 1024, 512 * 1024
IN_FLIGHT = 64 * 1024  # bytes: what a line of 5 Mbit/s and 100 ms holds
TOKEN = "a" * 32


class Line:
    """Forwards to the portal, and is cut by a reset after each of ``lengths`` bytes: what is in
    flight then is lost. ``carried`` counts the bytes that went over it.
    """

    def __init__(self, port: int, lengths: list[int], *, is_heard: bool):
        self.port, self.lengths, self.is_heard = port, lengths, is_heard
        self.cuts, self.carried = 0, 0
        self.silent: list[socket.socket] = []
        self.left = lengths.pop() if lengths else None
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._carry(self.door.accept()[0])

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self.port))
        copying = threading.Thread(target=self._copy, args=(far, near), daemon=True)
        copying.start()
        near.settimeout(0.02)
        flying = b""  # sent, and not there yet
        with contextlib.suppress(OSError):
            while True:
                try:
                    data = near.recv(16 * 1024)
                except TimeoutError:  # all that was sent is there
                    far.sendall(flying)
                    flying = b""
                    continue
                if not data:
                    break
                data = data[: self.left]
                self.carried += len(data)
                flying += data
                if self.left is not None and len(data) == self.left:
                    self._cut(near, far)
                    if self.is_heard:  # a browser waits a second before it asks what arrived
                        copying.join(timeout=60)
                    return
                self.left = self.left and self.left - len(data)
                far.sendall(flying[:-IN_FLIGHT])
                flying = flying[-IN_FLIGHT:]
            far.sendall(flying)
        far.shutdown(socket.SHUT_RDWR)

    def _cut(self, near: socket.socket, far: socket.socket) -> None:
        self.cuts += 1
        self.left = self.lengths.pop() if self.lengths else None
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        near.close()
        if self.is_heard:
            far.shutdown(socket.SHUT_WR)
        else:
            self.silent.append(far)

    def close(self) -> None:
        self.door.close()
        for far in self.silent:
            far.close()

    @staticmethod
    def _copy(far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(16 * 1024):
                near.sendall(data)


class Browser:
    """Sends as static/js/lib/upload.js does."""

    def __init__(self, port: int, cookies: str):
        self.port, self.cookies = port, cookies

    def call(self, method: str, path: str, body: bytes = b"", **headers: str):
        """Return the answer, or None where the line broke."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.putrequest(method, path)
            given = {"Cookie": self.cookies, "X-CSRFToken": TOKEN, "Content-Length": len(body)}
            for name, value in (given | headers).items():
                line.putheader(name, str(value))
            line.endheaders()
            for start in range(0, len(body), 16 * 1024):
                line.send(body[start : start + 16 * 1024])
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()

    def upload(self, path: str, data: bytes) -> None:
        offset, piece, is_lost = 0, FIRST_PIECE, False
        for _try in range(1000 * TIMES):
            if is_lost:
                answer = self.call("GET", path)
            else:
                kind = {"Content-Type": "application/offset+octet-stream"}
                part = data[offset : offset + piece]
                answer = self.call("PATCH", path, part, **kind, **{"Upload-Offset": str(offset)})
            is_lost = answer is None
            if answer is None:
                piece = max(SMALLEST_PIECE, piece // 2)
                continue
            status, body = answer
            assert status in (200, 202, 409), body
            found = json.loads(body)
            if "picture" in found:
                return
            offset, piece = found["offset"], min(LARGEST_PIECE, 2 * piece)
        raise AssertionError("it never arrived")


@pytest.mark.parametrize(
    ("cuts", "is_heard", "most"),
    # Of each cut what is in flight and a little more, or at most the piece.
    [(25, True, 25 * 80_000), (8, False, 8 * FIRST_PIECE)],
    ids=["the portal hears of it", "it does not"],
)
def test_all_of_a_file_arrives_once_over_a_line_that_is_cut_at_random(
    live_server, client, cuts, is_heard, most
):
    cuts = TIMES * cuts
    officer = factories.person(Role.OFFICER, factories.UnitFactory())
    post = factories.PostFactory(unit=officer.appointments.get().unit, author=officer)
    box = (BOX + 8).to_bytes(4, "big") + b"free" + random.Random(3).randbytes(BOX)
    data = video_file() + box
    client.force_login(officer)
    begun = client.post(reverse("posts:uploads", args=[post.public_id]), {"size": len(data)})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    dice = random.Random(cuts)
    lengths = [dice.randint(1, 2 * len(data) // cuts) for _cut in range(cuts)]
    line = Line(live_server.thread.port, lengths, is_heard=is_heard)

    Browser(line.door.getsockname()[1], cookies).upload(begun.json()["url"], data)
    line.close()

    assert videos.is_intact(Media.objects.get())
    again = line.carried - len(data)
    share = again / len(data)
    sys.stdout.write(f"{line.cuts} cuts of {len(data)} bytes: {share:.0%} went twice\n")
    assert line.cuts >= 0.7 * cuts
    assert again < TIMES * most
