"""Draw an address as a QR code for print, with the unit's badge in its middle."""

import io

import qrcode
from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from core import training
from media import pictures
from media.codes import QUIET_ZONE
from media.models import Media

_BADGE = 0.22  # of the code's side: 5 % of its area, where it still reads with 30 % covered
PNG_SIDE = 1000  # pixels, at least: 8 cm on paper at 300 dots an inch
_FONT = settings.BASE_DIR / "media" / "fonts" / "be_vietnam_pro" / "BeVietnamPro-ExtraBold.ttf"


def draw_qr_code(address: str, *, badge: Media | None = None) -> bytes:
    """Draw ``address`` as a PNG for print, with the small picture of ``badge`` in its middle, and
    in training a band above it.
    """
    code = qrcode.QRCode(border=QUIET_ZONE, error_correction=qrcode.ERROR_CORRECT_H)
    code.add_data(address)
    code.make()
    modules = code.modules_count + 2 * QUIET_ZONE
    code.box_size = -(-PNG_SIDE // modules)
    picture = code.make_image().get_image().convert("RGB")
    if badge:
        _put_in_the_middle(picture, badge)
    if mark := training.get_mark():
        picture = _put_below(picture, mark)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _put_below(picture: Image.Image, mark: str) -> Image.Image:
    """Return the picture below a band with the mark: the code keeps its quiet zone."""
    height = picture.width // 8
    whole = Image.new("RGB", (picture.width, picture.height + height), "#facc15")
    whole.paste(picture, (0, height))
    ImageDraw.Draw(whole).text(
        (picture.width / 2, height / 2),
        mark,
        fill="#1c1917",
        font=ImageFont.truetype(str(_FONT), height * 2 / 3),
        anchor="mm",
    )
    return whole


def _put_in_the_middle(picture: Image.Image, badge: Media) -> None:
    side = round(picture.width * _BADGE)
    with pictures.open_thumbnail(badge) as file:
        small = Image.open(file, formats=("JPEG",)).convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    middle = picture.width // 2
    edge = side // 2 + side // 10
    ImageDraw.Draw(picture).rectangle(
        (middle - edge, middle - edge, middle + edge, middle + edge), fill="white"
    )
    picture.paste(small, (middle - small.width // 2, middle - small.height // 2))
