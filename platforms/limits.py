"""Check a post against the limits of a format. Pure functions, so that composer, approval and
sending agree.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platforms.facts import Facts, Format, ImageLimits, VideoLimits
from platforms.messages import Image, Message, Video

_TAG = re.compile(r"<[^<>]*>")
_HASHTAG, _MENTION = re.compile(r"(?<!\w)#\w"), re.compile(r"(?<!\w)@\w")
_LINK = re.compile(r"https?://[^\s<>\"]+")
# What a medium more may mend.
MISSING_MEDIA_RULES = frozenset({"media_missing", "image_missing", "video_missing"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Name a limit that is exceeded. ``n``: by how much for texts, else the limit itself; ``at``:
    the number of the medium, from 1, else 0.
    """

    rule: str
    n: float = 0
    at: int = 0


def list_advice(form: Format, message: Message) -> list[Problem]:
    """List what the platform accepts and ignores, or may soon refuse; ``n``: how many have an
    effect.
    """
    counts = (
        (form.useful_hashtags, len(_HASHTAG.findall(message.text)), "hashtags_of_no_use"),
        (form.useful_mentions, len(_MENTION.findall(message.text)), "mentions_of_no_use"),
    )
    return [Problem(rule, most) for most, count, rule in counts if most and count > most]


def get_text_limit(form: Format, *, media: int) -> int:
    """Return the longest text beside so many media, in the letters that the format counts."""
    return form.max_text_with_media if media and form.max_text_with_media else form.max_text


def extract_visible_text(form: Format, text: str, body: str) -> str:
    """Return a message's text as residents read it, without the tags of its markup: so platforms
    count it.
    """
    return html.unescape(_TAG.sub("", form.markup(body))) if form.markup and body else text


def find_problems(form: Format, message: Message) -> list[Problem]:
    """List every limit of this format that ``message`` exceeds; empty when the platform takes it.

    Pictures of another type or shape than the platform takes are no problem where it fetches them:
    they are drawn again for it (see ``media/links.py``).
    """
    return [
        *_check_words(form, message),
        *_check_numbers(form, message),
        *_check_choices(form, message),
        *_check_media(form, message),
    ]


def choose_format(
    facts: Facts, media: Sequence[Image | Video], requested: str = "", *, usual: str = ""
) -> Format:
    """Choose the format for these media: the requested one; else, among those that carry most of
    them and whose limits they keep, the ``usual`` one or the first; else the first that carries
    most.
    """
    if requested:
        return facts.format(requested)
    regular = [form for form in facts.offered if not form.only_on_request] or facts.offered
    counts = {form.name: len(select_shown_media(form, media)) for form in regular}
    most = max(counts.values())
    best = [form for form in regular if counts[form.name] == most]
    # Where no format carries both kinds, the video wins: somebody has put more work into it.
    if any(isinstance(medium, Video) for medium in media) and most < len(media):
        best = [form for form in regular if form.videos and counts[form.name]] or best
    media_only = Message(key="", title="", text="", media=media)
    fitting = [
        form
        for form in best
        if not [*_check_numbers(form, media_only), *_check_media(form, media_only)]
    ]
    habit = [form for form in fitting if form.name == usual]
    return (habit or fitting or best)[0]


def choose_longer_format(
    facts: Facts, form: Format, text: str, body: str, *, media: Sequence[Image | Video]
) -> Format:
    """Choose the format ``for_long_text`` where the text, or ``body`` as its markup, is too long
    for ``form`` beside these media; ``form`` itself where it fits, or no other carries them all.
    """
    length = form.count(extract_visible_text(form, text, body))
    if length <= get_text_limit(form, media=len(media)):
        return form
    longer = (
        form
        for form in facts.formats
        if form.for_long_text and len(select_shown_media(form, media)) == len(media)
    )
    return next(longer, form)


def find_obstacles(
    facts: Facts, media: Sequence[Image | Video], requested: str = ""
) -> list[tuple[Format, Problem]]:
    """Return the first limit of each format that these media exceed; nothing where one format takes
    them. A format ``only_on_request`` counts where it was requested.
    """
    media_only = Message(key="", title="", text="", media=media)
    first_problems = []
    for form in facts.offered:
        if form.only_on_request and form.name != requested:
            continue
        problem = next(
            iter([*_check_numbers(form, media_only), *_check_media(form, media_only)]), None
        )
        if problem is None:
            return []
        first_problems.append((form, problem))
    return first_problems


def is_missing_picture(facts: Facts, media: Sequence[Image | Video]) -> bool:
    """Check whether the platform takes a post with these media as soon as it has one picture
    more.
    """
    picture = Image(content=b"", content_type="image/jpeg", sha256="")
    return bool(find_obstacles(facts, media)) and not find_obstacles(facts, [*media, picture])


def select_shown_media(form: Format, media: Sequence[Image | Video]) -> list[Image | Video]:
    """Return those of a post's media that the format shows, in order."""
    return [medium for medium in media if form.carries(type(medium))]


def _check_words(form: Format, message: Message) -> Iterator[Problem]:
    if form.max_title and (over := form.count_title(message.title) - form.max_title) > 0:
        yield Problem("title_long", over)
    length = form.count(extract_visible_text(form, message.text, message.html))
    if form.max_text and (over := length - get_text_limit(form, media=len(message.media))) > 0:
        yield Problem("text_long", over)
    if not {*form.forbidden_characters}.isdisjoint(message.title + message.text):
        yield Problem("forbidden_letters")
    links = {*_LINK.findall(message.text), *filter(None, [message.link if form.takes_link else ""])}
    for most, count, rule in (
        (form.max_hashtags, len(_HASHTAG.findall(message.text)), "too_many_hashtags"),
        (form.max_mentions, len(_MENTION.findall(message.text)), "too_many_mentions"),
        (form.max_links, len(links), "too_many_links"),
        (form.max_lines, sum(map(bool, message.text.split("\n"))), "too_many_lines"),
    ):
        if most and count > most:
            yield Problem(rule, most)


def _check_numbers(form: Format, message: Message) -> Iterator[Problem]:
    images, videos = (
        len(_select_carried(form, message, Image)),
        len(_select_carried(form, message, Video)),
    )
    if form.images and images < form.images.fewest:
        yield Problem("image_missing", form.images.fewest)
    if form.videos and videos < form.videos.fewest:
        yield Problem("video_missing", form.videos.fewest)
    if form.needs_media and not images + videos:
        yield Problem("media_missing")
    if form.images and images > form.images.most:
        yield Problem("too_many_images", form.images.most)
    if form.videos and videos > form.videos.most:
        yield Problem("too_many_videos", form.videos.most)
    if form.max_mixed and images + videos > form.max_mixed:
        yield Problem("too_many_media", form.max_mixed)


def _select_carried(
    form: Format, message: Message, kind: type[Image | Video]
) -> list[Image | Video]:
    return [
        medium for medium in select_shown_media(form, message.media) if isinstance(medium, kind)
    ]


def _check_choices(form: Format, message: Message) -> Iterator[Problem]:
    for option in form.options:
        value = message.options.get(option.name, option.default)
        if value is None or (option.choices and value not in option.choices):
            yield Problem(f"choose_{option.name}")


def _check_media(form: Format, message: Message) -> Iterator[Problem]:
    for at, medium in enumerate(message.media, start=1):
        if isinstance(medium, Image) and form.images:
            yield from _check_image(form.images, medium, at)
        if isinstance(medium, Video) and form.videos:
            yield from _check_video(form.videos, medium, at)


def _check_image(limits: ImageLimits, image: Image, at: int) -> Iterator[Problem]:
    if image.size > limits.max_bytes:
        yield Problem("image_heavy", limits.max_bytes, at)


def _check_video(limits: VideoLimits, video: Video, at: int) -> Iterator[Problem]:
    ratio = video.width / video.height if video.height else 0
    sides = sorted((video.width, video.height))
    if video.size > limits.max_bytes:
        yield Problem("video_heavy", limits.max_bytes, at)
    if video.content_type not in limits.types or (video.codec and video.codec not in limits.codecs):
        yield Problem("video_type", 0, at)
    if limits.min_seconds and video.seconds < limits.min_seconds:
        yield Problem("video_short", limits.min_seconds, at)
    if limits.max_seconds and video.seconds > limits.max_seconds:
        yield Problem("video_long", limits.max_seconds, at)
    if (limits.min_ratio and ratio < limits.min_ratio) or (
        limits.max_ratio and ratio > limits.max_ratio
    ):
        yield Problem("video_shape", 0, at)
    if limits.min_side and sides[0] < limits.min_side:
        yield Problem("video_small", limits.min_side, at)
    if limits.max_side and sides[1] > limits.max_side:
        yield Problem("video_large", limits.max_side, at)
    slow, fast = (
        limits.min_fps and video.fps < limits.min_fps,
        limits.max_fps and video.fps > limits.max_fps,
    )
    if video.fps and (slow or fast):
        yield Problem("video_rate", limits.max_fps, at)
