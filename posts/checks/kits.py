"""Rules on posts that came of a kit: its core is that of the kit, its values are valid."""

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
            "kit's text back."
        )
        yield block("kit_core", message, "kit")


def check_placeholders_filled(draft: Draft) -> Iterator[Finding]:
    for name, label in draft.kit.open_placeholders if draft.kit else ():
        message = _("“%(label)s” is still to be filled in.") % {"label": label}
        yield block("kit_placeholder_open", message, f"placeholder-{name}")


def check_values(draft: Draft) -> Iterator[Finding]:
    for name, problem in draft.kit.invalid_values if draft.kit else ():
        yield block("kit_value_invalid", problem, f"placeholder-{name}")


def check_days(draft: Draft) -> Iterator[Finding]:
    for name, label in draft.kit.days_outside_period if draft.kit else ():
        message = _("The day in “%(label)s” lies outside the time of the kit. Check it once more.")
        yield warn("kit_day_outside", message % {"label": label}, f"placeholder-{name}")


def check_unit_pictures(draft: Draft) -> Iterator[Finding]:
    for _name, label in draft.kit.missing_pictures if draft.kit else ():
        message = _("A picture of the unit itself is missing: %(label)s.") % {"label": label}
        yield block("kit_picture", message, "pictures")
