"""Rules on what the scanners say of pictures and videos: each is checked, or looked at by eye, and
each finding in it is blurred or may be shown.
"""

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import JobState
from media.scanners.models import SECRET_MARK, Kind, Scanner
from posts.checks.base import Draft, Finding, MediaCheck, OpenBox, Severity
from posts.checks.leak_words import rule_name
from posts.checks.privacy import PREFIX

PICTURE_PREFIX = "media_"  # of findings that no text has: faces, stamps, codes


def check_scans(draft: Draft) -> Iterator[Finding]:
    for number, medium in enumerate(draft.content["media"], start=1):
        check = draft.media_checks.get(medium["media"], MediaCheck())
        where, is_video = f"media-{medium['media']}", "video" in medium
        if check.state not in (JobState.DONE, JobState.FAILED):
            message = _unchecked_text(check, number, is_video)
            yield Finding("media_unchecked", Severity.BLOCK, message, where)
            continue
        if check.needs_review:
            message = describe_eye_check(check.missing, is_video=is_video)
            yield Finding("media_by_eye", Severity.BLOCK, message, where)
        for box, n in Counter(check.open).items():
            message = describe_box(box, n, is_video=is_video)
            yield Finding(rule_of(box), Severity.BLOCK, message, where)


def rule_of(box: OpenBox) -> str:
    """Return the rule as findings name it: what the leak check reads in a picture counts as what
    it reads in a text.
    """
    return f"{PREFIX if box.kind == Kind.TEXT else PICTURE_PREFIX}{box.rule}"


def _unchecked_text(check: MediaCheck, number: int, is_video: bool) -> str:
    if is_video:
        message = _("Video %(n)s is still being checked (%(percent)s %%). Submit it afterwards.")
        return message % {"n": number, "percent": check.progress}
    message = _(
        "Picture %(n)s is still being checked. It takes some seconds; submit it afterwards."
    )
    return message % {"n": number}


def describe_eye_check(missing: tuple[str, ...], *, is_video: bool) -> str:
    """Say what no scanner looked for, and who has to instead."""
    what = ", ".join(str(Scanner(scanner).label) for scanner in missing)
    message = _("Nothing could look for this in the picture: %(what)s. Look at it by eye.")
    if is_video:
        message = _("Nothing could look for this in the video: %(what)s. Watch it by eye.")
    return message % {"what": what}


def describe_box(box: OpenBox, n: int, *, is_video: bool) -> str:
    """Say what was found, and the way out."""
    if box.rule == SECRET_MARK:
        return _(
            "This seems to show the mark of a state secret. Take it out, stop working with it on "
            "this system, and report to your unit's leader."
        )
    match box.kind:
        case Kind.FACE:
            message = ngettext("A face is seen.", "%(n)s faces are seen.", n) % {"n": n}
        case Kind.STAMP:
            message = ngettext("A red stamp is seen.", "%(n)s red stamps are seen.", n) % {"n": n}
        case Kind.CODE:
            message = _("A code leads to a website that the unit has not entered as its own.")
        case _:
            message = _("This can be read: %(what)s.") % {"what": rule_name(box.rule)}
    way = _("Blur it, or say why it may be shown.")
    if not box.may_be_shown:
        way = _("Blur it.")
    if is_video:
        way = _("Blur it, cut it out, or say why it may be shown.")
        if not box.may_be_shown:
            way = _("Blur it, or cut it out.")
        return _("In the video: %(found)s %(way)s") % {"found": message, "way": way}
    return _("In the picture: %(found)s %(way)s") % {"found": message, "way": way}
