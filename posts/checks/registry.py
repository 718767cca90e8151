"""All rules, in the order in which people read what they find."""

from posts.checks import (
    completeness,
    formats,
    grounds,
    hints,
    kits,
    period,
    pictures,
    privacy,
    scans,
    variables,
)
from posts.checks.base import Draft, Finding, Rule

RULES: tuple[Rule, ...] = (
    completeness.title_is_there,
    completeness.text_is_there,
    completeness.topic_is_chosen,
    period.is_still_valid,
    grounds.legal_basis_is_named,
    grounds.legal_basis_is_in_force,
    grounds.source_is_named,
    completeness.channel_is_chosen,
    kits.is_in_use,
    kits.core_is_kept,
    kits.gaps_are_filled,
    kits.gaps_hold_what_they_ask_for,
    kits.days_lie_in_the_period,
    kits.pictures_are_there,
    variables.are_filled,
    pictures.are_described,
    privacy.nothing_leaks,
    pictures.may_still_be_shown,
    pictures.are_the_blurred_ones,
    scans.media_are_checked,
    formats.fit,
    formats.show_all,
)


# Advice for the author while writing. Nobody is kept from anything by it.
HINTS: tuple[Rule, ...] = (
    hints.beginning_says_something,
    hints.has_accents,
    hints.reads_easily,
    hints.is_not_too_long,
    hints.words_are_not_in_the_picture_alone,
    hints.scam_warning_names_a_number,
    hints.time_suits_the_unit,
)


def check(draft: Draft) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(draft)]


def advise(draft: Draft) -> list[Finding]:
    return [finding for rule in HINTS for finding in rule(draft)]
