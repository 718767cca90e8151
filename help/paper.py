"""Guides on paper: the handbook of a kind of readers, and the sheet that hangs beside the station's
computer. typst sets them as PDF, in a program of its own (``paper_program.py``).
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

from accounts.models import User
from core import sandbox
from core.errors import Refused
from core.semaphores import SharedSemaphore
from help.guides import Block, Guide
from media import incoming

# Measured: the longest handbook, 43 guides with 19 pictures, takes 0.3 s and 159 MB.
LIMITS = sandbox.Limits(
    memory=1024 * 1024 * 1024, cpu_seconds=20, file_bytes=16 * 1024 * 1024, timeout=40
)
_HERE = Path(__file__).parent
_PROGRAM = _HERE / "paper_program.py"
_FONTS = _HERE.parent / "media" / "fonts" / "be_vietnam_pro"
_semaphore = SharedSemaphore("guides", limit=1, queue=4, timeout=30, per_user=1)


def typeset_handbook(readers: str, guides: Sequence[Guide], *, by: User | None = None) -> bytes:
    """Return the guides as PDF, a chapter each. Raise Busy, Refused."""
    return _typeset_guides("handbook", {"readers": readers}, guides, by)


def typeset_sheet(guide: Guide, *, by: User | None = None) -> bytes:
    """Return the steps of a guide on one page of A4, in letters that are read from two metres.
    Raise Busy, Refused.
    """
    address = settings.PORTAL_URL.partition("://")[2]  # as somebody types it
    return _typeset_guides("sheet", {"address": address}, [guide], by)


def _typeset_guides(
    layout: str, content: dict[str, Any], guides: Sequence[Guide], by: User | None
) -> bytes:
    content["guides"] = [
        {"title": guide.title, "blocks": [_describe(block) for block in guide.blocks]}
        for guide in guides
    ]
    names = {b.picture for guide in guides for b in guide.blocks if b.picture}
    pictures = [Path(str(finders.find(f"help/{name}"))) for name in names]
    return typeset(_HERE / "layouts" / f"{layout}.typ", content, pictures=pictures, by=by)


def typeset(
    layout: Path,
    content: Mapping[str, Any],
    *,
    pictures: Iterable[Path] = (),
    by: User | None = None,
) -> bytes:
    """Return ``content`` as PDF by a layout, which may import those of ``help/layouts`` and show
    ``pictures`` by their names. Raise Busy, Refused.
    """
    with incoming.working_folder() as place:
        shutil.copytree(_HERE / "layouts", place / "layouts")
        for file in (layout, *pictures):
            shutil.copy(file, place / "layouts")
        job = {"layout": layout.stem, "fonts": str(_FONTS), "content": content}
        (place / "job.json").write_text(json.dumps(job), encoding="utf-8")
        try:
            with _semaphore.hold(by and by.pk):
                sandbox.run_program(
                    _PROGRAM, str(place), place=place, limits=LIMITS, reads=[_FONTS]
                )
            return (place / "paper.pdf").read_bytes()
        except (sandbox.ProgramFailed, OSError):
            raise Refused(_("The PDF could not be made. Try again in a minute.")) from None


def _describe(block: Block) -> dict[str, Any]:
    return block._asdict() | {"spans": [span._asdict() for span in block.spans]}
