"""Rules on what each channel's platform takes, and how it shows a post."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels import presenters
from channels.presenters import describe_problem, format_name
from channels.queries import facts_of
from channels.states import platform_rank
from platforms.facts import Format
from platforms.limits import find_problems, list_advice
from posts.canonical import content
from posts.checks.base import Draft, Finding, block, warn


def check_platform_limits(draft: Draft) -> Iterator[Finding]:
    """Find what the platforms would refuse in the post as it is now."""
    for target in _targets(draft):
        yield from _limits_exceeded(target, draft.content)


def check_display(draft: Draft) -> Iterator[Finding]:
    """Find what the platforms accept but show otherwise than the officer may expect."""
    for target in _targets(draft):
        yield from _display_notes(target, draft.content)


def _targets(draft: Draft) -> list[Mapping[str, Any]]:
    """Return the channels as people read them; contents order them by their keys."""
    return sorted(draft.content["channels"], key=lambda target: platform_rank(target["platform"]))


def _limits_exceeded(target: Mapping[str, Any], composed: Mapping[str, Any]) -> Iterator[Finding]:
    channel = content.channel_name(target)
    facts = facts_of(target["platform"])
    if target.get("format", "") not in {"", *(form.name for form in facts.formats)}:
        template = _("%(channel)s has this format no longer: %(format)s. Choose another one.")
        message = template % {"channel": channel, "format": format_name(target["format"])}
        yield block("format_gone", message, target["channel"])
        return
    form = facts.format(target.get("format", ""))
    media = content.media_for(composed, target)
    for problem in find_problems(form, content.build_message(composed, target, key="")):
        where = _field_of(problem.rule, target["channel"])
        if problem.at:
            medium = media[problem.at - 1]
            where = f"media-{medium['media']}"
            problem = replace(
                problem, at=composed["media"].index(medium) + 1
            )  # as the composer counts them
        yield block(problem.rule, describe_problem(problem, channel=channel, form=form), where)


def _field_of(rule: str, channel: str) -> str:
    """Return the field to which a limit of one channel applies."""
    if rule == "title_long":
        return "title"
    if rule.startswith("choose_"):
        return f"{channel}-{rule.removeprefix('choose_')}"
    return channel


def _display_notes(target: Mapping[str, Any], composed: Mapping[str, Any]) -> Iterator[Finding]:
    forms = {form.name: form for form in facts_of(target["platform"]).formats}
    form = forms.get(target.get("format") or next(iter(forms)))
    if form is None:
        return
    name, key = content.channel_name(target), target["channel"]
    carried = content.media_for(composed, target)
    left_out = [medium for medium in composed["media"] if medium not in carried]
    if left_out:
        videos = sum("video" in medium for medium in left_out)
        message = _("%(channel)s shows this post as “%(format)s”, without %(media)s.")
        media = presenters.describe_media_counts(len(left_out) - videos, videos)
        facts = {"channel": name, "format": format_name(form.name), "media": media}
        yield warn("media_left_out", message % facts, key)
    if oblong := [
        str(at)
        for at, medium in enumerate(composed["media"], start=1)
        if medium in carried and _is_cropped(form, medium)
    ]:
        message = ngettext(
            "Picture %(at)s is too long or too wide for %(channel)s and gets white margins there. "
            "“Edit the picture” crops it.",
            "Pictures %(at)s are too long or too wide for %(channel)s and get white margins there. "
            "“Edit the picture” crops them.",
            len(oblong),
        )
        yield warn("margins", message % {"at": ", ".join(oblong), "channel": name}, key)
    if form.for_long_text:
        message = _("%(channel)s shows this long text as “%(format)s”. %(explained)s")
        explained = presenters.describe_format(form)
        facts = {"channel": name, "format": format_name(form.name), "explained": explained}
        yield warn("long_text", message % facts, key)
    if composed["link"] and not form.takes_link:
        message = _("%(channel)s shows no link that can be opened; it is left out there.")
        yield warn("link_left_out", message % {"channel": name}, key)
    for problem in list_advice(form, content.build_message(composed, target, key="")):
        yield warn(problem.rule, presenters.describe_advice(problem, channel=name), key)


def _is_cropped(form: Format, medium: Mapping[str, Any]) -> bool:
    """Check whether the format crops a picture of this shape."""
    limits = form.images
    if not limits or "video" in medium or not medium["height"]:
        return False
    ratio = medium["width"] / medium["height"]
    return bool(
        (limits.min_ratio and ratio < limits.min_ratio)
        or (limits.max_ratio and ratio > limits.max_ratio)
    )
