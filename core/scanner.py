"""Ask a virus scanner (clamd), where the installation names one, about a file that somebody
uploads.

Protocol: https://docs.clamav.net/manual/Usage/Scanning.html#clamd, command INSTREAM.
"""

import logging
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Busy, Refused

PIECE = 64 * 1024
SECONDS = 60  # without a sign of the scanner
LONGEST_ANSWER = 4096
log = logging.getLogger(__name__)


def require_clean(path: Path) -> None:
    """Raise Refused for a file in which the scanner found something, and Busy while it does not
    answer: an unscanned file is never accepted. Do nothing where no scanner is configured.
    """
    if not settings.CLAMAV_ADDRESS:
        return
    try:
        answer = _ask_scanner(path)
    except OSError as error:
        log.warning("the virus scanner does not answer: %s", error)
        answer = b""
    if answer.endswith(b" FOUND"):
        log.warning("the virus scanner refused an upload: %s", answer.decode(errors="replace"))
        raise Refused(
            _("The virus scanner found something harmful in this file. It was not stored.")
        )
    if answer != b"stream: OK":
        raise Busy(
            _(
                "The virus scanner does not answer, so no file can be taken now. Try "
                "again in a minute."
            )
        )


def _ask_scanner(path: Path) -> bytes:
    with _connect() as scanner, path.open("rb") as file:
        scanner.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            scanner.sendall(struct.pack(">I", len(piece)) + piece)
        scanner.sendall(struct.pack(">I", 0))
        answer = b""
        while (
            b"\0" not in answer
            and len(answer) < LONGEST_ANSWER
            and (more := scanner.recv(LONGEST_ANSWER))
        ):
            answer += more
        return answer.partition(b"\0")[0]


def _connect() -> socket.socket:
    """Connect to ``tcp://host:port`` or ``unix:///path``."""
    address = urlsplit(settings.CLAMAV_ADDRESS)
    if address.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(SECONDS)
        scanner.connect(address.path)
        return scanner
    return socket.create_connection((address.hostname or "", address.port or 3310), timeout=SECONDS)
