"""Draw pictures that leak and pictures that do not, in as many variants as asked for.

Persons, numbers and marks are invented. A variant depends on its kind and its number alone.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import qrcode
from PIL import Image, ImageDraw, ImageFont

DATA = Path(__file__).parent / "data"
FONTS = Path(__file__).parents[3] / "media" / "fonts"
SERIF = FONTS / "liberation_serif/LiberationSerif-Regular.ttf"
SERIF_BOLD = FONTS / "liberation_serif/LiberationSerif-Bold.ttf"
SANS = FONTS / "be_vietnam_pro/BeVietnamPro-Regular.ttf"
SANS_BOLD = FONTS / "be_vietnam_pro/BeVietnamPro-Bold.ttf"
RED = (196, 22, 28)


class Target(NamedTuple):
    """Name what has to be found: by one of the rules, over this part of the picture (left, top,
    right, bottom, of 1).
    """

    rules: frozenset[str]
    box: tuple[float, float, float, float]


@dataclass
class Variant:
    name: str
    picture: Image.Image
    targets: list[Target]

    def jpeg(self, quality: int = 85) -> bytes:
        out = io.BytesIO()
        self.picture.save(out, "JPEG", quality=quality)
        return out.getvalue()


def _font(path: Path, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), round(size))


class _Sheet:
    """A drawing with marked parts."""

    def __init__(self, width: int, height: int, colour: object = "white") -> None:
        self.picture = Image.new("RGB", (width, height), colour)  # type: ignore[arg-type]
        self.draw = ImageDraw.Draw(self.picture)
        self.marked: list[tuple[frozenset[str], tuple[float, float, float, float]]] = []

    def text(self, at, words, font, *, fill="black", rules=(), anchor="la") -> None:
        self.draw.text(at, words, font=font, fill=fill, anchor=anchor)
        if rules:
            box = self.draw.textbbox(at, words, font=font, anchor=anchor)
            self.marked.append((frozenset(rules), box))


# --- What leaks -----------------------------------------------------------------------------------

_NAMES = ("Nguyễn Văn Hùng", "Trần Thị Lan", "Lê Minh Đức", "Phạm Thị Hoa", "Đỗ Quang Vinh")


def _cccd(rng: random.Random) -> str:
    year = rng.randint(60, 99)
    return f"{rng.choice(['001', '034', '048', '079', '092'])}{rng.randint(0, 1)}{year}" + "".join(
        str(rng.randint(0, 9)) for _ in range(6)
    )


def _page(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1240, 1700, (250, 249, 244))
    plain, bold = _font(SERIF, 34), _font(SERIF_BOLD, 36)
    sheet.text((120, 90), "CÔNG AN TỈNH SÔNG XANH", plain)
    sheet.text((150, 140), "CÔNG AN XÃ AN BÌNH", bold)
    sheet.text((620, 90), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", _font(SERIF_BOLD, 28))
    sheet.text((760, 140), "Độc lập – Tự do – Hạnh phúc", plain)
    sheet.text((460, 330), rng.choice(["KẾ HOẠCH", "BÁO CÁO", "THÔNG BÁO"]), _font(SERIF_BOLD, 48))
    lines = (
        "Thực hiện chương trình công tác năm 2026, đơn vị xây dựng kế hoạch",
        "bảo đảm an ninh, trật tự trên địa bàn trong dịp lễ. Các tổ công tác",
        "phối hợp với ban điều hành thôn tuyên truyền đến từng hộ gia đình,",
        "vận động nhân dân chấp hành quy định về phòng cháy và chữa cháy.",
        "Trong quá trình thực hiện, có vướng mắc báo cáo về trực ban.",
    )
    for number in range(14):
        sheet.text((130, 440 + number * 62), lines[number % len(lines)], plain)
    return sheet


def secret_page(rng: random.Random) -> _Sheet:
    sheet = _page(rng)
    word = rng.choice(["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
    size = rng.randint(46, 64)
    font = _font(SERIF_BOLD, size)
    left, top = rng.randint(130, 260), rng.randint(205, 235)
    box = sheet.draw.textbbox((left, top), word, font=font)
    pad = rng.randint(12, 20)
    frame = (box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad)
    sheet.draw.rectangle(frame, outline=RED, width=rng.randint(4, 6))
    if rng.random() < 0.4:
        sheet.draw.rectangle(
            (frame[0] - 9, frame[1] - 9, frame[2] + 9, frame[3] + 9), outline=RED, width=3
        )
    sheet.text((left, top), word, font, fill=RED)
    sheet.marked.append((frozenset({"secret_mark"}), frame))
    return sheet


def copied_secret_page(rng: random.Random) -> _Sheet:
    """Draw the mark as a copier or another pad has it: in black, grey or blue."""
    sheet = _page(rng)
    word = rng.choice(["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
    ink = rng.choice([(20, 20, 20), (110, 110, 110), (30, 40, 150)])
    font = _font(SERIF_BOLD, rng.randint(46, 60))
    box = sheet.draw.textbbox((170, 215), word, font=font)
    frame = (box[0] - 15, box[1] - 15, box[2] + 15, box[3] + 15)
    sheet.draw.rectangle(frame, outline=ink, width=rng.randint(3, 5))
    sheet.text((170, 215), word, font, fill=ink)
    sheet.marked.append((frozenset({"secret_mark"}), frame))
    return sheet


# Background, bubbles, their letters, the bar above.
_CHATS = (
    ("white", (0, 132, 255), "white", (0, 132, 255)),
    ("white", (52, 199, 89), "white", (60, 60, 67)),
    ((198, 222, 190), (82, 136, 193), "white", (82, 136, 193)),
    ((18, 18, 18), (50, 50, 52), "white", (30, 30, 30)),
    ((11, 20, 26), (0, 92, 75), (233, 237, 239), (31, 44, 52)),
    ("white", (10, 50, 160), (255, 225, 40), (170, 20, 20)),
)


def chat(rng: random.Random) -> _Sheet:
    background, bubble, ink, bar = rng.choice(_CHATS)
    sheet = _Sheet(1080, 1600, background)
    sheet.draw.rectangle((0, 0, 1080, 150), fill=bar)
    number = f"0912 {rng.randint(100, 999)} {rng.randint(100, 999)}"
    bold, plain = _font(SANS_BOLD, 45), _font(SANS, 39)
    sheet.text((130, 50), number, bold, fill="white", rules={"phone_personal"})
    for top, words, shown, rule in (
        (320, "Số CCCD:", _cccd(rng), "id_cccd"),
        (560, "STK", f"1903{rng.randint(10**9, 10**10 - 1)}", "bank_acc"),
    ):
        sheet.draw.rounded_rectangle((320, top, 1030, top + 100), 30, fill=bubble)
        sheet.text((365, top + 25), words, plain, fill=ink)
        after = 365 + plain.getlength(f"{words} ")
        sheet.text((after, top + 25), shown, plain, fill=ink, rules={rule})
    return sheet


def sealed_page(rng: random.Random) -> _Sheet:
    sheet = _page(rng)
    radius = rng.randint(120, 160)
    x, y = rng.randint(700, 960), rng.randint(1380, 1500)
    seal = Image.new("RGBA", (radius * 2 + 20, radius * 2 + 20))
    draw = ImageDraw.Draw(seal)
    ink = (*RED, rng.randint(190, 255))
    middle = radius + 10
    draw.ellipse((10, 10, 10 + 2 * radius, 10 + 2 * radius), outline=ink, width=6)
    inner = radius - 12
    draw.ellipse(
        (middle - inner, middle - inner, middle + inner, middle + inner), outline=ink, width=2
    )
    core = radius * 0.55
    draw.ellipse((middle - core, middle - core, middle + core, middle + core), outline=ink, width=3)
    draw.regular_polygon((middle, middle - 12, core * 0.5), 5, fill=ink)
    words = "CÔNG AN XÃ AN BÌNH * TỈNH SÔNG XANH * "
    font = _font(SANS_BOLD, radius * 0.2)
    for number, letter in enumerate(words):
        tile = Image.new("RGBA", (60, 2 * radius))
        ImageDraw.Draw(tile).text((30, radius * 0.12), letter, font=font, fill=ink, anchor="ma")
        turned = tile.rotate(-number * 360 / len(words), center=(30, radius), expand=False)
        wide = Image.new("RGBA", (2 * radius, 2 * radius))
        whole = Image.new("RGBA", (2 * radius, 2 * radius))
        whole.paste(tile, (radius - 30, 0))
        wide = whole.rotate(-number * 360 / len(words))
        seal.alpha_composite(wide, (10, 10))
        del turned
    sheet.picture.paste(seal, (x - radius, y - radius), seal)
    sheet.text((x - 40, y + 60), _NAMES[rng.randrange(5)], _font(SERIF_BOLD, 34), fill=(40, 40, 90))
    sheet.marked.append((frozenset({"seal"}), (x - radius, y - radius, x + radius, y + radius)))
    return sheet


def id_card(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1012, 638, rng.choice([(214, 232, 226), (226, 234, 214), (232, 228, 238)]))
    for number in range(0, 1012, 22):
        sheet.draw.arc((number - 300, -200, number + 300, 840), 0, 360, fill=(196, 220, 214))
    sheet.text((330, 40), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", _font(SANS_BOLD, 26))
    _portrait(sheet, rng, (40, 220, 290, 560))
    number = _cccd(rng)
    if rng.random() < 0.3:
        number = " ".join(number[at : at + 3] for at in range(0, 12, 3))
    born = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/19{rng.randint(60, 99)}"
    if rng.random() < 0.7:
        _card_of_2021(sheet, rng, number, born)
    else:
        _card_of_2024(sheet, rng, number, born)
    return sheet


_HOMES = ("Thôn Đông, An Bình, Sông Xanh", "Số 12, tổ 4, An Bình, Sông Xanh", "Ấp 3, Hòa Lạc")
_OWNER, _HOME = ("name_dob",), ("addr_home",)


def _portrait(sheet: _Sheet, rng: random.Random, box: tuple[int, int, int, int]) -> None:
    """Draw a grey form, or paste a photograph: a portrait is found where no face is seen too."""
    left, top, right, bottom = box
    if rng.random() < 0.5:
        photo = Image.open(DATA / "astronaut.jpg").crop((60, 30, 260, 302))
        sheet.picture.paste(photo.resize((right - left, bottom - top)), (left, top))
    else:
        sheet.draw.rectangle(box, fill=(176, 190, 205))
        sheet.draw.ellipse((left + 75, top + 60, right - 75, top + 190), fill=(222, 184, 160))
        sheet.draw.ellipse((left + 30, top + 200, right - 30, bottom + 90), fill=(60, 70, 90))
        sheet.draw.rectangle(
            (left, bottom, right, bottom + 90), fill=sheet.picture.getpixel((5, 5))
        )
    sheet.marked.append((frozenset({"face"}), box))


def _card_of_2021(sheet: _Sheet, rng: random.Random, number: str, born: str) -> None:
    sheet.text((420, 110), "CĂN CƯỚC CÔNG DÂN", _font(SANS_BOLD, 38), fill=(180, 30, 30))
    sheet.text((330, 196), "Số / No.:", _font(SANS, 28))
    sheet.text((470, 182), number, _font(SANS_BOLD, 46), rules={"id_cccd"})
    sheet.text((330, 258), "Họ và tên / Full name:", _font(SANS, 24))
    sheet.text((330, 290), rng.choice(_NAMES).upper(), _font(SANS_BOLD, 34), rules=_OWNER)
    font = _font(SANS, 26)
    sheet.text((330, 348), "Ngày sinh / Date of birth:", font)
    sheet.text((668, 348), born, font, rules=_OWNER)
    sheet.text((330, 394), "Giới tính / Sex: Nam     Quốc tịch: Việt Nam", font)
    if rng.random() < 0.5:
        sheet.text((330, 440), "Quê quán / Place of origin:", font)
        sheet.text((330, 476), rng.choice(_HOMES), font, rules=_HOME)
        sheet.text((330, 522), "Nơi thường trú / Place of residence:", font)
        sheet.text((330, 558), rng.choice(_HOMES), font, rules=_HOME)
        sheet.text((40, 580), "Có giá trị đến: 10/10/2035", _font(SANS, 18))
    else:
        sheet.text((330, 440), "Quê quán:", font)
        sheet.text((472, 440), "An Bình, Sông Xanh", font, rules=_HOME)
        sheet.text((330, 486), "Nơi thường trú:", font)
        sheet.text((535, 486), rng.choice(_HOMES), font, rules=_HOME)


def _card_of_2024(sheet: _Sheet, rng: random.Random, number: str, born: str) -> None:
    small, font = _font(SANS, 20), _font(SANS_BOLD, 30)
    sheet.text((440, 90), "CĂN CƯỚC", _font(SANS_BOLD, 40), fill=(180, 30, 30))
    sheet.text((440, 145), "IDENTITY CARD", _font(SANS, 24), fill=(180, 30, 30))
    sheet.text((330, 206), "Số định danh cá nhân / Personal identification number:", small)
    sheet.text((330, 234), number, _font(SANS_BOLD, 46), rules={"id_cccd"})
    sheet.text((330, 310), "Họ, chữ đệm và tên khai sinh / Full name:", small)
    sheet.text((330, 338), rng.choice(_NAMES).upper(), font, rules=_OWNER)
    sheet.text((330, 394), "Ngày, tháng, năm sinh / Date of birth:", small)
    sheet.text((330, 422), born, font, rules=_OWNER)
    sheet.text((740, 394), "Giới tính / Sex:", small)
    sheet.text((740, 422), rng.choice(["Nam", "Nữ"]), font)
    sheet.text((330, 478), "Quốc tịch / Nationality:", small)
    sheet.text((330, 506), "Việt Nam", font)


def bank_slip(rng: random.Random) -> _Sheet:
    dark = rng.random() < 0.3
    sheet = _Sheet(760, 1180, (22, 44, 60) if dark else (246, 249, 250))
    ink = "white" if dark else (30, 40, 50)
    sheet.draw.rectangle((0, 0, 760, 170), fill=(0, 128, 96))
    sheet.text((380, 85), "Giao dịch thành công", _font(SANS_BOLD, 44), fill="white", anchor="mm")
    sheet.text((380, 260), "2.500.000 VND", _font(SANS_BOLD, 56), fill=ink, anchor="mm")
    account = "".join(str(rng.randint(0, 9)) for _ in range(rng.choice([10, 12, 13])))
    account = "1" + account[1:]
    rows = (
        ("Người nhận", rng.choice(_NAMES).upper(), ()),
        ("Số tài khoản", account, ("bank_acc", "bank_account")),
        ("Ngân hàng", "Ngân hàng Sông Xanh", ()),
        ("Nội dung", "chuyen tien mua hang", ()),
        ("Mã giao dịch", "FT26331" + str(rng.randint(10000, 99999)), ()),
    )
    for number, (label, value, rules) in enumerate(rows):
        y = 370 + number * 130
        sheet.text((50, y), label, _font(SANS, 30), fill=ink)
        sheet.text((710, y), value, _font(SANS_BOLD, 34), fill=ink, anchor="ra", rules=rules)
        sheet.draw.line((50, y + 80, 710, y + 80), fill=(200, 205, 210), width=2)
    return sheet


_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
_CODES = ("29", "30", "43", "51", "59", "75", "92", "65")
_PAINTS = (
    ("white", "black"),
    ("white", "black"),
    ((32, 70, 160), "white"),
    ((245, 205, 60), "black"),
)


def car_plate(rng: random.Random) -> _Sheet:
    back, ink = rng.choice(_PAINTS)
    sheet = _Sheet(1280, 860, (70, 78, 86))
    _car(sheet, rng)
    text = (
        f"{rng.choice(_CODES)}{rng.choice(_LETTERS)}-{rng.randint(100, 999)}.{rng.randint(10, 99)}"
    )
    width = rng.randint(330, 460)
    height = round(width * 0.21)
    x, y = rng.randint(300, 520), rng.randint(520, 600)
    _plate(sheet, (x, y, x + width, y + height), [text], back, ink)
    return sheet


def small_plate(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1280, 860, (70, 78, 86))
    _car(sheet, rng)
    back, ink = rng.choice(_PAINTS)
    text = (
        f"{rng.choice(_CODES)}{rng.choice(_LETTERS)}-{rng.randint(100, 999)}.{rng.randint(10, 99)}"
    )
    width = rng.randint(110, 205)
    x, y = rng.randint(300, 520), rng.randint(520, 600)
    _plate(sheet, (x, y, x + width, y + round(width * 0.21)), [text], back, ink)
    return sheet


def dark_plate(rng: random.Random) -> _Sheet:
    sheet = car_plate(rng)
    share = rng.uniform(0.15, 0.3)
    sheet.picture = sheet.picture.point(lambda light: round(light * share))
    return sheet


def army_plate(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1280, 860, (70, 78, 86))
    _car(sheet, rng, paint=(52, 66, 48))
    text = (
        f"{rng.choice(['TM', 'KT', 'QA', 'BB', 'AD'])}-{rng.randint(10, 99)}-{rng.randint(10, 99)}"
    )
    width = rng.randint(230, 400)
    x, y = rng.randint(300, 520), rng.randint(520, 600)
    box = (x, y, x + width, y + round(width * 0.21))
    _plate(sheet, box, [text], (190, 20, 30), "white", rule="plate_mil")
    return sheet


def motorbike_plate(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1000, 1000, (88, 84, 80))
    sheet.draw.rounded_rectangle((250, 120, 750, 420), 60, fill=(150, 24, 28))
    sheet.draw.ellipse((430, 300, 570, 380), fill=(230, 60, 40))
    sheet.draw.rectangle((450, 600, 550, 1000), fill=(25, 25, 28))
    upper = f"{rng.choice(_CODES)}-{rng.choice(_LETTERS)}{rng.randint(1, 9)}"
    lower = f"{rng.randint(100, 999)}.{rng.randint(10, 99)}"
    width = rng.randint(230, 320)
    x, y = rng.randint(330, 420), rng.randint(440, 520)
    _plate(sheet, (x, y, x + width, y + round(width * 0.74)), [upper, lower], "white", "black")
    return sheet


def _car(sheet: _Sheet, rng: random.Random, *, paint=None) -> None:
    paint = paint or rng.choice([(150, 156, 162), (30, 34, 40), (120, 20, 24), (230, 232, 235)])
    sheet.draw.rounded_rectangle((140, 160, 1140, 760), 90, fill=paint)
    sheet.draw.polygon([(300, 180), (980, 180), (1080, 400), (200, 400)], fill=(40, 52, 60))
    for x in (190, 960):
        sheet.draw.ellipse((x, 440, x + 130, 520), fill=(240, 236, 210))
    for x in (180, 980):
        sheet.draw.ellipse((x, 690, x + 130, 840), fill=(16, 16, 18))


def _plate(sheet: _Sheet, box, lines, back, ink, *, rule="plate") -> None:
    left, top, right, bottom = box
    sheet.draw.rounded_rectangle(box, 12, fill=back, outline="black", width=4)
    height = (bottom - top) / len(lines)
    for number, line in enumerate(lines):
        size = height * 0.86
        font = _font(SANS_BOLD, size)
        while font.getlength(line) > (right - left) * 0.9:
            size *= 0.96
            font = _font(SANS_BOLD, size)
        y = top + height * (number + 0.5)
        sheet.text(((left + right) / 2, y), line, font, fill=ink, anchor="mm")
    sheet.marked.append((frozenset({rule}), box))


def poster_with_code(rng: random.Random) -> _Sheet:
    sheet = _Sheet(900, 1200, rng.choice(["white", (245, 240, 225), (225, 238, 250)]))
    sheet.text((450, 120), "ĐĂNG KÝ TRỰC TUYẾN", _font(SANS_BOLD, 56), anchor="mm")
    sheet.text((450, 210), "Quét mã để biết thêm", _font(SANS, 36), anchor="mm")
    code = qrcode.QRCode(border=4, box_size=rng.randint(6, 11))
    code.add_data(f"https://qua-tang{rng.randint(1, 99)}.example.top/nhan?x={rng.randint(1, 9999)}")
    image = code.make_image().get_image().convert("RGB")
    x, y = rng.randint(60, 880 - image.width), rng.randint(320, 1150 - image.height)
    sheet.picture.paste(image, (x, y))
    sheet.marked.append(
        (frozenset({"link_risk"}), (x + 40, y + 40, x + image.width - 40, y + image.height - 40))
    )
    return sheet


def person(rng: random.Random, *, smallest=0.35, largest=1.9) -> _Sheet:
    sheet = _Sheet(1280, 960, (0, 0, 0))
    sheet.picture = _scenery(rng, 1280, 960)
    sheet.draw = ImageDraw.Draw(sheet.picture)
    portrait = Image.open(DATA / "astronaut.jpg")
    scale = rng.uniform(smallest, largest)
    portrait = portrait.resize((round(360 * scale), round(400 * scale)), Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        portrait = portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        face = (360 - 200, 70, 360 - 120, 180)
    else:
        face = (120, 70, 200, 180)
    x = rng.randint(0, 1280 - portrait.width)
    y = rng.randint(0, 960 - portrait.height)
    sheet.picture.paste(portrait, (x, y))
    left, top, right, bottom = (side * scale for side in face)
    sheet.marked.append((frozenset({"face"}), (x + left, y + top, x + right, y + bottom)))
    return sheet


def small_person(rng: random.Random) -> _Sheet:
    """Draw a face of some 18 to 25 points."""
    return person(rng, smallest=0.16, largest=0.23)


# --- What does not leak ---------------------------------------------------------------------------


def _scenery(rng: random.Random, width: int, height: int) -> Image.Image:
    """Draw sky, hills and fields, blurred like a photograph's background."""
    noise = np.random.default_rng(rng.randrange(2**32))
    rough = noise.normal(0, 1, (height // 16, width // 16, 3))
    grain = cv2.resize(rough.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    sky, land = np.array([150, 190, 225]), np.array([80, 120, 62])
    line = height * rng.uniform(0.3, 0.6)
    rows = np.arange(height)[:, None, None]
    base = np.where(rows < line, sky, land).astype(np.float32)
    return Image.fromarray(np.clip(base + grain * 14, 0, 255).astype(np.uint8))


def flag(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1200, 800, (160, 200, 235))
    for number in range(rng.randint(1, 4)):
        x, y, width = 60 + number * 280, rng.randint(60, 300), rng.randint(200, 460)
        sheet.draw.rectangle((x, y, x + width, y + width * 2 / 3), fill=(218, 37, 29))
        sheet.draw.regular_polygon((x + width / 2, y + width / 3, width / 5), 5, fill=(255, 255, 0))
    return sheet


def banner(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1400, 700, rng.choice([(205, 225, 240), "white", (120, 140, 110)]))
    sheet.draw.rectangle((60, 120, 1340, 420), fill=(200, 16, 24))
    words = rng.choice(
        [
            "TOÀN DÂN BẢO VỆ AN NINH TỔ QUỐC",
            "PHÒNG CHÁY HƠN CHỮA CHÁY",
            "BẢO MẬT THÔNG TIN CÁ NHÂN",
            "TÌM HIỂU LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        ]
    )
    font = _font(SANS_BOLD, 64 if len(words) < 30 else 52)
    sheet.text((700, 270), words, font, fill="yellow", anchor="mm")
    return sheet


def red_headline(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1080, 1350, (252, 250, 244))
    words = rng.choice(["CẢNH BÁO LỪA ĐẢO", "THÔNG BÁO", "BẢO MẬT TÀI KHOẢN", "MẬT ONG RỪNG"])
    sheet.text((540, 160), words, _font(SANS_BOLD, 84), fill=RED, anchor="mm")
    if rng.random() < 0.5:
        sheet.draw.rectangle((60, 60, 1020, 260), outline=RED, width=6)
    for number in range(8):
        line = "Không cung cấp mã xác thực cho người lạ qua điện thoại."
        sheet.text((80, 360 + number * 90), line, _font(SANS, 36))
    sheet.draw.ellipse((860, 1120, 1040, 1300), fill=RED)
    sheet.text((950, 1210), str(rng.randint(2, 9)), _font(SANS_BOLD, 80), fill="white", anchor="mm")
    return sheet


def drawing(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1080, 1080, rng.choice([(20, 83, 45), (12, 74, 110), (250, 245, 230)]))
    for _ in range(rng.randint(10, 30)):
        x, y, size = rng.randint(0, 980), rng.randint(0, 980), rng.randint(20, 220)
        colour = tuple(rng.randint(0, 255) for _ in range(3))
        shape = rng.choice([sheet.draw.ellipse, sheet.draw.rectangle])
        shape((x, y, x + size, y + size * rng.uniform(0.5, 1)), fill=colour)
    sheet.text(
        (540, 540), "Gọi 113 khi cần giúp đỡ", _font(SANS_BOLD, 64), fill="white", anchor="mm"
    )
    return sheet


def landscape(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1, 1)
    sheet.picture = _scenery(rng, 1600, 1200)
    return sheet


def photograph(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1, 1)
    picture = Image.open(DATA / rng.choice(["chelsea.jpg", "coffee.jpg", "rocket.jpg"]))
    scale = rng.uniform(1, 2.5)
    sheet.picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    return sheet


def public_poster(rng: random.Random) -> _Sheet:
    sheet = _Sheet(1080, 1350, (255, 251, 240))
    sheet.draw.rectangle((0, 0, 1080, 200), fill=(150, 20, 20))
    sheet.text((540, 100), "CÔNG AN XÃ AN BÌNH", _font(SANS_BOLD, 60), fill="white", anchor="mm")
    lines = (
        "Làm thủ tục cấp căn cước lưu động",
        "Thời gian: 7 giờ 30 ngày 12/12/2026",
        "Tại trụ sở, số 44 đường An Bình",
        "Mang theo giấy tờ cũ và 2 ảnh",
        "Trực ban: 113. Lệ phí: 50.000 đồng",
    )
    for number, line in enumerate(lines):
        sheet.text((80, 330 + number * 150), line, _font(SANS, 46), fill=(40, 40, 40))
    code = qrcode.QRCode(border=4, box_size=6)
    code.add_data("https://dichvucong.gov.vn/p/home")
    sheet.picture.paste(code.make_image().get_image().convert("RGB"), (760, 1080))
    return sheet


def table(rng: random.Random) -> _Sheet:
    """Draw cells with words that are marks without their accents."""
    sheet = _Sheet(1240, 1700, "white")
    words = ("Mắt", "MẮT", "Mặt", "MẶT", "Mát", "Tai", "Mật ong", "TÔI MẤT", "BẢO MẬT")
    for row in range(9):
        for column in range(3):
            left, top = 140 + column * 320, 200 + row * 150
            sheet.draw.rectangle((left, top, left + 250, top + 90), outline="black", width=4)
            word = words[(row + column * 2 + rng.randint(0, 8)) % len(words)]
            sheet.text((left + 125, top + 45), word, _font(SERIF_BOLD, 44), anchor="mm")
    return sheet


LEAKS: dict[str, Callable[[random.Random], _Sheet]] = {
    "secret page": secret_page,
    "copied secret page": copied_secret_page,
    "chat": chat,
    "sealed page": sealed_page,
    "id card": id_card,
    "bank slip": bank_slip,
    "car plate": car_plate,
    "motorbike plate": motorbike_plate,
    "small plate": small_plate,
    "dark plate": dark_plate,
    "army plate": army_plate,
    "code": poster_with_code,
    "face": person,
    "small face": small_person,
}
CLEAN: dict[str, Callable[[random.Random], _Sheet]] = {
    "flag": flag,
    "banner": banner,
    "red headline": red_headline,
    "drawing": drawing,
    "landscape": landscape,
    "photograph": photograph,
    "public poster": public_poster,
    "table": table,
}
_PAPERS = {"secret page", "copied secret page", "sealed page", "id card"}


# --- As a telephone takes it ----------------------------------------------------------------------


def variant(kind: str, number: int, *, seed: int = 0, plain: bool = False) -> Variant:
    """Draw variant ``number`` of a kind; ``plain``: as a screenshot, not as a photograph."""
    rng = random.Random(f"{kind} {number} {seed}")
    sheet = {**LEAKS, **CLEAN}[kind](rng)
    if plain:
        width, height = sheet.picture.size
        boxes = [
            Target(rules, (b[0] / width, b[1] / height, b[2] / width, b[3] / height))
            for rules, b in sheet.marked
        ]
        return Variant(f"{kind} {number}", sheet.picture, boxes)
    return _photographed(kind, number, sheet, rng)


def _photographed(kind: str, number: int, sheet: _Sheet, rng: random.Random) -> Variant:
    source = np.asarray(sheet.picture)
    height, width = source.shape[:2]
    on_table = kind in _PAPERS
    margin = rng.uniform(0.04, 0.2) if on_table else 0
    angle = rng.uniform(-7, 7) if on_table else rng.uniform(-3, 3)
    if kind.endswith(" plate"):
        angle = rng.uniform(-6, 6)
    out_width, out_height = round(width * (1 + 2 * margin)), round(height * (1 + 2 * margin))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle = np.array([width / 2, height / 2], np.float32)
    turn = cv2.getRotationMatrix2D((0, 0), angle, 1)[:, :2].astype(np.float32)
    placed = (corners - middle) @ turn.T + np.array([out_width / 2, out_height / 2], np.float32)
    skew = 0.025 if on_table or "plate" in kind else 0.008
    jitter = np.array(
        [[rng.uniform(-skew, skew) * width, rng.uniform(-skew, skew) * height] for _ in range(4)],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners, placed + jitter)
    table = np.empty((out_height, out_width, 3), np.uint8)
    table[:] = [rng.randint(60, 150), rng.randint(50, 110), rng.randint(40, 90)]
    border = cv2.BORDER_TRANSPARENT if on_table else cv2.BORDER_REPLICATE
    taken = cv2.warpPerspective(
        source,
        matrix,
        (out_width, out_height),
        dst=table,
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    targets = [
        Target(rules, _moved(box, matrix, out_width, out_height)) for rules, box in sheet.marked
    ]
    taken = _lit(taken, rng)
    long = rng.choice([1280, 1600, 2048])
    scale = long / max(taken.shape[:2])
    taken = cv2.resize(taken, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    taken = cv2.GaussianBlur(taken, (0, 0), rng.uniform(0.3, 1.1))
    out = Variant(f"{kind} {number}", Image.fromarray(taken), targets)
    quality = rng.randint(60, 90)
    out.picture = Image.open(io.BytesIO(out.jpeg(quality)))
    return out


def _moved(box, matrix, width, height) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    points = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)
    moved = cv2.perspectiveTransform(points, matrix)[0]
    (x0, y0), (x1, y1) = moved.min(axis=0), moved.max(axis=0)
    return (
        float(max(x0 / width, 0)),
        float(max(y0 / height, 0)),
        float(min(x1 / width, 1)),
        float(min(y1 / height, 1)),
    )


def _lit(taken: np.ndarray, rng: random.Random) -> np.ndarray:
    """Throw a soft shadow over a part, and change light, warmth and grain."""
    height, width = taken.shape[:2]
    shadow = np.ones((height, width), np.float32)
    if rng.random() < 0.6:
        x = [rng.randint(0, width) for _ in range(2)]
        side = rng.choice([0, width])
        polygon = np.array([[side, 0], [x[0], 0], [x[1], height], [side, height]], np.int32)
        cv2.fillPoly(shadow, [polygon], rng.uniform(0.5, 0.8))
        shadow = cv2.GaussianBlur(shadow, (0, 0), width / 40)
    light = rng.uniform(0.75, 1.1)
    warm = np.array([rng.uniform(0.95, 1.05), 1.0, rng.uniform(0.88, 1.05)], np.float32)
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, rng.uniform(1, 6), taken.shape)
    lit = taken.astype(np.float32) * shadow[:, :, None] * light * warm + noise
    return np.clip(lit, 0, 255).astype(np.uint8)
