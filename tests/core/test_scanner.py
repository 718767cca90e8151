"""The virus scanner, played by a small server that speaks clamd's protocol."""

import io
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from PIL import Image

from accounts.people.spreadsheets import read_people
from core.errors import Busy, Refused
from core.scanner import require_clean
from media import pictures, videos
from tests.ops.test_production_processes import free_port
from tests.videos import video_file

HARMFUL = b"a harmful file"


class Clamd(socketserver.StreamRequestHandler):
    """Answer INSTREAM as clamd does; keep what was sent."""

    seen: list[bytes] = []
    says = b""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
        self.seen.append(data)
        verdict = b"stream: Eicar-Test-Signature FOUND" if HARMFUL in data else b"stream: OK"
        self.wfile.write((self.says or verdict) + b"\0")


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, settings, tmp_path):
    class Here(Clamd):
        seen: list[bytes] = []

    if request.param == "tcp":
        server: socketserver.BaseServer = socketserver.TCPServer(("127.0.0.1", 0), Here)
        settings.CLAMAV_ADDRESS = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.UnixStreamServer(str(tmp_path / "clamd"), Here)
        settings.CLAMAV_ADDRESS = f"unix://{tmp_path / 'clamd'}"
    with served(server):
        yield Here


def test_a_clean_file_passes_whole_and_a_harmful_one_is_refused(clamd, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"clean" * 100_000)
    require_clean(file)
    assert clamd.seen == [b"clean" * 100_000]

    file.write_bytes(b"x" * 70_000 + HARMFUL)
    with pytest.raises(Refused, match="harmful"):
        require_clean(file)


@pytest.mark.parametrize(
    "says", [b"INSTREAM size limit exceeded. ERROR", b"stream: OK FOUND?", b"UNKNOWN COMMAND"]
)
def test_any_other_answer_takes_no_file(clamd, tmp_path, says):
    clamd.says = says
    (tmp_path / "file").write_bytes(b"clean")

    with pytest.raises(Busy, match="does not answer"):
        require_clean(tmp_path / "file")


def test_while_the_scanner_is_away_no_file_is_taken(settings, tmp_path):
    settings.CLAMAV_ADDRESS = f"tcp://127.0.0.1:{free_port()}"
    (tmp_path / "file").write_bytes(b"clean")

    with pytest.raises(Busy, match="does not answer"):
        require_clean(tmp_path / "file")


def test_without_a_scanner_nothing_is_asked(settings, tmp_path):
    settings.CLAMAV_ADDRESS = ""
    require_clean(tmp_path / "no file at all")


def test_pictures_and_workbooks_are_looked_at_before_they_are_read(clamd):
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, "PNG")
    drawn = pictures.re_encode(io.BytesIO(out.getvalue()))
    assert (drawn.content_type, clamd.seen) == ("image/png", [out.getvalue()])

    with pytest.raises(Refused, match="harmful"):
        pictures.re_encode(io.BytesIO(out.getvalue() + HARMFUL))
    hostile = b"PK\x05\x06" + b"\0" * 16 + struct.pack("<H", len(HARMFUL)) + HARMFUL
    with pytest.raises(Refused, match="harmful"):
        read_people(io.BytesIO(hostile), size=len(hostile))


def test_a_video_is_looked_at_before_it_is_read(clamd, tmp_path):
    source = tmp_path / "video.mp4"
    source.write_bytes(video_file() + HARMFUL)

    with pytest.raises(Refused, match="harmful"):
        videos.read_video(source, tmp_path, by=SimpleNamespace(pk=1))
