"""The scan of a signed report, which its unit sends with it."""

import tempfile
from pathlib import Path

from django.core.files import File
from django.utils.translation import gettext as _

from campaigns.files.reading import FileRefused, check_content
from campaigns.files.states import Kind
from core.errors import Refused
from core.sandbox import ProgramFailed
from core.semaphores import SharedSemaphore
from units.models import Unit

LARGEST = 5 * 1024 * 1024  # bytes; ten pages in colour take 4 MB
# Its reader waits for the answer, and many send on the last day: a scan takes a second.
_semaphore = SharedSemaphore("report-scans", limit=1, queue=20, timeout=30)


def read_scan(scan: File, unit: Unit) -> bytes:
    """Return the PDF once it was checked as a file of a campaign is. Raise Refused, Busy."""
    if (scan.size or 0) > LARGEST:
        raise Refused(
            _("The scan is larger than %(n)s MB. Scan it in grey at 200 dpi.")
            % {"n": LARGEST // (1024 * 1024)}
        )
    scan.seek(0)
    data = scan.read()
    if not data.startswith(b"%PDF-"):
        raise Refused(_("The scan is no PDF. Choose PDF at the scanner, or save it as PDF."))
    with tempfile.TemporaryDirectory(prefix="portal-scan-") as folder:
        path = Path(folder) / "source"
        path.write_bytes(data)
        try:
            check_content(path, Kind.PDF, unit=unit, place=path.parent, semaphore=_semaphore)
        except FileRefused as error:
            raise Refused(str(error.refusal.label)) from error
        except ProgramFailed as error:
            raise Refused(_("The scan could not be read. Scan it again.")) from error
    return data
