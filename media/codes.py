"""An address as a QR code, for paper and for pictures."""

import qrcode
from django.utils.safestring import SafeString
from qrcode.image.svg import SvgPathFillImage

# Of modules around the code: readers need four of them to find it, on dark pages too.
QUIET_ZONE = 4


def qr_svg(address: str) -> SafeString:
    """Draw ``address`` as SVG without script, style or words: of the address only squares remain,
    so that nothing of it can be markup.
    """
    code = qrcode.make(
        address,
        image_factory=SvgPathFillImage,
        border=QUIET_ZONE,
        error_correction=qrcode.ERROR_CORRECT_M,
    )
    return SafeString(code.to_string(encoding="unicode"))
