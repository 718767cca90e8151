"""Pictures on their way in: known by their content, measured before they are decoded, and drawn anew.

What is stored shares no byte with what was uploaded: no metadata, no second file hidden behind the first, and one size
and format that every platform takes.
"""

import hashlib
import io
import math
import struct
import threading
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from channels.connectors.base import ImageLimits
from channels.queries import facts_of
from channels.states import Kind
from core.errors import Refused
from posts.models import Media
from units.models import Unit

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2048
THUMB_SIDE = 480
MOST_OBLONG = 20  # Telegram refuses longer strips
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error, Image.DecompressionBombError)
# A decoded picture weighs up to 160 MB: a process draws one at a time, however many threads are asked.
_one_at_a_time = threading.Lock()


class Drawn(NamedTuple):
    data: bytes
    content_type: str
    width: int
    height: int


def store(upload: BinaryIO, *, unit: Unit, by: User) -> Media:
    """The uploaded picture as the unit's own, drawn anew; the same picture twice is one row. Raises Refused."""
    require(by, Permission.POST_WRITE, unit=unit)
    drawn = redraw(upload)
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    if known := Media.objects.filter(unit=unit, sha256=sha256).first():
        return known
    name = f"media/{sha256}.{'png' if drawn.content_type == 'image/png' else 'jpg'}"
    if not default_storage.exists(name):  # another unit may have it: one file serves both
        name = default_storage.save(name, ContentFile(drawn.data))
    media, _created = Media.objects.get_or_create(
        unit=unit,
        sha256=sha256,
        defaults={
            "file": name,
            "content_type": drawn.content_type,
            "width": drawn.width,
            "height": drawn.height,
            "size": len(drawn.data),
            "uploaded_by": by,
        },
    )
    return media


def looks_like_one(head: bytes) -> bool:
    """Whether a file that begins so may be a picture; whether it is one, ``redraw`` finds out."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG")) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")


def redraw(upload: BinaryIO, *, keep_png: bool = True) -> Drawn:
    """New pixels of a JPEG, PNG or WebP, small enough for every platform. Raises Refused in the officer's words."""
    data = upload.read(settings.IMAGE_MAX_BYTES + 1)
    if len(data) > settings.IMAGE_MAX_BYTES:
        limit = settings.IMAGE_MAX_BYTES // (1024 * 1024)
        raise Refused(_("The picture is larger than %(n)s MB. Choose a smaller one.") % {"n": limit})
    try:
        # By content: a name or a declared type proves nothing. Opening reads the header alone.
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except _BROKEN:
        raise Refused(_("This file is not a JPEG, PNG or WebP picture.")) from None
    width, height = picture.size
    if width * height > settings.IMAGE_MAX_PIXELS:
        raise _too_many_pixels()
    if max(width, height) > MOST_OBLONG * min(width, height):
        raise Refused(_("The picture is too long and narrow for the platforms. Crop it first."))
    try:
        with _one_at_a_time:
            return _fitted(_pixels(picture), keep_png=keep_png and picture.format == "PNG")
    except _BROKEN:
        raise Refused(_("The picture is damaged or incomplete. Choose another copy of it.")) from None


def _too_many_pixels() -> Refused:
    limit = settings.IMAGE_MAX_PIXELS // 1_000_000
    return Refused(_("The picture has more than %(n)s million pixels. Choose a smaller one.") % {"n": limit})


def _pixels(picture: Image.Image) -> Image.Image:
    """Upright RGB pixels on white, within the longest side, in an image that knows nothing of where they came from."""
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda value: value / 256).convert("L")
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        clean = Image.new("RGB", upright.size, "white")
        clean.paste(upright, mask=upright.getchannel("A"))
        return clean
    clean = Image.new("RGB", upright.size)
    clean.paste(upright.convert("RGB"))
    return clean


def _fitted(picture: Image.Image, *, keep_png: bool) -> Drawn:
    """The best copy that stays under the smallest limit among the platforms."""
    bounds = [form.images for platform in Kind.values for form in facts_of(platform).formats if form.images]
    most = min(each.max_bytes for each in bounds)
    if keep_png and len(data := _encoded(picture, "PNG")) <= most:  # drawings and letters stay crisp
        return Drawn(data, "image/png", *picture.size)
    while True:
        for quality in (90, 82, 74, 66):
            data = _encoded(picture, "JPEG", quality=quality, progressive=True)
            if len(data) <= most:
                return Drawn(data, "image/jpeg", *picture.size)
        picture = picture.reduce(2)


def _encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def poster_name(sha256: str) -> str:
    return f"media/{sha256}.jpg"


def still(media: Media) -> File:
    """The picture itself; of a film, the one that stands for it before it plays."""
    return default_storage.open(poster_name(media.poster_sha256)) if media.is_video else media.file.open("rb")


def thumb(media: Media) -> File:
    """A small JPEG of it, made when first asked for."""
    return _made_once(f"thumbs/{media.sha256}.jpg", lambda: _small(media))


def _small(media: Media) -> bytes:
    with still(media) as file, _one_at_a_time:
        small = Image.open(file, formats=FORMATS)
        small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
        return _encoded(small.convert("RGB"), "JPEG", quality=80)


def _made_once(name: str, make: Callable[[], bytes]) -> File:
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(make()))
    return default_storage.open(name)


# --- As a platform wants it -------------------------------------------------------------------------------------------


class Shape(NamedTuple):
    """A JPEG, no narrower and no wider than these ratios of width by height, its sides no longer than these pixels;
    0: no such bound."""

    narrowest: float
    widest: float
    long: int = 0
    short: int = 0


def shape_for(media: Media, limits: ImageLimits) -> Shape | None:
    """What has to be drawn of a picture for a platform with these limits; None where it takes the picture itself."""
    ratio = media.width / media.height
    narrow, wide = limits.narrowest and ratio < limits.narrowest, limits.widest and ratio > limits.widest
    short, long = sorted((media.width, media.height))
    large = (limits.max_long and long > limits.max_long) or (limits.max_short and short > limits.max_short)
    if media.content_type in limits.types and not narrow and not wide and not large:
        return None
    return Shape(limits.narrowest, limits.widest, limits.max_long, limits.max_short)


def rendition(media: Media, shape: Shape) -> File:
    """The picture as a JPEG of this shape, with white margins where it needs them: nothing of it is cut off. Drawn when
    first asked for, and always the same."""
    name = f"renditions/{media.sha256}-{'-'.join(f'{each:g}' for each in shape)}.jpg"
    return _made_once(name, lambda: _drawn_as(media, shape))


def _drawn_as(media: Media, shape: Shape) -> bytes:
    with still(media) as file, _one_at_a_time:
        framed = _framed(Image.open(file, formats=FORMATS).convert("RGB"), shape)
        if shape.long:
            sides = (shape.long, shape.short) if framed.width > framed.height else (shape.short, shape.long)
            framed.thumbnail(sides, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return _fitted(framed, keep_png=False).data


def _framed(picture: Image.Image, shape: Shape) -> Image.Image:
    """On white, within the ratios. A few pixels more than they ask for: halving a picture rounds its sides."""
    width, height = picture.size
    if shape.narrowest and width < height * shape.narrowest:
        width = math.ceil((height + 4) * shape.narrowest)
    if shape.widest and width > height * shape.widest:
        height = math.ceil((width + 4) / shape.widest)
    if (width, height) == picture.size:
        return picture
    framed = Image.new("RGB", (width, height), "white")
    framed.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return framed
