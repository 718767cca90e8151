"""Cards and posters: a title, two lines, a hotline, the unit's name and a QR code, in a look.

typst draws them in a program of its own (``program.py``). A look is a template in ``looks/``; text
goes into it as data and is never read as markup.
"""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core import sandbox, training
from core.errors import Refused
from core.semaphores import SharedSemaphore
from core.text import normalise
from media import incoming, pictures
from media.codes import qr_svg
from media.models import Logo
from units.models import Unit

LONGEST_TITLE, LONGEST_LINE = 140, 180  # characters; what fits is measured
# Measured: four formats with a logo take 0.5 s and 101 MB, an A3 poster of 200 dots an inch 0.9 s
# and 130 MB. Address space is more: the library alone maps 84 MB, and reserves for its threads.
LIMITS = sandbox.Limits(
    memory=700 * 1024 * 1024, cpu_seconds=10, file_bytes=32 * 1024 * 1024, timeout=20
)
_HERE = Path(__file__).parent
_LOOKS, _PROGRAM = _HERE / "looks", _HERE / "program.py"
_FONTS = _HERE.parent / "fonts" / "be_vietnam_pro"
# A preview is asked for while somebody types: a second one waits for the first.
_semaphore = SharedSemaphore("cards", limit=2, queue=4, timeout=5, per_user=2)


class Look(models.TextChoices):
    """Name the templates in ``looks/``, as people choose among them."""

    WARNING = "warning", gettext_lazy("Warning")
    LAW = "law", gettext_lazy("Law explained")
    FIRE = "fire", gettext_lazy("Fire safety")
    TRAFFIC = "traffic", gettext_lazy("Traffic safety")
    SERVICE = "service", gettext_lazy("Public service")
    NOTICE = "notice", gettext_lazy("Notice")


class Format(models.TextChoices):
    """Name the formats of a card."""

    SQUARE = "1x1", gettext_lazy("Square 1:1")
    PORTRAIT = "4x5", gettext_lazy("Portrait 4:5")
    LANDSCAPE = "16x9", gettext_lazy("Landscape 16:9")
    STORY = "9x16", gettext_lazy("Story 9:16")


class Paper(models.TextChoices):
    """Name the sizes of a poster."""

    A4 = "a4", "A4"
    A3 = "a3", "A3"


class Sheet(NamedTuple):
    """A page to draw: its sides in units of which a picture has ``scale`` pixels each."""

    width: float
    height: float
    scale: float = 1.0
    is_paper: bool = False
    form: str = "png"

    def scaled(self, scale: float) -> "Sheet":
        return self._replace(scale=scale)


SHEETS: Mapping[str, Sheet] = {
    Format.SQUARE: Sheet(1080, 1080),
    Format.PORTRAIT: Sheet(1080, 1350),
    Format.LANDSCAPE: Sheet(1920, 1080),
    Format.STORY: Sheet(1080, 1920),
}
_DOTS = 200 / 72  # of a poster's picture, for each point
PAPERS: Mapping[str, Sheet] = {
    Paper.A4: Sheet(595.28, 841.89, _DOTS, is_paper=True),
    Paper.A3: Sheet(841.89, 1190.55, _DOTS, is_paper=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that stands on a card. ``link`` becomes its QR code; ``proof`` is small print."""

    title: str
    line_1: str = ""
    line_2: str = ""
    hotline: str = ""
    hotline_label: str = ""
    unit: str
    above: str = ""
    link: str = ""
    proof: str = ""

    def tidy(self) -> "Content":
        """Return it with one blank between words, no control characters, and letters composed."""
        texts = {name: " ".join(normalise(value).split()) for name, value in asdict(self).items()}
        return replace(self, **texts)

    @property
    def words(self) -> list[str]:
        """Return what people wrote of it."""
        return [line for line in (self.title, self.line_1, self.line_2) if line]

    @property
    def alt_text(self) -> str:
        """Return its text for people who cannot see it."""
        ends = [word if word[-1] in ".!?…" else f"{word}." for word in self.words]
        call = f"{self.hotline_label}: {self.hotline}." if self.hotline else ""
        return " ".join(filter(None, [*ends, call]))


class DrawnSheet(NamedTuple):
    """A drawn sheet. ``over``: by how many letters a text is too long for it, by field."""

    data: bytes
    over: Mapping[str, int]


def typeset(
    content: Content,
    look: str,
    sheets: Mapping[str, Sheet],
    *,
    logo_of: Unit | None = None,
    by: User | None = None,
) -> dict[str, DrawnSheet]:
    """Draw the content on each of ``sheets``; the same content gives the same bytes. Raise Busy,
    Refused.
    """
    job: dict[str, Any] = {
        "look": Look(look).value,
        "fonts": str(_FONTS),
        "sheets": {name: sheet._asdict() for name, sheet in sheets.items()},
    }
    with incoming.working_folder() as place:
        shutil.copytree(_LOOKS, place / "looks")
        job["content"] = _describe_content(content.tidy()) | {
            "logo": _put_logo(logo_of, place / "looks")
        }
        (place / "job.json").write_text(json.dumps(job), encoding="utf-8")
        try:
            with _semaphore.hold(by and by.pk):
                facts = sandbox.run_program(
                    _PROGRAM, str(place), place=place, limits=LIMITS, reads=[_FONTS]
                )
            return {
                name: DrawnSheet(
                    (place / f"{name}.{sheet.form}").read_bytes(), _read_overflow(facts, name)
                )
                for name, sheet in sheets.items()
            }
        except (sandbox.ProgramFailed, KeyError, TypeError, ValueError, OSError):
            raise Refused(
                _("The card could not be drawn. Try it with shorter or simpler text.")
            ) from None


def too_long(drawn: Mapping[str, DrawnSheet]) -> dict[str, int]:
    """Return by how many letters each field is too long for the tightest of the sheets."""
    most: dict[str, int] = {}
    for sheet in drawn.values():
        for name, over in sheet.over.items():
            most[name] = max(most.get(name, 0), over)
    return most


def _describe_content(content: Content) -> dict[str, Any]:
    return {
        **asdict(content),
        "lines": [content.line_1, content.line_2],
        "qr": qr_svg(content.link) if content.link else "",
        "training": training.get_mark(),
    }


def _read_overflow(facts: Mapping[str, Any], sheet: str) -> dict[str, int]:
    known: Collection[str] = ("title", "line_1", "line_2")
    return {name: int(facts["over"][sheet][name]) for name in known if name in facts["over"][sheet]}


def _put_logo(unit: Unit | None, looks: Path) -> str:
    """Copy the unit's logo beside the templates, which read no file elsewhere; return its name."""
    logo = Logo.objects.filter(unit=unit).select_related("media").first() if unit else None
    if logo is None:
        return ""
    name = "logo.png" if logo.media.content_type == "image/png" else "logo.jpg"
    try:
        with pictures.open_still(logo.media) as file:
            (looks / name).write_bytes(file.read())
    except OSError:  # the file is lost: a card without a logo is better than none
        return ""
    return name
