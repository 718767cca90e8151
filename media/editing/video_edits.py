"""Edit videos: cut their ends, choose the cover, blur places, set them upright. A worker makes a
new video, which is checked like an upload; a row says how far it is.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from core import jobs, quotas, sandbox
from core.errors import Busy, NotAllowed, Refused
from core.models import UNFINISHED
from core.resends import claim as claim_form
from core.secrecy import require_no_secrecy_mark
from core.semaphores import SharedSemaphore
from media import captions, incoming, videos
from media.editing.picture_edits import LEAST_BLUR, MOST_BLURS, copy_description, is_within, retire
from media.models import Media, VideoEdit

finished = Signal()  # with the ``edit``, in the transaction that stores its result
MOST_SECONDS = 600  # of the result
LEAST_SECONDS = 1.0
SIDE = 1280  # pixels of the longer side
MOST_WAITING = 3  # edits of a person
MOST_ATTEMPTS = 2
LEASE = timedelta(minutes=2)  # renewed while the program works
MOST_BYTES = 512 * 1024 * 1024
LIMITS = sandbox.Limits(
    memory=1024 * 1024 * 1024, cpu_seconds=1800, file_bytes=MOST_BYTES, timeout=2400
)
LONGEST_CAPTION = 130  # characters shown at once: four lines of a video that stands
MOST_MARKS = 300
_PROGRAM = Path(__file__).with_name("video_edit_program.py")
# Vietnamese complete, and heavy enough for a phone.
_FONT = Path(__file__).parents[1] / "fonts/be_vietnam_pro/BeVietnamPro-SemiBold.ttf"
_semaphore = SharedSemaphore("video-edits", limit=1, queue=0, timeout=0)
MOST_TRIES = 100  # to have the result checked, while uploads are
_LOOK_EVERY = 2.0  # seconds, at the program's progress
Span = tuple[int, int, int, int, float, float]  # x, y, width, height, from and to second
Stop = tuple[float, float, int, int, int, int]  # from and to second, x, y, width, height


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Say what becomes of a video: the seconds that stay, the second of the result that is its
    cover, whether it stands upright between blurred sides, places that are blurred, in
    ten-thousandths and seconds of the source, and captions (WebVTT) drawn into it. ``marks``: for
    each place that somebody marked by hand, where it stands when, in order. Raise Refused for what
    cannot be done.
    """

    start: float = 0
    end: float
    cover: float = 0
    vertical: bool = False
    blurs: Sequence[Span] = ()
    marks: Sequence[Sequence[Stop]] = ()
    captions: str = ""

    @property
    def has_blurs(self) -> bool:
        """Check whether something is blurred out of the video."""
        return bool(self.blurs or self.marks)

    def __post_init__(self) -> None:
        if not (self.start >= 0 and self.end - self.start >= LEAST_SECONDS):  # not: of no number
            raise Refused(_("What is left of the video is too short. Move its beginning or end."))
        if not self.end - self.start <= MOST_SECONDS:
            raise Refused(
                _("The video may be %(n)s minutes long. Cut more of it away.")
                % {"n": MOST_SECONDS // 60}
            )
        if not 0 <= self.cover <= self.end - self.start:
            raise Refused(_("The cover lies outside of what is left of the video."))
        stops = [stop for place in self.marks for stop in place]
        if len(self.blurs) + len(self.marks) > MOST_BLURS or len(stops) > MOST_MARKS:
            raise Refused(_("At most %(n)s places can be blurred at once.") % {"n": MOST_BLURS})
        boxes = [span[:4] for span in self.blurs] + [stop[2:] for stop in stops]
        if not all(is_within(box, LEAST_BLUR) for box in boxes):
            raise Refused(_("A place to blur lies outside of the picture. Draw it again."))
        if not all(map(_is_in_order, self.marks)):
            raise Refused(
                _(
                    "A place to blur ends before it begins, or is in two places at once. "
                    "Set its times."
                )
            )
        for cue in captions.read_cues(self.captions):
            if len(cue.words) > LONGEST_CAPTION:
                raise Refused(
                    _(
                        "The caption at second %(at)s has more than %(n)s characters. "
                        "Break it in two."
                    )
                    % {"at": f"{cue.start:.0f}", "n": LONGEST_CAPTION}
                )


def _is_in_order(place: Sequence[Stop]) -> bool:
    times = [second for stop in place for second in stop[:2]]
    return bool(times) and all(one <= other for one, other in pairwise(times))


@transaction.atomic
def queue(media: Media, plan: Plan, *, by: User, purpose_id: UUID | None = None) -> VideoEdit:
    """Have a worker make a new video of this one by the plan. ``purpose_id``: what takes it in the
    place of the old one. Raise Refused, QuotaExceeded.
    """
    require(by, Permission.LIBRARY_WRITE, unit=media.unit)
    _require_editable(media)
    if plan.end > media.seconds + 1:
        raise Refused(_("The video ends before that. Move its end."))
    waiting = VideoEdit.objects.filter(by=by, job__state__in=UNFINISHED)
    if waiting.count() >= MOST_WAITING:
        raise Refused(_("%(n)s videos of yours are being made already.") % {"n": MOST_WAITING})
    require_no_secrecy_mark([captions.plain_text(plan.captions)])
    quotas.use("video", by=by)
    claim_form()  # a video in the queue has no entry yet
    return VideoEdit.objects.create(
        job=jobs.enqueue("video"), media=media, by=by, plan=asdict(plan), purpose_id=purpose_id
    )


def blur_video(
    media: Media, spans: Sequence[Span], *, by: User, purpose_id: UUID | None = None
) -> VideoEdit:
    """Have a worker make a new video in which these places cannot be recognised. No post takes the
    old one once it is there.
    """
    plan = Plan(end=media.seconds, blurs=tuple(spans))
    return queue(media, plan, by=by, purpose_id=purpose_id)


def _require_editable(media: Media) -> None:
    if not media.is_video:
        raise Refused(_("This is a picture. Only videos are cut here."))
    if media.blurred_at:
        raise Refused(
            _(
                "Something was blurred out of this picture, so it is used no more. Edit the "
                "new one, or upload it again."
            )
        )


# --- The work -------------------------------------------------------------------------------------


def make_video(claim: jobs.Claim) -> None:
    """Make the video that somebody asked for, or note why it cannot be made."""
    try:
        _store_result(claim)
    except Busy:
        raise
    except (Refused, NotAllowed) as refused:
        claim.row.refused = str(refused)
        claim.fail("refused")
    except (sandbox.ProgramFailed, OSError):
        claim.fail()


def note_failure(row: VideoEdit) -> None:
    """Say in words why there is no video."""
    row.refused = row.refused or _("The video could not be made. Try a shorter part of it.")
    row.plan = _without_captions(row)
    row.save(update_fields=["refused", "plan"])


def _store_result(claim: jobs.Claim) -> None:
    """Run the program, and store its result as an upload is stored."""
    row: VideoEdit = claim.row
    media, plan = row.media, Plan(**row.plan)
    with incoming.working_folder() as place:
        facts = _run_program(claim, place, plan)
        if facts.get("refused"):
            raise videos.damaged_error()
        cover = place / "cover.png"
        made = _retry_while_busy(
            lambda: videos.store(
                place / "edited.mp4",
                unit=media.unit,
                by=row.by,
                right=Permission.LIBRARY_WRITE,
                cover=cover if cover.exists() else None,
            ),
            meanwhile=lambda: _renew(claim, place / "progress"),
        )
    with transaction.atomic():
        claim.finish()
        authority = require(row.by, Permission.LIBRARY_WRITE, unit=media.unit)
        source = Media.objects.select_for_update(of=("self",)).get(pk=media.pk)
        if not made.was_stored_before:
            copy_description(made, source)
        if plan.has_blurs:
            retire(source)
        action = "media.blurred" if plan.has_blurs else "media.edited"
        record(
            action, made, by=row.by, position=authority.position, made_from=str(source.public_id)
        )
        row.result = made
        row.save(update_fields=["result"])
        finished.send(VideoEdit, edit=row)
        row.plan = _without_captions(row)
        row.save(update_fields=["plan"])


def _without_captions(row: VideoEdit) -> dict[str, Any]:
    """Return the plan of an edit that is over: the captions stand in the video."""
    return {**row.plan, "captions": ""}


def _retry_while_busy(store: Callable[[], Media], *, meanwhile: Callable[[], None]) -> Media:
    """Call ``store`` until the checks of uploads have time for it: minutes of work are not thrown
    away because somebody uploads. Raise Busy after the last try.
    """
    for _try in range(MOST_TRIES):
        with suppress(Busy):
            return store()
        meanwhile()
        time.sleep(_LOOK_EVERY)
    return store()


def _run_program(claim: jobs.Claim, place: Path, plan: Plan) -> dict[str, Any]:
    media = claim.row.media
    given = {
        "from": plan.start,
        "to": plan.end,
        "vertical": plan.vertical,
        "cover": plan.cover,
        "blurs": plan.blurs,
        "marks": plan.marks,
        "side": SIDE,
        "font": str(_FONT),
    }
    (place / "captions.json").write_text(json.dumps(captions.read_cues(plan.captions)))
    kind = "webm" if media.content_type == "video/webm" else "mov"
    source = default_storage.path(media.file.name or "")
    ended = threading.Event()
    results: list[dict[str, Any]] = []

    def work() -> None:
        try:
            args = (kind, source, str(place), json.dumps(given))
            reads = [Path(source), _FONT]
            results.append(
                sandbox.run_program(_PROGRAM, *args, place=place, limits=LIMITS, reads=reads)
            )
        except sandbox.ProgramFailed:
            pass
        finally:
            ended.set()

    # The database is asked by this thread alone.
    threading.Thread(target=work, daemon=True).start()
    while not ended.wait(_LOOK_EVERY):
        _renew(claim, place / "progress")
    if not results:
        raise sandbox.ProgramFailed
    return results[0]


def _renew(claim: jobs.Claim, progress: Path) -> None:
    """Write how far the work is, and hold the job for a while more. Raise JobLost."""
    done = 0
    with suppress(OSError, ValueError):
        done = int(progress.read_text()[:3])
    claim.renew(done)


jobs.register(
    "video",
    queue="scans",
    rows=VideoEdit.objects.select_related("media__unit", "by"),
    run=make_video,
    on_failure=note_failure,
    codes=["refused"],
    lease=LEASE,
    most_attempts=MOST_ATTEMPTS,
    worker_slots=_semaphore,
)
