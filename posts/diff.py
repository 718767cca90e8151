"""What changed between two forms of a post, word by word, for people."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.models import Topic
from channels import wording
from channels.queries import facts_of
from core.templatetags.ui import local_time
from posts import content

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    kind: str  # same, ins or del
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the post; ``pieces`` for texts, ``media`` where it is a picture or a video."""

    label: str
    pieces: list[Piece]
    kind: str = ""  # ins or del: the whole part came or went
    media: Mapping[str, Any] | None = None


def words(old: str, new: str) -> list[Piece]:
    """The way from ``old`` to ``new``: by lines, then by words where lines differ, so that long texts stay fast."""
    pieces: list[Piece] = []
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for kind, i, j, m, n in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "replace":
            pieces += _by_words("".join(a[i:j]), "".join(b[m:n]))
        else:
            pieces += _pieces(kind, "".join(a[i:j]), "".join(b[m:n]))
    return _joined(pieces)


def _by_words(old: str, new: str) -> list[Piece]:
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    gone = come = ""
    for kind, i, j, m, n in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        before, after = "".join(a[i:j]), "".join(b[m:n])
        if kind == "equal" and (before.strip(" ") or not (gone or come)):
            pieces += [*_pieces("replace", gone, come), Piece("same", before)]
            gone = come = ""
        else:  # a mere blank between two changes belongs to both: phrases are read, not single words
            gone, come = gone + before, come + after
    return pieces + _pieces("replace", gone, come)


def _pieces(kind: str, old: str, new: str) -> list[Piece]:
    if kind == "equal":
        return [Piece("same", old)]
    return [Piece(k, text) for k, text in (("del", old), ("ins", new)) if text]


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """All that differs between two contents of ``content.compose``; empty when nothing does."""
    topics = {topic.code: str(topic) for topic in Topic.objects.all()}
    found = []

    def compare(label: str, before: str, after: str) -> None:
        if before != after:
            found.append(Change(label, words(before, after)))

    compare(_("Title"), old["title"], new["title"])
    compare(_("Text"), content.plain(old["body"]), content.plain(new["body"]))
    if old["body"] != new["body"] and content.plain(old["body"]) == content.plain(new["body"]):
        found.append(Change(_("Text"), [Piece("same", _("Only the formatting changed."))]))
    compare(_("Link"), old["link"], new["link"])
    compare(_("Topic"), topics.get(old["topic"], ""), topics.get(new["topic"], ""))
    compare(_("Valid until"), _moment(old["valid_until"]), _moment(new["valid_until"]))
    compare(_("Urgency"), *(_("urgent") if which.get("urgent") else "" for which in (old, new)))
    compare(_("AI"), *(_("made or changed by AI") if which.get("ai_made") else "" for which in (old, new)))
    return [*found, *_channels(old, new), *_pictures(old, new)]


def _moment(value: str) -> str:
    moment: datetime | None = parse_datetime(value) if value else None
    return local_time(moment)


def _channels(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before = {t["channel"]: t for t in old["channels"]}
    after = {t["channel"]: t for t in new["channels"]}
    found = []
    for key, target in (before | after).items():
        label = content.channel_name(target)
        if key not in after:
            found.append(Change(label, [Piece("del", _("No longer for this channel"))], "del"))
        elif key not in before:
            found.append(Change(label, [Piece("ins", _("Now for this channel too"))], "ins"))
        else:
            if _own(before[key]) != _own(after[key]):
                # A text that follows the common one has changed with it and is shown there.
                found.append(Change(label, words(before[key]["text"], after[key]["text"])))
            found += _decided(label, before[key], after[key])
    return found


def _decided(label: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """How the format and the options of one channel changed, in words."""
    found = []
    was, now = _format(before), _format(after)
    if was != now:
        found.append(Change(_("%(channel)s: format") % {"channel": label}, words(was, now)))
    old, new = (dict(wording.decided(_options(target))) for target in (before, after))
    for option in old | new:
        if old.get(option) != new.get(option):
            name = _("%(channel)s: %(option)s") % {"channel": label, "option": option}
            found.append(Change(name, words(old.get(option, ""), new.get(option, ""))))
    return found


def _options(target: Mapping[str, Any]) -> Mapping[str, Any]:
    """A channel's options; those from before they were written down stand as the platform has them by itself."""
    forms = {form.name: form for form in facts_of(target["platform"]).formats}
    form = forms.get(target.get("format") or next(iter(forms)))
    written: Mapping[str, Any] = target.get("options", {})
    return content.options_of(form, written) if form else written


def _format(target: Mapping[str, Any]) -> str:
    """A channel's format by name; one that is not written down is the platform's first."""
    return wording.format_name(target.get("format") or facts_of(target["platform"]).formats[0].name)


def _own(target: Mapping[str, Any]) -> str | None:
    return target["text"] if target["own_text"] else None


def _pictures(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before = {m["sha256"]: m for m in old["media"]}
    after = {m["sha256"]: m for m in new["media"]}
    found = [
        Change(_("Video removed") if "video" in m else _("Picture removed"), [Piece("del", _about(m))], "del", m)
        for s, m in before.items()
        if s not in after
    ]
    for sha256, media in after.items():
        is_film = "video" in media
        if sha256 not in before:
            label = _("Video added") if is_film else _("Picture added")
            found.append(Change(label, [Piece("ins", _about(media))], "ins", media))
            continue
        if media["alt"] != before[sha256]["alt"]:
            label = _("Description of a video") if is_film else _("Description of a picture")
            found.append(Change(label, words(before[sha256]["alt"], media["alt"]), "", media))
        was, now = before[sha256].get("captions", ""), media.get("captions", "")
        if was != now:
            found.append(Change(_("Captions of a video"), words(was, now), "", media))
    if [s for s in before if s in after] != [s for s in after if s in before]:
        found.append(Change(_("Pictures"), [Piece("same", _("Their order changed."))]))
    return found


def _about(media: Mapping[str, Any]) -> str:
    """What tells a picture or a video that came or went from others."""
    if "video" not in media:
        return str(media["alt"])
    lasts = _("video, %(seconds)s") % {"seconds": wording.span_of(media["seconds"])}
    return " ".join(filter(None, [media["alt"], f"({lasts})"]))
