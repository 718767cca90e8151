"""All rules, in the order in which people read what they find."""

from posts.checks import (
    completeness,
    formats,
    hints,
    kits,
    laws,
    legal_basis,
    pictures,
    placeholders,
    privacy,
    scans,
)
from posts.checks.base import Draft, Finding, Rule

RULES: tuple[Rule, ...] = (
    completeness.check_title,
    completeness.check_text,
    completeness.check_topic,
    legal_basis.check_validity,
    legal_basis.check_legal_basis,
    legal_basis.check_legal_basis_in_force,
    laws.check_repealed_laws,
    legal_basis.check_source,
    completeness.check_channel,
    kits.check_kit_in_use,
    kits.check_core,
    kits.check_placeholders_filled,
    kits.check_values,
    kits.check_days,
    kits.check_unit_pictures,
    placeholders.check_placeholders,
    pictures.check_descriptions,
    pictures.check_captions,
    privacy.check_leaks,
    pictures.check_expiry,
    pictures.check_replaced_by_blurred,
    scans.check_scans,
    formats.check_platform_limits,
    formats.check_display,
)


# Advice for the author while writing. Nobody is kept from anything by it.
HINTS: tuple[Rule, ...] = (
    hints.check_first_line,
    hints.check_accents,
    hints.check_readability,
    hints.check_length,
    hints.check_words_outside_picture,
    hints.check_hotline,
    hints.check_time,
)


def check(draft: Draft) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(draft)]


def advise(draft: Draft) -> list[Finding]:
    return [finding for rule in HINTS for finding in rule(draft)]
