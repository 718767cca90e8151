"""Findings in the try-out's pictures: they are drawn, and so is what is found in them."""

import io
from datetime import datetime, timedelta

from django.db import transaction
from PIL import Image, ImageDraw

from campaigns.models import Topic
from core import jobs
from core.models import Job
from media import pictures
from media.models import Media
from media.scanners import scanning
from media.scanners.models import WHOLE, Box, Kind, Scan, Scanner, Severity
from posts.editor import saving
from posts.editor.edits import MediaEdit, PostEdit, PostFields
from posts.models import Post
from try_out import cards
from try_out.history import time_set_to
from try_out.people import World

SIZE = (1200, 800)
# Left, top and side of each head, in pixels.
HEADS = ((170, 240, 150), (500, 200, 160), (850, 260, 145))
PAPER = (420, 590, 790, 700)
_COATS, _SKIN, _HAIR = ("#14532d", "#1e3a8a", "#7c2d12"), "#e7b98f", "#2b1d14"


def mark_checked(media: Media) -> Media:
    """Count a picture or video that the try-out made as checked, with nothing found in it."""
    _store_findings(media)
    return media


def create_drafts_with_findings(world: World, now: datetime) -> None:
    """Make two drafts: one whose picture shows faces and a number, and one that a person looked at
    because a scanner was missing.
    """
    staff = world.staff["hai-chau"]
    topic = Topic.objects.get(code="vneid")
    with time_set_to(now - timedelta(hours=3)):
        crowd = pictures.store(io.BytesIO(draw_crowd()), unit=staff.unit, by=staff.officer)
        heads = [(left, top, left + side, top + side) for left, top, side in HEADS]
        faces = [
            Box(kind=Kind.FACE, rule="face", severity=Severity.SOFT, **_to_fractions(p))
            for p in heads
        ]
        number = Box(kind=Kind.TEXT, rule="id_cccd", severity=Severity.HARD, **_to_fractions(PAPER))
        _store_findings(crowd, *[*faces, number])
        _create_draft(
            world,
            crowd,
            title="Cấp căn cước lưu động tại tổ dân phố",
            body="<p>Công an phường cấp căn cước lưu động cho người cao tuổi tại tổ dân phố.</p>",
            alt="Ba người dân ngồi chờ làm căn cước",
            topic=topic,
        )
        card = cards.draw_card(
            topic="vneid",
            topic_name="Định danh điện tử",
            headline="Kích hoạt VNeID mức 2 tại bộ phận một cửa",
            unit_name=staff.unit.name,
        )
        looked = pictures.store(io.BytesIO(card), unit=staff.unit, by=staff.officer)
        _store_findings(looked, missing=[Scanner.FACES])
        scanning.confirm_review(looked, by=staff.officer)
        _create_draft(
            world,
            looked,
            title="Kích hoạt VNeID mức 2 tại bộ phận một cửa",
            body="<p>Bà con mang theo căn cước, cán bộ hỗ trợ kích hoạt trong mười phút.</p>",
            alt="Ảnh thông điệp: kích hoạt VNeID mức 2",
            topic=topic,
        )


def _create_draft(
    world: World, media: Media, *, title: str, body: str, alt: str, topic: Topic
) -> None:
    staff = world.staff["hai-chau"]
    post = Post(unit=staff.unit, author=staff.officer, version=1)
    edit = PostEdit(
        PostFields(title=title, body=body, topic=topic),
        {},
        [MediaEdit(media, alt)],
    )
    saving.save(post, edit, by=staff.officer, version=1)


def _store_findings(media: Media, *boxes: Box, missing: list[str] | None = None) -> None:
    """Store what was found; a worker that has been told of the picture finds it checked."""
    scan = Scan.objects.get(media=media)
    with transaction.atomic():
        jobs.restart(Job.objects.filter(pk=scan.job_id))
        if claim := jobs.claim(scan.job_id):
            claim.finish()
    scan.missing = missing or []
    scan.save(update_fields=["missing"])
    for box in boxes:
        box.scan = scan
    Box.objects.bulk_create(boxes)


def _to_fractions(place: tuple[int, int, int, int]) -> dict[str, int]:
    left, top, right, bottom = place
    return {
        "x": left * WHOLE // SIZE[0],
        "y": top * WHOLE // SIZE[1],
        "width": (right - left) * WHOLE // SIZE[0],
        "height": (bottom - top) * WHOLE // SIZE[1],
    }


def draw_crowd() -> bytes:
    """Draw three people who wait, and a paper with a number that belongs to nobody."""
    picture = Image.new("RGB", SIZE, "#dbe7de")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 520, SIZE[0], SIZE[1]), fill="#c7b299")
    for (left, top, side), coat in zip(HEADS, _COATS, strict=True):
        pen.rounded_rectangle((left - 60, top + side - 20, left + side + 60, 640), 60, fill=coat)
        pen.ellipse((left, top, left + side, top + side), fill=_SKIN)
        pen.chord((left - 4, top - 10, left + side + 4, top + side - 20), 180, 360, fill=_HAIR)
        for eye in (0.32, 0.68):
            x, y = left + side * eye, top + side * 0.55
            pen.ellipse((x - 6, y - 6, x + 6, y + 6), fill=_HAIR)
        pen.arc((left + 45, top + 80, left + side - 45, top + side - 20), 20, 160, "#7c2d12", 5)
    pen.rectangle((380, 560, 830, 740), fill="#fdfdf5", outline="#8a8f8b", width=3)
    letters = cards.Letters(36, 600)
    x = PAPER[0]
    for letter in "001 085 000 123":
        pen.text((x, PAPER[1] + 30), letter, font=letters.choose_font(letter), fill="#1f2937")
        x += int(letters.choose_font(letter).getlength(letter))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
