"""Add files to campaigns and kits, check them, and remove them."""

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath

from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.editing import require_open
from campaigns.files import queries
from campaigns.files.models import LONGEST_NAME, CampaignFile, FilePart
from campaigns.files.reading import Checked, FileRefused, check_content
from campaigns.files.states import FileState, Kind, Refusal
from campaigns.kits.issuing import require_appointment_at, require_not_withdrawn
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core import jobs, quotas
from core.errors import Refused
from core.leaks import require_recordable, require_storable
from core.locks import hold_until_commit
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from media import pictures

LARGEST = 20 * 1024 * 1024  # bytes; a PDF of 200 scanned pages takes 15 MB
MOST_FILES = 20  # of a campaign, as of a kit
MOST_BYTES = 300 * 1024 * 1024  # of a unit, in all of its campaigns and kits
MOST_ATTEMPTS = 3
LEASE = timedelta(minutes=6)  # longer than the programs of a check may take
_PART = 1024 * 1024
_OFFICE = {".docx": Kind.WORD, ".xlsx": Kind.EXCEL}
_OOXML = "application/vnd.openxmlformats-officedocument"
CONTENT_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.WORD: f"{_OOXML}.wordprocessingml.document",
    Kind.EXCEL: f"{_OOXML}.spreadsheetml.sheet",
    Kind.PICTURE: "image/jpeg",  # until it is drawn again
}


def add_file(to: Campaign | Kit, file: File, *, name: str, by: User) -> CampaignFile:
    """Add a file to a campaign or a kit; others read it once a worker has checked it. Raise
    NotAllowed, Refused, QuotaExceeded.
    """
    authority = _require_writer(to, by)
    unit = to.unit
    name = " ".join(normalise(name).split())[:LONGEST_NAME]
    if not name:
        raise Refused(_("Please enter a name that says what the file is."))
    require_no_secrecy_mark([name])
    require_storable([name], unit)
    require_recordable(name)
    kind = _detect_kind(file)
    quotas.use("file", by=by)
    with transaction.atomic():
        hold_until_commit([f"campaign-files-{unit.pk}"])
        sha256 = _compute_digest(file)
        _require_room(to, file.size, sha256)
        row = CampaignFile.objects.create(
            campaign=to.campaign if isinstance(to, Kit) else to,
            kit=to if isinstance(to, Kit) else None,
            unit=unit,
            name=name,
            kind=kind,
            content_type=CONTENT_TYPES[kind],
            size=file.size,
            sha256=sha256,
            added_by=by,
            added_at=timezone.now(),
            job=jobs.enqueue("campaign_file"),
        )
        _store_pieces(row, _read_pieces(file))
        _record("file_added", row, by=by, authority=authority)
    return row


@transaction.atomic
def remove_file(file: CampaignFile, *, by: User) -> None:
    """Remove a file with its bytes. Raise NotAllowed, Refused."""
    to: Campaign | Kit = file.kit or file.campaign
    authority = _require_writer(to, by)
    _record("file_removed", file, by=by, authority=authority)
    file.delete()


def _require_writer(to: Campaign | Kit, by: User) -> Authority:
    if isinstance(to, Kit):
        authority = require_appointment_at(by, Permission.KIT_WRITE, to.unit)
        require_not_withdrawn(to)
        return authority
    authority = require(by, Permission.CAMPAIGN_WRITE, unit=to.unit)
    require_open(to)
    return authority


def _detect_kind(file: File) -> Kind:
    """Tell the kind by the first bytes. Whether it is all that, the check finds out."""
    if not file.size:
        raise Refused(_("The file is empty. Choose another one."))
    if file.size > LARGEST:
        raise Refused(
            _("The file is larger than %(n)s MB. Make it smaller or split it.")
            % {"n": LARGEST // (1024 * 1024)}
        )
    file.seek(0)
    head = file.read(16)
    if head.startswith(b"%PDF-"):
        return Kind.PDF
    if pictures.may_be_picture(head):
        return Kind.PICTURE
    suffix = PurePosixPath(file.name or "").suffix.lower()
    if head.startswith(b"PK\x03\x04") and suffix in _OFFICE:
        return _OFFICE[suffix]
    raise Refused(
        _(
            "Only PDF, Word (.docx), Excel (.xlsx) and pictures (JPEG, PNG, WebP) are taken. Save "
            "an older .doc or .xls as one of them; a file with a password or macros is none."
        )
    )


def _require_room(to: Campaign | Kit, size: int, sha256: str) -> None:
    there = queries.find_files(to)
    if there.count() >= MOST_FILES:
        raise Refused(
            _("There is no room for more than %(n)s. Remove one first.") % {"n": MOST_FILES}
        )
    if there.filter(sha256=sha256).exclude(state=FileState.REFUSED).exists():
        raise Refused(_("This very file is there already."))
    if queries.sum_bytes(to.unit) + size > MOST_BYTES:
        raise Refused(
            _("The files of %(unit)s take %(n)s MB already. Remove some that are not needed.")
            % {"unit": to.unit, "n": MOST_BYTES // (1024 * 1024)}
        )


def _read_pieces(file: File) -> Iterator[bytes]:
    file.seek(0)
    while data := file.read(_PART):
        yield data


def _compute_digest(file: File) -> str:
    digest = hashlib.sha256()
    for piece in _read_pieces(file):
        digest.update(piece)
    return digest.hexdigest()


def _store_pieces(row: CampaignFile, pieces: Iterator[bytes]) -> None:
    for number, data in enumerate(pieces):
        FilePart.objects.create(file=row, number=number, data=data)


# --- The check ------------------------------------------------------------------------------------


def check_file(claim: jobs.Claim) -> None:
    """Check a file, and take it or refuse it."""
    row: CampaignFile = claim.row
    try:
        with tempfile.TemporaryDirectory(prefix="portal-file-") as folder:
            place = Path(folder)
            path = place / "source"
            with path.open("wb") as out:
                out.writelines(queries.read_content(row))
            checked = check_content(path, row.kind, unit=row.unit, place=place)
    except FileRefused as error:
        with transaction.atomic():
            claim.finish()
            _refuse(row, error.refusal)
    else:
        with transaction.atomic():
            claim.finish()
            _accept(row, checked)


def refuse_as_broken(row: CampaignFile) -> None:
    """Refuse a file whose check failed each time."""
    _refuse(row, Refusal.BROKEN)


jobs.register(
    "campaign_file",
    queue="scans",
    rows=CampaignFile.objects.select_related("unit", "campaign", "kit", "added_by"),
    run=check_file,
    on_failure=refuse_as_broken,
    lease=LEASE,
    most_attempts=MOST_ATTEMPTS,
    most_a_run=20,
)


def _accept(row: CampaignFile, checked: Checked) -> None:
    fields: dict[str, object] = {"was_read": checked.was_read}
    if checked.data is not None:
        fields |= {
            "content_type": checked.content_type,
            "size": len(checked.data),
        }
    there = CampaignFile.objects.filter(pk=row.pk)  # unless somebody removed it meanwhile
    if not there.update(state=FileState.READY, **fields) or checked.data is None:
        return
    row.parts.all().delete()
    data = checked.data
    _store_pieces(row, (data[at : at + _PART] for at in range(0, len(data), _PART)))


def _refuse(row: CampaignFile, why: Refusal) -> None:
    """Remove the bytes at once, and notify who added them."""
    there = CampaignFile.objects.filter(pk=row.pk)
    if not there.update(state=FileState.REFUSED, refusal=why, size=0):
        return
    row.parts.all().delete()
    record("campaign.file_refused", row.kit or row.campaign, unit_path=row.unit.path, why=why.value)
    notify([row.added_by], "file_refused", address=get_address(row), mail=False, title=row.name)


def get_address(file: CampaignFile) -> str:
    """Return the address of the page that lists the file."""
    if file.kit:
        return reverse("campaigns:kit_files", args=[file.kit.public_id])
    return reverse("campaigns:files", args=[file.campaign.public_id])


def _record(what: str, file: CampaignFile, *, by: User, authority: Authority) -> None:
    record(
        f"campaign.{what}",
        file.kit or file.campaign,
        by=by,
        position=authority.position,
        file=file.name,
        sha256=file.sha256,
    )
