"""The posts of the try-out: who wrote which sample, when, and how it ended."""

from typing import NamedTuple


class Line(NamedTuple):
    """A post: its sample, its author's station, its outcome, and when it was or is due."""

    sample: str
    station: str
    ending: str
    day: int
    hour: str
    campaign: str = ""
    with_video: bool = False  # a video for the platforms of videos; else a card for all others


# Day 0 counts hours from now: something went out a while ago, and something goes out while the
# visitor looks on.
STORY = (
    Line("G11", "hai-chau", "published", -20, "06:30", "school"),
    Line("G18", "hai-chau", "published", -17, "19:30", "school"),
    Line("G19", "hoa-vang", "withdrawn", -15, "08:00"),
    Line("G08", "hai-chau", "published", -13, "07:00", "school"),
    Line("G17", "hoi-an", "published", -12, "18:00", "school"),
    Line("G07", "hoa-vang", "published", -10, "06:45"),
    Line("G05", "tan-hiep", "published", -9, "19:00", "scams"),
    Line("G06", "son-tra", "published", -8, "11:30", "scams"),
    Line("G20", "tan-hiep", "published", -7, "17:00"),
    Line("G05", "hai-chau", "published", -6, "19:30", "scams"),
    Line("G05", "duy-xuyen", "published", -5, "19:00", "scams"),
    Line("G04", "tra-my", "published", -5, "06:30", "scams"),
    Line("G09", "son-tra", "published", -4, "18:00", "year_end"),
    Line("G03", "hoa-vang", "published", -3, "07:00", "scams"),
    Line("G04", "hai-chau", "published", -3, "19:00", "scams", with_video=True),
    Line("G09", "duy-xuyen", "too_late", -3, "18:30", "year_end"),
    Line("G01", "hoi-an", "published", -2, "07:00", "scams"),
    Line("G01", "tra-my", "published", -2, "18:00", "scams"),
    Line("G02", "son-tra", "published", -2, "19:00", "scams"),
    Line("G03", "son-tra", "published", -2, "20:00", "scams", with_video=True),
    Line("G02", "hoi-an", "published", -2, "20:30", "scams", with_video=True),
    Line("G16", "hai-chau", "in_review", -2, "09:00", "year_end"),
    Line("G18", "son-tra", "returned", -2, "15:00"),
    Line("G01", "hai-chau", "published", -1, "07:00", "scams"),
    Line("G15", "hai-chau", "refused", -1, "17:00"),
    Line("G03", "hoi-an", "unknown", -2, "07:40", "scams"),
    Line("G13", "hai-chau", "in_review", -1, "10:30"),
    Line("G14", "hoa-vang", "in_review", -1, "14:00"),
    Line("G16", "tra-my", "approved", -1, "16:00", "year_end"),
    Line("G09", "hoi-an", "draft", -1, "15:30", "year_end"),
    Line("G06", "duy-xuyen", "draft", -1, "09:30", "scams"),
    Line("G03", "thuan-hoa", "published", -6, "18:00"),
    Line("G06", "hoan-kiem", "published", -5, "11:30"),
    Line("G05", "ben-thanh", "published", -4, "19:30"),
    Line("G07", "tan-hiep", "draft", -1, "11:00"),
    Line("G02", "hai-chau", "draft", -1, "16:40", "scams"),
    Line("G06", "hai-chau", "published", 0, "-04:00", "scams"),
    Line("G08", "tan-hiep", "by_hand", 0, "-00:20"),
    Line("G12", "hai-chau", "scheduled", 0, "+00:04", "year_end"),
    Line("G05", "hai-chau", "scheduled", 0, "+00:25", "scams", with_video=True),
    Line("G07", "hai-chau", "scheduled", 0, "+03:30"),
    Line("G17", "hai-chau", "scheduled", 1, "07:00"),
    Line("G15", "son-tra", "scheduled", 1, "17:00"),
    Line("G20", "hoi-an", "scheduled", 1, "18:00"),
    Line("G12", "son-tra", "scheduled", 2, "16:30", "year_end"),
    Line("G10", "duy-xuyen", "scheduled", 3, "07:00", "year_end"),
    Line("G10", "hoa-vang", "scheduled", 5, "06:45", "year_end"),
)
