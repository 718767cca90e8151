"""The meaning of a platform's facts for the people of a unit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.states import Health, Lifecycle
from platforms.facts import Facts, Format
from platforms.limits import MISSING_MEDIA_RULES, Problem
from platforms.registry import CONNECTORS
from platforms.words import Term

LOOKS = {
    Health.CONNECTED: ("green", "plug-connected"),
    Health.LOST: ("red", "plug-connected-x"),
    Health.MANUAL: ("blue", "pencil"),
    Health.DISCONNECTED: ("grey", "link-off"),
}
LIFECYCLE_LOOKS = {
    Lifecycle.ACTIVE: ("green", "circle-check"),
    Lifecycle.PAUSED: ("yellow", "player-pause"),
    Lifecycle.FROZEN: ("red", "eye-check"),
    Lifecycle.TAKEN_OVER: ("red", "shield-exclamation"),
    Lifecycle.RETIRED: ("grey", "archive"),
}


def _merge_names(part: str) -> dict[str, Any]:
    """Return what all connectors together call by name: a name that several use means the same
    everywhere."""
    return {
        name: text
        for connector in CONNECTORS.values()
        for name, text in getattr(connector.words, part).items()
    }


FORMATS: Mapping[str, Term] = _merge_names("formats")
OPTIONS: Mapping[str, Term] = _merge_names("options")
RIGHTS: Mapping[str, str] = _merge_names("rights")
# How a platform counts a text, beside the number.
COUNTED = {
    "characters": gettext_lazy("characters"),
    "bytes": gettext_lazy("bytes (a letter with a mark takes 2 or 3)"),
    "utf16": gettext_lazy("characters (an emoji counts as 2)"),
    "emoji": gettext_lazy("characters (an emoji counts as 4)"),
}
# A limit that a post passes, and the way out.
_PROBLEMS = {
    "image_missing": gettext_lazy("%(channel)s needs at least one picture."),
    "video_missing": gettext_lazy("%(channel)s needs a video."),
    "media_missing": gettext_lazy("%(channel)s needs a picture or a video."),
    "too_many_images": gettext_lazy("%(channel)s takes at most %(n)s pictures."),
    "too_many_videos": gettext_lazy("%(channel)s takes at most %(n)s video in a post."),
    "too_many_media": gettext_lazy("%(channel)s takes at most %(n)s pictures and videos together."),
    "too_many_hashtags": gettext_lazy("%(channel)s takes at most %(n)s hashtags in a post."),
    "too_many_mentions": gettext_lazy("%(channel)s takes at most %(n)s mentions (@) in a post."),
    "too_many_links": gettext_lazy("%(channel)s takes at most %(n)s different links in a post."),
    "too_many_lines": gettext_lazy(
        "%(channel)s takes at most %(n)s lines in a post that is so long. Join some of them."
    ),
    "forbidden_letters": gettext_lazy(
        "%(channel)s takes none of these characters in title and text: %(letters)s. "
        "Write it in words."
    ),
    "image_heavy": gettext_lazy("Picture %(at)s is too large for %(channel)s: at most %(size)s."),
    "video_heavy": gettext_lazy(
        "The video is too large for %(channel)s: at most %(size)s. Choose a smaller copy."
    ),
    "video_type": gettext_lazy(
        "%(channel)s does not take this kind of video. Save it as MP4 (H.264) and choose it again."
    ),
    "video_short": gettext_lazy("The video is too short for %(channel)s: at least %(n)s seconds."),
    "video_long": gettext_lazy(
        "The video is too long for %(channel)s: at most %(n)s seconds. Cut it, or choose "
        "another format."
    ),
    "video_shape": gettext_lazy(
        "The video has a shape that %(channel)s does not show. Use an upright one (9:16)."
    ),
    "video_small": gettext_lazy(
        "The video is too small for %(channel)s: at least %(n)s pixels a side."
    ),
    "video_large": gettext_lazy(
        "The video is too large for %(channel)s: at most %(n)s pixels a side."
    ),
    "video_rate": gettext_lazy(
        "The video's frame rate does not suit %(channel)s. Save it with 30 frames a second."
    ),
}
FIGURES = {
    "views": gettext_lazy("views"),
    "reach": gettext_lazy("reach"),
    "reactions": gettext_lazy("reactions"),
    "comments": gettext_lazy("comments"),
    "shares": gettext_lazy("shares"),
    "saves": gettext_lazy("saves"),
    "clicks": gettext_lazy("clicks"),
    "watch_seconds": gettext_lazy("time watched"),
}


def describe_disconnecting(platform: str) -> str:
    """Say where people end the portal's access themselves."""
    text = CONNECTORS[platform].words.how_to_revoke
    return _(text) if text else _("Remove the portal's application in the page's settings there.")


def describe_rights(missing: Iterable[str]) -> list[str]:
    return [_(RIGHTS.get(right, right)) for right in missing]


def describe_consent(platform: str, *, wider: bool = False) -> list[str]:
    """Say what the consent dialog asks for."""
    texts, facts = CONNECTORS[platform].words, CONNECTORS[platform].facts
    rights = [*facts.rights, *(facts.optional_rights if wider else ())]
    return [_(item) for item in texts.consent_items or [texts.rights[right] for right in rights]]


def format_name(name: str) -> str:
    return _(FORMATS[name].label) if name in FORMATS else name


def describe_format(form: Format) -> str:
    """Say what a format takes and what becomes of it, for users who have to choose one."""
    return " ".join(
        filter(None, [_describe_media(form), _translate(FORMATS.get(form.name, Term("")).help)])
    )


def _describe_media(form: Format) -> str:
    if form.max_mixed:
        return _("Up to %(n)s pictures and videos together.") % {"n": form.max_mixed}
    pictures = form.images and ngettext("one picture", "up to %(n)s pictures", form.images.most) % {
        "n": form.images.most
    }
    videos = form.videos and ngettext("one video", "up to %(n)s videos", form.videos.most) % {
        "n": form.videos.most
    }
    if videos and form.videos and form.videos.max_seconds:
        videos = _("%(videos)s of at most %(longest)s") % {
            "videos": videos,
            "longest": format_duration(form.videos.max_seconds),
        }
    if pictures and videos:
        taken = _("%(pictures)s or %(videos)s") % {"pictures": pictures, "videos": videos}
    else:
        taken = pictures or videos or _("text alone")
    return f"{taken[0].upper()}{taken[1:]}."


def describe_media_counts(images: int, videos: int) -> str:
    """Say in words how many images and videos there are."""
    pictures = ngettext("%(n)s picture", "%(n)s pictures", images) % {"n": images} if images else ""
    video_words = ngettext("%(n)s video", "%(n)s videos", videos) % {"n": videos} if videos else ""
    if pictures and video_words:
        return _("%(videos)s and %(pictures)s") % {"videos": video_words, "pictures": pictures}
    return pictures or video_words or _("no picture and no video")


def counting_unit(form: Format) -> str:
    """Return the key of ``COUNTED`` for the way in which the platform counts, found out by
    counting."""
    return {(3, 4): "bytes", (1, 2): "utf16", (1, 4): "emoji"}.get(
        (form.count("ệ"), form.count("😀")), "characters"
    )


def describe_option(name: str) -> Term:
    """Say in words what an author decides."""
    term = OPTIONS.get(name, Term(name))
    return Term(
        _translate(term.label),
        _translate(term.help),
        {value: _translate(text) for value, text in term.choices.items()},
    )


def _translate(text: str) -> str:
    """Translate with gettext, for which an empty text would be the catalogue's header."""
    return _(text) if text else ""


def describe_options(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what was decided for a post, each by name and in words."""
    decisions = []
    for name, value in options.items():
        option = describe_option(name)
        if isinstance(value, bool):
            decisions.append((str(option.label), _("yes") if value else _("no")))
        else:
            decisions.append((str(option.label), str(option.choices.get(value, value))))
    return decisions


def describe_problem(problem: Problem, *, channel: str, form: Format | None = None) -> str:
    """Describe a limit that a post passes, as a sentence that names the way out. ``form``: the
    format, where it is known."""
    n = number_format(problem.n, force_grouping=True, decimal_pos=0)
    facts = {"channel": channel, "n": n, "at": problem.at, "size": _format_size(int(problem.n))}
    facts["letters"] = " ".join(form.forbidden_characters) if form else ""
    if problem.rule.startswith("choose_"):
        facts["option"] = describe_option(problem.rule.removeprefix("choose_")).label
        message = _("Choose for %(channel)s: %(option)s.")
    elif problem.rule == "text_long" and form and counting_unit(form) == "bytes":
        message = _(
            "The text for %(channel)s is %(n)s bytes too long; a letter with a mark takes 2 or 3."
        )
    elif problem.rule == "text_long":
        message = ngettext(
            "The text for %(channel)s is %(n)s character too long.",
            "The text for %(channel)s is %(n)s characters too long.",
            int(problem.n),
        )
    elif problem.rule == "title_long":
        message = ngettext(
            "The title is %(n)s character too long for %(channel)s.",
            "The title is %(n)s characters too long for %(channel)s.",
            int(problem.n),
        )
    else:
        message = str(_PROBLEMS[problem.rule])
    return message % facts


def describe_obstacles(obstacles: Sequence[tuple[Format, Problem]], *, channel: str) -> str:
    """Say in short why no format of a channel takes a post's pictures and videos, as a line beside
    its name; ``obstacles`` as of ``platforms.limits``."""
    rules = {problem.rule for _form, problem in obstacles}
    for form, problem in obstacles:
        if problem.rule not in MISSING_MEDIA_RULES:
            return describe_problem(problem, channel=channel, form=form)
    if rules == {"video_missing"}:
        return _("takes videos only")
    return _("needs a picture") if rules == {"image_missing"} else _("needs a picture or a video")


_ADVICE = {
    "hashtags_of_no_use": gettext_lazy(
        "%(channel)s makes use of the first %(n)s hashtags alone. Keep the best of them."
    ),
    "mentions_of_no_use": gettext_lazy(
        "%(channel)s makes use of %(n)s mentions (@) in a post and may refuse more. Name "
        "fewer accounts."
    ),
}


def describe_advice(problem: Problem, *, channel: str) -> str:
    """Say what is of no use on the platform, and what to do."""
    return str(_ADVICE[problem.rule]) % {"channel": channel, "n": int(problem.n)}


def describe_limits(facts: Facts, *, manual: bool = False) -> list[str]:
    """Say what fits into a post there, and what the portal can do with it, a sentence each."""
    form = facts.formats[0]
    sentences = []
    if form.max_title:
        sentences.append(
            _("Title: up to %(n)s characters.") % {"n": _format_number(form.max_title)}
        )
    if form.max_text:
        sentences.append(_("Text: up to %(n)s characters.") % {"n": _format_number(form.max_text)})
    if form.max_text_with_media:
        sentences.append(
            _("Text beside pictures: up to %(n)s characters.")
            % {"n": _format_number(form.max_text_with_media)}
        )
    if form.max_hashtags or form.max_mentions:
        numbers = {"hashtags": form.max_hashtags, "mentions": form.max_mentions}
        sentences.append(_("Up to %(hashtags)s hashtags and %(mentions)s mentions (@).") % numbers)
    if form.max_links:
        sentences.append(_("Up to %(n)s different links.") % {"n": form.max_links})
    sentences += [
        sentence
        for form in facts.formats
        for sentence in _describe_format_limits(form, alone=[form] == facts.offered)
    ]
    if manual:
        return [
            *sentences,
            _(
                "The portal counts nothing there; officers enter the totals that they "
                "see on the page."
            ),
        ]
    if facts.measures:
        names = ", ".join(str(label) for name, label in FIGURES.items() if name in facts.measures)
        sentences.append(_("Counted for each post: %(names)s.") % {"names": names})
    else:
        sentences.append(_("Single posts are not counted there, only followers."))
    if not facts.finds:
        sentences.append(_("When an answer is lost, a person has to look whether the post stands."))
    if not facts.withdraws:
        sentences.append(
            _("The portal cannot take posts down there; people do, in the platform's own app.")
        )
    return sentences


def _format_size(n: int) -> str:
    """Write a limit in bytes as its platform does: some count by thousands, some by 1,024. Never
    878.9 KB for 900,000.
    """
    for base in (1000, 1024):
        for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
            if n and n % base**power == 0:
                return f"{_format_number(n // base**power)}\N{NO-BREAK SPACE}{unit}"
    return filesizeformat(n)


def _format_number(n: float) -> str:
    return number_format(n, force_grouping=True)


def _describe_format_limits(form: Format, *, alone: bool) -> list[str]:
    sentences = []
    if form.for_long_text:
        message = _("A longer text without pictures goes out so, up to %(n)s characters.")
        sentences.append(message % {"n": _format_number(form.max_text)})
    if form.per_page_day:
        sentences.append(_("At most %(n)s a day and page.") % {"n": form.per_page_day})
    if form.images:
        message = ngettext(
            "Up to %(n)s picture of at most %(size)s.",
            "Up to %(n)s pictures of at most %(size)s each.",
            form.images.most,
        )
        sentences.append(
            message % {"n": form.images.most, "size": _format_size(form.images.max_bytes)}
        )
        if form.article and form.needs_media:
            sentences.append(
                _(
                    "At least one picture or a video: the first picture is the cover, or "
                    "else the video."
                )
            )
    if form.videos and form.videos.max_seconds:
        message = _("A video of %(shortest)s to %(longest)s, at most %(size)s.")
        if not form.videos.min_seconds:
            message = _("A video of at most %(longest)s and %(size)s.")
        span = {
            "shortest": format_duration(form.videos.min_seconds),
            "longest": format_duration(form.videos.max_seconds),
        }
        sentences.append(message % {**span, "size": _format_size(form.videos.max_bytes)})
    elif form.videos:
        sentences.append(
            _("A video of at most %(size)s.") % {"size": _format_size(form.videos.max_bytes)}
        )
    return (
        sentences if alone else [f"{format_name(form.name)}: {sentence}" for sentence in sentences]
    )


def format_duration(seconds: float) -> str:
    """Say a length of time as people say it."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes and not rest:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s second", "%(n)s seconds", int(seconds)) % {"n": int(seconds)}
