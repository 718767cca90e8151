"""Findings that people override: the author acknowledges them, the approver gives a reason."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Refused
from posts.checks.base import Finding, Severity
from posts.findings import find_findings
from posts.leak_rules.enforcement import require_no_leak
from posts.models import Post, Review


def refuse_blocked(post: Post, composed: Mapping[str, Any] | None = None) -> list[Finding]:
    """Raise Refused with what blocks; return the findings that people may override."""
    findings = find_findings(post, composed)
    if blocking := [f.message for f in findings if f.severity == Severity.BLOCK]:
        raise Refused(" ".join(blocking))
    return findings


def rule_names(findings: Iterable[Finding], *severities: Severity) -> list[str]:
    return sorted({finding.rule for finding in findings if finding.severity in severities})


def find_unacknowledged(
    findings: Iterable[Finding], acknowledgements: Collection[str]
) -> list[Finding]:
    """Return what the author has still to look at again, by the marks that were acknowledged."""
    return [
        f for f in findings if f.severity == Severity.ACKNOWLEDGE and f.mark not in acknowledgements
    ]


def rules_to_override(findings: Iterable[Finding], first: Review | None) -> list[str]:
    """Return the rules that an approval now overrides, beyond those that the unit's did."""
    before = set(first.overridden) if first else set()
    return [rule for rule in rule_names(findings, Severity.REASON) if rule not in before]


def overridden_with_reason(
    findings: Iterable[Finding], first: Review | None, reason: str
) -> list[str]:
    """Return the rules that this approval overrides, beyond those that the unit's did. Raise
    Refused where no reason is given.
    """
    rules = rules_to_override(findings, first)
    if rules and not reason.strip():
        messages = dict.fromkeys(f.message for f in findings if f.rule in rules)
        message = _("Write why this may be published, or return the post: %(findings)s")
        raise Refused(message % {"findings": " ".join(messages)})
    if rules:
        require_no_leak(reason)
    return rules
