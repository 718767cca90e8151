"""Rules on posts that came of a kit: its core stands as it was issued, and its gaps are filled."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from posts.checks.base import Draft, Finding, block, warn


def check_kit_in_use(draft: Draft) -> Iterator[Finding]:
    if draft.kit and draft.kit.is_withdrawn:
        message = _("The kit was withdrawn by those who wrote it. Put this post away.")
        yield block("kit_withdrawn", message, "kit")


def check_core(draft: Draft) -> Iterator[Finding]:
    if draft.kit and not draft.kit.keeps_core:
        message = _(
            "The text is not that of the kit any more. Save the draft: the portal then puts the "
            "kit's words back."
        )
        yield block("kit_core", message, "kit")


def check_gaps_filled(draft: Draft) -> Iterator[Finding]:
    for name, label in draft.kit.open_slots if draft.kit else ():
        message = _("“%(label)s” is still to be filled in.") % {"label": label}
        yield block("kit_gap", message, f"slot-{name}")


def check_gap_values(draft: Draft) -> Iterator[Finding]:
    for name, problem in draft.kit.misfits if draft.kit else ():
        yield block("kit_gap_kind", problem, f"slot-{name}")


def check_gap_days(draft: Draft) -> Iterator[Finding]:
    for name, label in draft.kit.outside if draft.kit else ():
        message = _("The day in “%(label)s” lies outside the time of the kit. Check it once more.")
        yield warn("kit_gap_day", message % {"label": label}, f"slot-{name}")


def check_unit_pictures(draft: Draft) -> Iterator[Finding]:
    for _name, label in draft.kit.lacks_pictures if draft.kit else ():
        message = _("A picture of the unit itself is missing: %(label)s.") % {"label": label}
        yield block("kit_picture", message, "pictures")
