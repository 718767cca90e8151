"""Pictures for sample posts: a calm card in the topic's colours that bears the post's headline."""

import io

import av
from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 900)
MARGIN = 96
UPRIGHT, RATE = (540, 960), 24
# From top left to bottom right.
COLOURS = {
    "lua_dao": ("#7c2d12", "#c2410c"),
    "phap_luat": ("#1e3a8a", "#2563eb"),
    "phong_ngua": ("#134e4a", "#0d9488"),
    "pccc": ("#7f1d1d", "#dc2626"),
    "giao_thong": ("#0c4a6e", "#0284c7"),
    "vneid": ("#14532d", "#15803d"),
    "ma_tuy": ("#3b0764", "#7e22ce"),
    "tre_em": ("#831843", "#be185d"),
    "thien_tai": ("#1e293b", "#475569"),
    "phong_trao": ("#14532d", "#4d7c0f"),
}
_FONTS = settings.BASE_DIR / "static" / "vendor" / "inter"


class Letters:
    """Inter at one size. The web font comes in two parts, one of which holds only what Vietnamese
    adds.
    """

    def __init__(self, size: int, weight: int):
        self.latin, self.vietnamese = (
            ImageFont.truetype(str(_FONTS / f"inter-{part}-wght-normal.woff2"), size)
            for part in ("latin", "vietnamese")
        )
        for font in (self.latin, self.vietnamese):
            font.set_variation_by_axes([weight])

    def choose_font(self, letter: str) -> ImageFont.FreeTypeFont:
        return (
            self.vietnamese
            if letter in "ĂăĐđĨĩŨũƠơƯư" or "\u1ea0" <= letter <= "\u1ef9"
            else self.latin
        )

    def measure_width(self, text: str) -> float:
        return sum(self.choose_font(letter).getlength(letter) for letter in text)

    def wrap_lines(self, text: str, width: int) -> list[str]:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.measure_width(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def draw(self, picture: ImageDraw.ImageDraw, place: tuple[float, float], text: str) -> None:
        x, y = place
        for letter in text:
            font = self.choose_font(letter)
            picture.text((x, y), letter, font=font, fill="white", anchor="ls")
            x += font.getlength(letter)


def draw_card(*, topic: str, topic_name: str, headline: str, unit_name: str) -> bytes:
    """Draw the card as a JPEG."""
    first, last = COLOURS[topic]
    down = Image.linear_gradient("L")
    slope = Image.blend(down, down.rotate(90), 0.5).resize(SIZE)
    picture = Image.composite(Image.new("RGB", SIZE, last), Image.new("RGB", SIZE, first), slope)
    pen = ImageDraw.Draw(picture)
    small, large = Letters(34, 600), Letters(66, 700)
    small.draw(pen, (MARGIN, MARGIN + 30), topic_name)
    pen.rectangle((MARGIN, MARGIN + 62, MARGIN + 120, MARGIN + 68), fill="white")
    for number, line in enumerate(large.wrap_lines(headline, SIZE[0] - 2 * MARGIN)[:6]):
        large.draw(pen, (MARGIN, 300 + 88 * number), line)
    small.draw(pen, (MARGIN, SIZE[1] - MARGIN), unit_name)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def make_video(card: bytes, *, seconds: int = 4) -> bytes:
    """Make an upright video in which the card is slowly enlarged."""
    background = Image.open(io.BytesIO(card)).convert("RGB")
    background = background.resize(
        (UPRIGHT[0], UPRIGHT[0] * SIZE[1] // SIZE[0])
    )  # no frame shows more
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream(
            "libx264", rate=RATE, options={"preset": "ultrafast", "x264-params": "log-level=error"}
        )
        stream.width, stream.height, stream.pix_fmt = *UPRIGHT, "yuv420p"
        for n in range(seconds * RATE):
            share = 0.86 + 0.14 * n / (seconds * RATE)
            wide, high = int(UPRIGHT[0] * share), int(UPRIGHT[0] * share * SIZE[1] / SIZE[0])
            frame = Image.new("RGB", UPRIGHT, background.getpixel((4, 4)))
            frame.paste(
                background.resize((wide, high)),
                ((UPRIGHT[0] - wide) // 2, (UPRIGHT[1] - high) // 2),
            )
            file.mux(stream.encode(av.VideoFrame.from_image(frame)))
        file.mux(stream.encode(None))
    return out.getvalue()
