"""Let residents take posts up: a pure function of the post and of how long it has been seen."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from simulator.model import DAY, Page, Post

PACIFIC = ZoneInfo("America/Los_Angeles")
# Facebook's names; "sorry" is the sad face, and "like" includes care.
REACTIONS = {"like": 0.74, "love": 0.13, "wow": 0.04, "haha": 0.03, "sorry": 0.04, "anger": 0.02}
SAID = (
    "Cảm ơn đơn vị đã thông tin.",
    "Gọi số nào để hỏi thêm ạ?",
    "Muốn trình báo thì đến đâu, gặp ai ạ?",
    "Nhà tôi tuần trước cũng gặp, may mà chưa làm theo.",
    "Đề nghị đơn vị nhắc thêm ở các tổ dân phố.",
    "Em nhận lấy lại tiền đã mất, ai cần nhắn riêng cho em.",
)


@dataclass(frozen=True)
class Counts:
    views: int
    viewers: int
    reactions: dict[str, int]
    comments: int
    shares: int
    clicks: int

    @property
    def all_reactions(self) -> int:
        return sum(self.reactions.values())


NONE = Counts(views=0, viewers=0, reactions={}, comments=0, shares=0, clicks=0)


def choose_comment_text(number: int) -> str:
    """Give what the resident writes whose comment is the ``number``-th under a post."""
    return SAID[number % len(SAID)]


def draw_chance(key: str) -> float:
    """Draw a number in [0, 1) that belongs to the key for ever."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=7).digest()) / (1 << 56)


def compute_counts(page: Page, post: Post, world: float) -> Counts:
    """Count steeply on the first day, flat after a week; one post in thirty travels far beyond the
    page's followers."""
    seconds = post.seconds_visible(world)
    name = f"{page.platform}/{page.external_id}/{post.id}"
    interest = 0.12 + 0.85 * draw_chance(f"interest {name}") ** 2
    if draw_chance(f"viral {name}") > 29 / 30:
        interest *= 6
    settles_in = DAY * (0.4 + 1.6 * draw_chance(f"pace {name}"))
    audience = (page.followers + 40) * interest
    views = int(audience * (1 - math.exp(-seconds / settles_in)))
    warmth = 0.015 + 0.06 * draw_chance(f"warmth {name}")
    return Counts(
        views=views,
        viewers=int(views * (0.62 + 0.2 * draw_chance(f"again {name}"))),
        reactions={kind: int(views * warmth * share) for kind, share in REACTIONS.items()},
        comments=int(views * warmth * 0.16),
        shares=int(views * warmth * (0.1 + 0.3 * draw_chance(f"shares {name}"))),
        clicks=int(views * warmth * 0.9),
    )


def count_followers(page: Page, world: float) -> int:
    """Count followers: a page gains up to half a per cent a day of what it began with."""
    days = max(0.0, world - page.created_world) / DAY
    return page.followers + int(
        page.followers * days * 0.005 * draw_chance(f"follow {page.platform}/{page.external_id}")
    )


@dataclass(frozen=True)
class Day:
    views: int
    viewers: int
    visits: int
    gained: int
    lost: int


def find_california_midnight(moment: float) -> float:
    """Return the midnight in California with which the day of this moment began."""
    local = datetime.fromtimestamp(moment, PACIFIC)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def count_days(
    page: Page, since: float, until: float | None, *, wall: float, offset: float
) -> list[tuple[float, Day]]:
    """Count a page on the whole days in California between two moments: the end of each, and its
    figures. ``offset``: how far the world's clock is ahead.
    """
    days: list[tuple[float, Day]] = []
    begins = find_california_midnight(since)
    while True:
        # Not 24 hours on: twice a year a day there is longer or shorter.
        ends = find_california_midnight(begins + 1.5 * DAY)
        if ends > min(until or wall, wall):
            return days
        days.append((ends, count_day(page, begins, ends, offset=offset, now=wall)))
        begins = ends


def count_day(page: Page, begins: float, ends: float, *, offset: float, now: float) -> Day:
    """Count a page from a midnight on the wall's clock to the next: what its posts gained, and
    those who came to the page itself. In the first day after it the figures are short by a tenth,
    as platforms add up what comes in late. ``offset``: how far the world's clock is ahead.
    """
    start, end = begins + offset, ends + offset
    name = f"day {page.platform}/{page.external_id} {int(begins // DAY)}"
    views = int(page.followers * (0.01 + 0.05 * draw_chance(name)))
    for post in page.posts.values():
        views += compute_counts(page, post, end).views - compute_counts(page, post, start).views
    lost = int(page.followers * 0.001 * draw_chance(f"lost {name}"))
    before_it_stood = int(page.followers * 0.002 * draw_chance(f"came {name}"))
    gained = count_followers(page, end) - count_followers(page, start) + lost
    if end <= page.created_world:
        gained += before_it_stood
    views = views * 9 // 10 if now < ends + DAY else views
    return Day(
        views=views,
        viewers=views * 7 // 10,
        visits=views // 12,
        gained=gained,
        lost=lost,
    )
