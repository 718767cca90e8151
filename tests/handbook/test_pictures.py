"""Take the pictures of the guides, with HANDBOOK_PICTURES=<folder>: `make test` has no such folder
and does not look in here.
"""

import io
import os
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth as totp
from PIL import Image

from tests import factories
from tests.handbook.pages import address_of
from tests.handbook.pictures import PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_BYTES = 40_000
# So high that bars at the end of the screen cover nothing of a part that is shown.
HIGH = 2_000


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_of_a_guide_is_taken(at_desk, read_as, settings, monkeypatch, name):
    picture = PICTURES[name]
    reader = read_as(picture.stop.role)
    # What would be another one each time.
    settings.PORTAL_URL = "https://portal.example"
    monkeypatch.setattr(totp, "generate_totp_secret", lambda: factories.TOTP_SECRET)
    size = {**picture.size, "height": HIGH} if picture.around else picture.size
    desk = at_desk(size=size, locale="vi-VN", reduced_motion="reduce")
    desk.take_session(reader.client)
    desk.open(address_of(picture.stop, reader))
    desk.page.wait_for_load_state("networkidle")
    if picture.act:
        picture.act(desk.page)

    clip = {"clip": _clip(desk.page, picture)} if picture.around else {}
    shot = desk.page.screenshot(**clip, animations="disabled", caret="hide")
    out = io.BytesIO()
    Image.open(io.BytesIO(shot)).convert("RGB").save(out, "WEBP", quality=70, method=6)
    assert out.tell() <= MOST_BYTES
    folder = Path(os.environ["HANDBOOK_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.webp").write_bytes(out.getvalue())


def _clip(page, picture) -> dict:
    boxes = [page.locator(selector).first.bounding_box() for selector in picture.around]
    margin = picture.margin
    left = max(min(box["x"] for box in boxes) - margin, 0)
    right = min(max(box["x"] + box["width"] for box in boxes) + margin, picture.size["width"])
    top = boxes[0]["y"] - margin
    end = boxes[-1]["y"] + boxes[-1]["height"] + margin
    return {"x": left, "y": top, "width": right - left, "height": min(end - top, picture.height)}
