"""Edit pictures. What is changed is a new picture beside the old one; what something was blurred
out of is used no more, and removed (docs/adr/0040).
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can, require
from audit.services import record
from core import quotas, sandbox
from core.errors import Refused
from core.semaphores import SharedSemaphore
from media import incoming, pictures
from media.models import Media
from media.store import protect_until_commit

retired = Signal()  # with the ``media`` that something was blurred out of, in its transaction
WHOLE = 10_000  # ten-thousandths of a picture's width or height
TURNS = (0, 90, 180, 270)
MOST_STRAIGHTENED, MOST_BRIGHTNESS = 15, 100  # degrees, per cent
LEAST_CROP, LEAST_BLUR = 500, 20  # ten-thousandths of a side
MOST_BLURS = 100
_PROGRAM = Path(__file__).with_name("picture_program.py")
# Stored pictures have at most 2048 pixels a side: measured 0.4 s and 130 MB.
LIMITS = sandbox.Limits(
    memory=320 * 1024 * 1024, cpu_seconds=10, file_bytes=32 * 1024 * 1024, timeout=30
)
_semaphore = SharedSemaphore("edits", limit=1, queue=4, timeout=15)
# What is said of a picture holds of one that was made from it, too. The consent of somebody shown
# goes with it: which of the people shown were blurred is not known here, and a note too many does
# no harm, one that is missing does.
_TAKEN = (
    *("title", "alt_text", "source", "rights", "consent", "consent_on", "consent_note"),
    *("expires_on", "folder", "search", "kept_at", "taken_from"),
)
Box = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """All that is done to a picture, in this order: boxes of the source are blurred, it is turned
    clockwise, straightened, cropped to a box of what that gave, and lightened. ``focus`` is the
    point of the result that matters most. Lengths are ten-thousandths. Raise Refused for what
    cannot be done.
    """

    blurs: Sequence[Box] = ()
    turn: int = 0  # degrees
    straighten: float = 0  # degrees
    crop: Box | None = None
    brightness: int = 0  # per cent
    focus: tuple[int, int] | None = field(default=None)

    def __post_init__(self) -> None:
        if len(self.blurs) > MOST_BLURS:
            raise Refused(_("At most %(n)s places can be blurred at once.") % {"n": MOST_BLURS})
        if not all(is_within(box, LEAST_BLUR) for box in self.blurs):
            raise Refused(_("A place to blur lies outside of the picture. Draw it again."))
        if self.crop and not is_within(self.crop, LEAST_CROP):
            raise Refused(
                _("What is left of the picture would be too small, or lies outside. Crop it again.")
            )
        if self.turn not in TURNS:
            raise Refused(_("A picture is turned by quarters."))
        if not abs(self.straighten) <= MOST_STRAIGHTENED:  # not: also for what is no number
            raise Refused(
                _("A picture is straightened by at most %(n)s degrees. Turn it first.")
                % {"n": MOST_STRAIGHTENED}
            )
        if abs(self.brightness) > MOST_BRIGHTNESS:
            raise Refused(_("The brightness goes from -%(n)s to %(n)s.") % {"n": MOST_BRIGHTNESS})
        if self.focus and not all(0 <= part <= WHOLE for part in self.focus):
            raise Refused(_("The most important point lies outside of the picture."))

    @property
    def is_empty(self) -> bool:
        """Check whether nothing of the picture would look different."""
        crop = None if self.crop == (0, 0, WHOLE, WHOLE) else self.crop
        return not (self.blurs or self.turn or self.straighten or crop or self.brightness)


def is_within(box: Box, least: int) -> bool:
    x, y, width, height = box
    is_large = width >= least and height >= least
    return is_large and x >= 0 and y >= 0 and x + width <= WHOLE and y + height <= WHOLE


def edit(media: Media, edits: Edits, *, by: User) -> Media:
    """Return a new picture of the same unit, drawn with these edits, which is checked like an
    upload. Of one that something was blurred out of, no post takes the source any more. Raise
    Refused, Busy.
    """
    authority = _require_right(media, by)
    _require_editable(media)
    if edits.is_empty:
        raise Refused(_("Nothing was changed yet. Crop, turn or blur the picture first."))
    quotas.use("edit", by=by)
    drawn = _draw_edited(media, edits, by=by)
    with transaction.atomic():
        protect_until_commit([media])
        source = _lock_editable(media)
        made = pictures.keep_encoded(drawn, unit=source.unit, by=by)
        if made.pk == source.pk:
            raise Refused(_("Nothing of the picture looks different."))
        if not made.was_stored_before:
            copy_description(made, source, focus=edits.focus)
        if edits.blurs:
            retire(source)
        action = "media.blurred" if edits.blurs else "media.edited"
        record(action, made, by=by, position=authority, made_from=str(source.public_id))
    media.refresh_from_db(fields=["blurred_at", "shared"])
    return made


def blur(media: Media, boxes: Collection[Box], *, by: User) -> Media:
    """Return a new picture in which these boxes cannot be recognised; see `edit`."""
    return edit(media, Edits(blurs=tuple(boxes)), by=by)


# Who fills the library, and who writes posts.
_RIGHTS = (Permission.LIBRARY_WRITE, Permission.POST_WRITE)


def _require_right(media: Media, by: User) -> str:
    """Return the position in which this person edits. Raise NotAllowed."""
    right = next((right for right in _RIGHTS if can(by, right, unit=media.unit)), _RIGHTS[0])
    return require(by, right, unit=media.unit).position


def _lock_editable(media: Media) -> Media:
    """Return the row, which is still to be edited. Raise Refused."""
    row = Media.objects.select_for_update(of=("self",)).filter(pk=media.pk).first()
    if row is None:
        raise Refused(_("The picture was removed meanwhile. Upload it again."))
    _require_editable(row)
    return row


def _require_editable(media: Media) -> None:
    if media.is_video:
        raise Refused(_("This is a video. Only pictures are edited here."))
    if media.blurred_at:
        raise Refused(
            _(
                "Something was blurred out of this picture, so it is used no more. Edit the "
                "new one, or upload it again."
            )
        )


def _draw_edited(media: Media, edits: Edits, *, by: User) -> pictures.EncodedImage:
    """Run the program on the stored bytes, and draw its result as an upload is drawn."""
    given = asdict(edits)
    given.pop("focus")
    try:
        with incoming.working_folder() as place:
            with pictures.open_still(media) as stored:
                source = incoming.path_on_disk(
                    stored, place, most=LIMITS.file_bytes, too_large=pictures.damaged_error
                )
            with _semaphore.hold(by.pk):
                facts = sandbox.run_program(
                    _PROGRAM,
                    str(source),
                    str(place),
                    json.dumps(given),
                    place=place,
                    limits=LIMITS,
                    reads=[source],
                )
            if facts.get("refused"):
                raise pictures.damaged_error()
            is_png = media.content_type == "image/png"
            return pictures.re_encode(place / "edited.png", by=by, keep_png=is_png)
    except (sandbox.ProgramFailed, FileNotFoundError):
        raise pictures.damaged_error() from None


def copy_description(made: Media, source: Media, *, focus: tuple[int, int] | None = None) -> None:
    """Take over what is said of the source."""
    for name in _TAKEN:
        setattr(made, name, getattr(source, name))
    made.made_from = source
    if focus:
        made.focus_x, made.focus_y = focus
    made.save(update_fields=[*_TAKEN, "made_from", "focus_x", "focus_y"])
    made.tags.set(source.tags.all())


def retire(source: Media) -> None:
    """Let no further post take the picture; see `posts.media_library.upkeep.drop_blurred`."""
    Media.objects.filter(pk=source.pk).update(blurred_at=timezone.now(), shared=False)
    retired.send(Media, media=source)
