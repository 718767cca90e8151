"""Pictures on their way in: known by their content, measured before they are decoded, and drawn
again.

What is stored shares no byte with what was uploaded: no metadata, no second file hidden behind the
first, and one size and format that every platform takes.
"""

import hashlib
import json
import logging
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core import sandbox, scanner
from core.errors import Busy, Refused
from core.semaphores import SharedSemaphore
from media import incoming
from media.drawing import BROKEN, FORMATS, compress_to_fit, encode
from media.models import Media
from media.scanners import scanning
from media.store import get_or_store, poster_name
from platforms.facts import ImageLimits
from platforms.registry import CONNECTORS
from units.models import Unit

log = logging.getLogger(__name__)

LONGEST_SIDE = 2048
THUMB_SIDE = 480
MOST_OBLONG = 20  # Telegram refuses longer strips
MOST_SCANS = 100  # of a JPEG; cameras and editors make up to a dozen
WEBP_MAX_PIXELS = 16_000_000  # its decoder takes 17 bytes a pixel
# Measured: a telephone's 12 megapixels take 98 MB and 0.4 s, 40 of a PNG 245 MB and 2 s.
LIMITS = sandbox.Limits(
    memory=320 * 1024 * 1024, cpu_seconds=10, file_bytes=64 * 1024 * 1024, timeout=30
)
_DHASH = re.compile("[0-9a-f]{32}")
_PROGRAM = Path(__file__).with_name("drawing.py")
# The composer sends three photos at once.
_semaphore = SharedSemaphore("pictures", limit=2, queue=4, timeout=10, per_user=3)
# What is stored is ours, and at most 2048 pixels wide: it is drawn smaller in this process, one at
# a time.
_WAIT = 10  # seconds
_ours = threading.Lock()


class Damaged(FileNotFoundError):
    """The stored bytes of a picture are no picture any more: it is as good as lost."""


class EncodedImage(NamedTuple):
    data: bytes
    content_type: str
    width: int
    height: int
    dhash: str


def store(
    upload: BinaryIO | File | Path,
    *,
    unit: Unit,
    by: User,
    right: Permission = Permission.POST_WRITE,
) -> Media:
    """Store the uploaded picture for the unit, drawn again; the same picture twice is one row.
    Raise Refused, Busy.
    """
    require(by, right, unit=unit)
    return keep_encoded(re_encode(upload, by=by), unit=unit, by=by)


def keep_encoded(drawn: EncodedImage, *, unit: Unit, by: User) -> Media:
    """Store a picture that was drawn again; the same one twice is one row."""
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    name = f"media/{sha256}.{'png' if drawn.content_type == 'image/png' else 'jpg'}"

    def put() -> str:
        if default_storage.exists(name):  # another unit may have it: one file serves both
            return name
        return default_storage.save(name, ContentFile(drawn.data))

    was_blurred = Media.objects.filter(unit=unit, sha256=sha256, blurred_at__isnull=False)
    must_rescan = was_blurred.exists()
    media = get_or_store(
        unit=unit,
        sha256=sha256,
        by=by,
        put=put,
        content_type=drawn.content_type,
        width=drawn.width,
        height=drawn.height,
        size=len(drawn.data),
        dhash=drawn.dhash,
    )
    if must_rescan:  # what was blurred out of it is to be found again
        scanning.queue(media)
    return media


def may_be_picture(head: bytes) -> bool:
    """Check whether a file that begins so may be a picture; ``re_encode`` finds
    out whether it is one.
    """
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG")) or (
        head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    )


def re_encode(
    upload: BinaryIO | File | Path, *, by: User | None = None, keep_png: bool = True
) -> EncodedImage:
    """Draw a JPEG, PNG or WebP again, small enough for every platform, in a program of its own.
    Raise Refused in the officer's words, and Busy for a retry.
    """
    with incoming.working_folder() as place:
        source = incoming.path_on_disk(
            upload, place, most=settings.IMAGE_MAX_BYTES, too_large=too_large_error
        )
        try:
            with _semaphore.hold(by and by.pk):
                scanner.require_clean(source)
                facts = sandbox.run_program(
                    _PROGRAM,
                    str(source),
                    str(place),
                    json.dumps(_program_limits(keep_png)),
                    place=place,
                    limits=LIMITS,
                    reads=[source],
                )
            if refused := facts.get("refused"):
                raise _refusal(str(refused))
            return _checked_encoding(facts, (place / "drawn").read_bytes())
        except (sandbox.ProgramFailed, KeyError, TypeError, ValueError, OSError):
            raise damaged_error() from None


def _program_limits(keep_png: bool) -> dict[str, Any]:
    return {
        "pixels": settings.IMAGE_MAX_PIXELS,
        "webp_pixels": min(settings.IMAGE_MAX_PIXELS, WEBP_MAX_PIXELS),
        "scans": MOST_SCANS,
        "oblong": MOST_OBLONG,
        "side": LONGEST_SIDE,
        "bytes": _smallest_limit(),
        "keep_png": keep_png,
    }


def _checked_encoding(facts: dict[str, Any], data: bytes) -> EncodedImage:
    """Read what the program made, if its bytes begin like the type that it names. Raise
    ValueError.
    """
    content_type, width, height = facts["content_type"], int(facts["width"]), int(facts["height"])
    begins = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}
    if not data.startswith(begins[content_type]) or not (
        0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE
    ):
        raise ValueError(content_type)
    dhash = str(facts["dhash"])
    if not _DHASH.fullmatch(dhash):
        raise ValueError("dhash")
    return EncodedImage(data, content_type, width, height, dhash)


def _refusal(why: str) -> Refused:
    match why:
        case "none":
            return Refused(_("This file is not a JPEG, PNG or WebP picture."))
        case "pixels":
            return Refused(
                _(
                    "The picture has more than %(n)s million pixels (WebP: %(webp)s). "
                    "Choose a smaller one."
                )
                % {
                    "n": settings.IMAGE_MAX_PIXELS // 1_000_000,
                    "webp": WEBP_MAX_PIXELS // 1_000_000,
                }
            )
        case "oblong":
            return Refused(
                _("The picture is too long and narrow for the platforms. Crop it first.")
            )
        case "heavy":
            return Refused(
                _(
                    "The picture takes too much memory. Save it smaller, for example "
                    "4000 × 3000 pixels."
                )
            )
    return damaged_error()


def damaged_error() -> Refused:
    return Refused(_("The picture is damaged or incomplete. Choose another copy of it."))


def too_large_error() -> Refused:
    limit = settings.IMAGE_MAX_BYTES // (1024 * 1024)
    return Refused(_("The picture is larger than %(n)s MB. Choose a smaller one.") % {"n": limit})


def _smallest_limit() -> int:
    """Return the smallest limit among the platforms."""
    bounds = [
        form.images
        for connector in CONNECTORS.values()
        for form in connector.facts.formats
        if form.images
    ]
    return min(bound.max_bytes for bound in bounds)


def open_still(media: Media) -> File:
    """Return the picture itself; of a video, its cover."""
    return (
        default_storage.open(poster_name(media.poster_sha256))
        if media.is_video
        else media.file.open("rb")
    )


def open_thumbnail(media: Media) -> File:
    """Return a small JPEG of it, made when first requested."""
    return _open_or_make(f"thumbs/{media.sha256}.jpg", lambda: _draw_thumbnail(media))


def _draw_thumbnail(media: Media) -> bytes:
    with open_still(media) as file, _one_at_a_time(), _report_damage(media):
        small = Image.open(file, formats=FORMATS)
        small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
        return encode(small.convert("RGB"), "JPEG", quality=80)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _ours.acquire(timeout=_WAIT):
        raise Busy(_("The portal is at work on other files just now. Try again in a minute."))
    try:
        yield
    finally:
        _ours.release()


@contextmanager
def _report_damage(media: Media) -> Iterator[None]:
    """Report in the log that a stored picture cannot be decoded, and raise Damaged."""
    try:
        yield
    except BROKEN as error:
        log.error("the stored file of media %s is damaged: %s", media.public_id, type(error))
        raise Damaged(media.file.name) from error


def _open_or_make(name: str, make: Callable[[], bytes]) -> File:
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(make()))
    return default_storage.open(name)


# --- As a platform wants it -----------------------------------------------------------------------


class Shape(NamedTuple):
    """A JPEG, no narrower and no wider than these ratios of width by height, its sides no longer
    than these pixels; 0: no such bound.
    """

    min_ratio: float
    max_ratio: float
    long: int = 0
    short: int = 0


def shape_for(media: Media, limits: ImageLimits) -> Shape | None:
    """Return the shape in which a platform with these limits takes a picture; None where it takes
    the picture itself.
    """
    ratio = media.width / media.height
    narrow, wide = (
        limits.min_ratio and ratio < limits.min_ratio,
        limits.max_ratio and ratio > limits.max_ratio,
    )
    short, long = sorted((media.width, media.height))
    large = (limits.max_long_side and long > limits.max_long_side) or (
        limits.max_short_side and short > limits.max_short_side
    )
    if media.content_type in limits.types and not narrow and not wide and not large:
        return None
    return Shape(limits.min_ratio, limits.max_ratio, limits.max_long_side, limits.max_short_side)


def open_rendition(media: Media, shape: Shape) -> File:
    """Return the picture as a JPEG of this shape, with white margins where it needs them: nothing
    is cut off. Drawn when first requested, and always the same.
    """
    name = f"renditions/{media.sha256}-{'-'.join(f'{side:g}' for side in shape)}.jpg"
    return _open_or_make(name, lambda: _draw_rendition(media, shape))


def _draw_rendition(media: Media, shape: Shape) -> bytes:
    with open_still(media) as file, _one_at_a_time(), _report_damage(media):
        framed = _frame_in_white(Image.open(file, formats=FORMATS).convert("RGB"), shape)
        if shape.long:
            sides = (
                (shape.long, shape.short)
                if framed.width > framed.height
                else (shape.short, shape.long)
            )
            framed.thumbnail(sides, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return compress_to_fit(framed, most=_smallest_limit(), keep_png=False)[0]


def _frame_in_white(picture: Image.Image, shape: Shape) -> Image.Image:
    """Frame a picture in white, within the ratios and a few pixels to spare: halving a picture
    rounds its sides.
    """
    width, height = picture.size
    if shape.min_ratio and width < height * shape.min_ratio:
        width = math.ceil((height + 4) * shape.min_ratio)
    if shape.max_ratio and width > height * shape.max_ratio:
        height = math.ceil((width + 4) / shape.max_ratio)
    if (width, height) == picture.size:
        return picture
    framed = Image.new("RGB", (width, height), "white")
    framed.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return framed
