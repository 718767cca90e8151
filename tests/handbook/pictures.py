"""The pictures of the guides: whose page each shows, what is done there first, and which part of
the screen it is.
"""

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from campaigns.kits.models import Kit
from campaigns.models import Topic
from tests import factories
from tests.handbook import walks
from tests.handbook.pages import Stop
from tests.journeys.conftest import PHONE

DESK = {"width": 1100, "height": 700}
TITLE = "Khóa cửa cẩn thận khi ra khỏi nhà"
TEXT = (
    "<p>Bà con khóa cửa, khóa cổng mỗi khi ra khỏi nhà, kể cả khi chỉ đi một lát.</p>"
    "<p>Thấy người lạ dò hỏi, bà con gọi 113.</p>"
)


class Picture(NamedTuple):
    """A picture of the page of a stop, after ``act``. ``around`` are selectors: from the top
    of the first to the end of the last, at most ``height`` pixels, with a ``margin``; without them
    the screen.
    """

    stop: Stop
    size: dict = PHONE
    act: Callable[[Page], None] | None = None
    around: tuple[str, ...] = ()
    height: int = 560
    margin: int = 0


def _draw_door() -> Image.Image:
    """Draw what the alternative text says: a door that is locked."""
    picture = Image.new("RGB", (640, 360), "#dbe7dd")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, 640, 360), fill="#b9a88a")
    draw.rectangle((220, 40, 420, 300), fill="#7a4b2a", outline="#4d2f1a", width=6)
    for top in (70, 190):
        draw.rectangle((250, top, 390, top + 90), outline="#4d2f1a", width=4)
    draw.ellipse((384, 164, 408, 188), fill="#e3b84f")
    draw.rectangle((391, 186, 401, 214), fill="#e3b84f")
    return picture


def _draft(unit) -> dict:
    media = [factories.media(unit, picture=_draw_door())]
    post = factories.PostFactory(unit=unit, title=TITLE, body=TEXT, media=media)
    return {"public_id": post.public_id}


def _text_alone(unit) -> dict:
    return {"public_id": factories.PostFactory(unit=unit, title=TITLE, body=TEXT).public_id}


def _leaking(unit) -> dict:
    body = f"<p>{walks.SUSPECT}</p>"
    return {"public_id": factories.PostFactory(unit=unit, title=TITLE, body=body).public_id}


def _submitted(unit) -> dict:
    author = factories.person(unit=unit, full_name="Nguyễn Thị Bình")
    post = factories.submitted(unit=unit, title=TITLE, body=TEXT, author=author)
    return {"public_id": post.public_id}


def _approved(unit) -> dict:
    walks.give_facts(unit)
    return {"public_id": factories.approved(unit=unit, title=TITLE, body=TEXT).public_id}


def _kit(unit) -> dict:
    _channels(unit)
    return {"public_id": _fire_kit(unit.parent, state="issued").public_id}


def _kit_draft(unit) -> dict:
    return {"public_id": _fire_kit(unit).public_id}


def _fire_kit(province, **fields) -> Kit:
    campaign = factories.CampaignFactory(unit=province, name="Cao điểm an toàn cháy, nổ")
    text = "{don_vi} nhắc bà con ở {khu_vuc}: không sạc xe qua đêm.\n\nCháy, gọi 114."
    kit = factories.kit(province, campaign=campaign, text=text, **fields)
    names = {"name_vi": "Phòng cháy, chữa cháy", "name_en": "Fire safety"}
    kit.topic = Topic.objects.get_or_create(code="pccc", defaults=names)[0]
    kit.save()
    return kit


def _communes(province) -> dict:
    for place in ("Phường An Lạc", "Phường Hòa Thuận", "Xã Sông Xanh", "Xã Tân Lập"):
        unit = factories.UnitFactory(parent=province, place=place)
        if "Phường" in place:
            health = "lost" if "Hòa" in place else "connected"
            factories.ChannelFactory(unit=unit, health=health)
    return {}


def _channels(unit) -> dict:
    for platform in ("facebook", "zalo"):
        factories.ChannelFactory(unit=unit, platform=platform)
    return {}


def _link(unit) -> dict:
    return {"public_id": factories.link(unit, code="tam7tru3").public_id}


def _go_to_submit(page: Page) -> None:
    page.locator(".compose-steps [data-step=submit]").click()
    expect(page.locator(".compose-details")).to_be_visible()


def _open_tile(page: Page) -> None:
    page.locator("[data-tile]").click()
    page.locator(".alt-text").fill("Cánh cửa đã khóa, chìa cầm trên tay")


def _ready(page: Page) -> None:
    expect(page.locator("[data-approve]").first).to_be_enabled()


def _open_times(page: Page) -> None:
    _ready(page)
    page.locator(".times-open").click()


def _open_return(page: Page) -> None:
    _ready(page)
    page.locator("a", has_text="Trả lại").first.click()
    page.locator("[name=reason]").fill("Thêm số trực ban của đơn vị ở cuối bài.")


def _fill_card(page: Page) -> None:
    page.fill("#id_title", "Khóa cửa khi ra khỏi nhà")
    expect(page.locator("#card-preview img").first).to_be_visible()


def _fill_invitation(page: Page) -> None:
    page.fill("[name=full_name]", "Nguyễn Thị Bình")
    page.fill("[name=email]", "binh@congan.example")


MAIN = ("main",)
PICTURES: dict[str, Picture] = {
    "bai-dau-tien-1": Picture(
        Stop("posts:edit", "officer", _text_alone),
        around=(".compose-steps", ".compose-pictures"),
        margin=8,
    ),
    "bai-dau-tien-2": Picture(
        Stop("posts:edit", "officer", _text_alone),
        act=_go_to_submit,
        around=(".compose-steps", ".compose-details"),
        height=844,
    ),
    "bai-co-anh-1": Picture(Stop("posts:edit", "officer", _draft), act=_open_tile),
    "anh-thong-diep-1": Picture(
        Stop("posts:new_card", "officer"), DESK, _fill_card, MAIN, height=640
    ),
    "dung-bo-noi-dung-1": Picture(
        Stop("posts:kit", "officer", _kit), around=(".form-narrow",), margin=8
    ),
    "kiem-tra-lo-lot-1": Picture(
        Stop("posts:edit", "officer", _leaking), around=(".compose-text",), height=640, margin=8
    ),
    "ap-phich-loa-zalo-1": Picture(
        Stop("publishing:poster", "officer", _approved), DESK, around=MAIN, height=640
    ),
    "khung-gio-lap-lai-1": Picture(
        Stop("publishing:slots", "officer", _channels),
        around=("main form:has([name=at])",),
        height=640,
        margin=12,
    ),
    "lien-ket-ma-qr-1": Picture(Stop("links:link", "officer", _link), around=("main .card",)),
    "xac-thuc-hai-lop-1": Picture(Stop("mfa_activate_totp", "officer"), around=MAIN, height=620),
    "duyet-bai-1": Picture(Stop("publishing:review", "chief", _submitted), act=_ready),
    "duyet-gio-khac-1": Picture(
        Stop("publishing:review", "chief", _submitted), act=_open_times, around=("#times",)
    ),
    "tra-lai-bai-1": Picture(
        Stop("publishing:review", "chief", _submitted),
        act=_open_return,
        around=("#return-box",),
        margin=8,
    ),
    "tam-dung-dang-1": Picture(Stop("publishing:pause_new", "chief"), around=MAIN, height=640),
    "ket-noi-kenh-1": Picture(Stop("channels:platforms", "chief"), around=MAIN),
    "don-vi-can-ho-tro-1": Picture(
        Stop("oversight:board", "province", _communes), DESK, around=MAIN, height=600
    ),
    "gui-yeu-cau-1": Picture(
        Stop("oversight:ask_matter", "province", _communes), DESK, around=MAIN
    ),
    "soan-bo-noi-dung-1": Picture(Stop("kits:edit", "province", _kit_draft), DESK, around=MAIN),
    "moi-can-bo-1": Picture(
        Stop("accounts:invite", "administrator", _communes), DESK, _fill_invitation, MAIN
    ),
}
