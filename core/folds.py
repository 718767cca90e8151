"""Parts of pages that lie folded until somebody opens them, and stay open for that person on every
computer. Only names that stand here are remembered.
"""

FOLDS = {
    "campaign": (
        *("behind", "best", "checklist", "dates", "documents", "files", "kits", "phases"),
        *("clicks", "posts", "reach", "units"),
    ),
    "figures": (
        *("best", "hours", "measures", "states", "troubles", "weakest"),
        *("platforms", "reach", "reactions", "topics", "units"),
        *("adoption", "compared", "compared_reach", "compared_reactions"),
    ),
    "kit": ("over_time", "provinces", "units"),
    "nation": ("ranks", "table"),
    "post": ("counts", "facts"),
    "province": ("tiles",),
    "results": (
        *("compared", "days_publications", "followers", "like", "page_figures", "platforms"),
        *("channels", "reactions", "spread", "topics", "units"),
    ),
    "status": ("alarms", "hours"),
}
NAMES = frozenset(f"{page}.{part}" for page, parts in FOLDS.items() for part in parts)


def name_fold(page: str, part: str) -> str:
    """Return the name by which a fold is remembered; raise ValueError for one not listed here."""
    name = f"{page}.{part}"
    if name not in NAMES:
        raise ValueError(f"{name} is not in core.folds.FOLDS")
    return name
