"""Find pictures and videos of a library."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.scope import list_ancestors
from media.models import Folder, Media, Tag
from units.models import Unit

MOST_COMPARED = 20_000  # the newest; 20 ms
# Of 128 bits. Measured in tests/media/test_library.py: copies differ by 0 to 7, others by 36 or
# more.
ALIKE = 10


def in_library_of(unit: Unit) -> QuerySet[Media]:
    """Return what posts of ``unit`` may show: its own, and what the units above share. A shared one
    that the unit has taken over is its own.
    """
    above = Unit.objects.filter(path__in=list_ancestors(unit.path)).exclude(pk=unit.pk)
    own = Media.objects.in_use().usable().filter(unit=unit)
    taken = own.filter(sha256=OuterRef("sha256"))
    shared = Q(~Exists(taken), unit__in=list(above), shared=True)
    usable = Media.objects.in_use().usable()
    return usable.filter(Q(unit=unit) | shared).select_related("unit")


def folders_of(unit: Unit) -> list[Folder]:
    """Return the unit's folders, each followed by those inside it."""
    every = Folder.objects.filter(unit=unit).select_related("parent")
    return sorted(every, key=lambda folder: (str(folder).casefold(), folder.pk))


def tags_of(unit: Unit) -> QuerySet[Tag]:
    """Return the tags that some picture of the unit bears."""
    bearing = Media.tags.through.objects.filter(tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(bearing), unit=unit)


def find_similar(media: Media, *, most: int = 6) -> list[Media]:
    """Find those of the media's library that look like it, the most alike first; those of the same
    bytes in units above are among them.
    """
    if not media.dhash:
        return []
    distances = _measure_distances(media.dhash, in_library_of(media.unit).exclude(pk=media.pk))
    keys = [key for _distance, key in sorted(distances)[:most]]
    rows = Media.objects.select_related("unit").in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def _measure_distances(dhash: str, rows: QuerySet[Media]) -> Sequence[tuple[int, int]]:
    bits = int(dhash, 16)
    known = rows.exclude(dhash="").order_by("-uploaded_at", "-pk").values_list("pk", "dhash")
    pairs = [((bits ^ int(dhash, 16)).bit_count(), key) for key, dhash in known[:MOST_COMPARED]]
    return [pair for pair in pairs if pair[0] <= ALIKE]
