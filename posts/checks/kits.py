"""Rules on posts that came of a kit: its core stands as it was issued, and its gaps are filled."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from posts.checks.base import Draft, Finding, block


def is_in_use(draft: Draft) -> Iterator[Finding]:
    if draft.kit and draft.kit.is_withdrawn:
        words = _("The kit was withdrawn by those who wrote it. Put this post away.")
        yield block("kit_withdrawn", words, "kit")


def core_is_kept(draft: Draft) -> Iterator[Finding]:
    if draft.kit and not draft.kit.keeps_core:
        words = _(
            "The text is not that of the kit any more. Save the draft: the portal then puts the "
            "kit's words back."
        )
        yield block("kit_core", words, "kit")


def gaps_are_filled(draft: Draft) -> Iterator[Finding]:
    for name, label in draft.kit.open_slots if draft.kit else ():
        words = _("“%(label)s” is still to be filled in.") % {"label": label}
        yield block("kit_gap", words, f"slot-{name}")


def pictures_are_there(draft: Draft) -> Iterator[Finding]:
    for _name, label in draft.kit.lacks_pictures if draft.kit else ():
        words = _("A picture of the unit itself is missing: %(label)s.") % {"label": label}
        yield block("kit_picture", words, "pictures")
