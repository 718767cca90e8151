"""Keep the bytes of pictures and videos, each once for all units that have them, and remove them.

A file serves every row that names its hash. Storing and removing it lock that hash until they
commit: no row is made over a file that is about to go.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import batched
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.locks import hold_until_commit
from media.models import Media
from units.models import Unit


def poster_name(sha256: str) -> str:
    return f"media/{sha256}.jpg"


@transaction.atomic
def get_or_store(
    *, unit: Unit, sha256: str, by: User, put: Callable[[], str], **facts: Any
) -> Media:
    """Return the unit's row for these bytes, marked as used; ``put`` stores the missing files, and
    returns the name of the main one. The same bytes twice are one row. Something may have been
    blurred out of it: uploaded again, it is a picture like any other, and checked again.
    """
    now = timezone.now()
    hold_until_commit(_lock_names(sha256, facts.get("poster_sha256", "")))
    known = Media.objects.filter(unit=unit, sha256=sha256).first()
    if known and default_storage.exists(known.file.name or ""):
        known.last_used_at, known.archived_at = now, None
        known.dhash = known.dhash or facts.get("dhash", "")
        known.blurred_at = None
        known.save(update_fields=["last_used_at", "archived_at", "dhash", "blurred_at"])
        return known
    facts |= {"file": put(), "uploaded_by": by, "last_used_at": now, "blurred_at": None}
    return Media.objects.update_or_create(unit=unit, sha256=sha256, defaults=facts)[0]


def protect_until_commit(media: Iterable[Media]) -> None:
    """Keep the bytes of ``media`` from being removed until the caller's transaction commits."""
    hold_until_commit(name for row in media for name in _lock_names(row.sha256, row.poster_sha256))


@transaction.atomic
def remove_media(media: QuerySet[Media]) -> int:
    """Remove those of ``media``, queried again once nobody else can store their bytes, with all
    files made of them; return how many. The files go first: a process that dies here leaves rows,
    which the next run finds again.
    """
    files = media.values_list("sha256", "poster_sha256")
    hold_until_commit(name for pair in files for name in _lock_names(*pair))
    rows = list(media.select_for_update(of=("self",), skip_locked=True))
    others = Media.objects.exclude(pk__in=[row.pk for row in rows])
    for name in _files_of(rows, others):
        default_storage.delete(name)
    Media.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def remove_bytes(media: Media) -> bool:
    """Remove the files of a row that stays, where no other row needs them; return whether there
    were any.
    """
    protect_until_commit([media])
    others = Media.objects.exclude(pk=media.pk)
    gone = [name for name in _files_of([media], others) if default_storage.exists(name)]
    for name in gone:
        default_storage.delete(name)
    return bool(gone)


def find_orphaned_files(before: datetime) -> Iterator[tuple[str, float]]:
    """Find the files that were last changed before then and belong to no row, with their times:
    left by a process that died between file and row, or made again of a picture that was being
    removed.
    """
    for some in batched(_changed_before(before), 500):
        known = _needed_names(name for name, _changed in some)
        yield from (file for file in some if file[0] not in known)


@transaction.atomic
def remove_orphaned_files(names: Collection[str], before: datetime) -> int:
    """Remove those files unless one got a row meanwhile; return how many."""
    hold_until_commit(f"media {_hash_in(name)}" for name in names)
    gone = set(names) - _needed_names(names)
    for name in gone:
        default_storage.delete(name)
    return len(gone)


def _changed_before(before: datetime) -> Iterator[tuple[str, float]]:
    for place in ("media", "thumbs", "renditions"):
        for name, path in _walk_folder(place):
            with suppress(FileNotFoundError):
                if (changed := path.stat().st_mtime) < before.timestamp():
                    yield name, changed


def _walk_folder(place: str) -> Iterator[tuple[str, os.DirEntry]]:
    """Walk a folder one entry at a time: there may be hundreds of thousands."""
    with suppress(FileNotFoundError), os.scandir(default_storage.path(place)) as entries:
        for entry in entries:
            yield f"{place}/{entry.name}", entry


def _needed_names(names: Iterable[str]) -> set[str]:
    """Return those of ``names`` that a row needs, or that can be made again for one."""
    hash_by_name = {name: _hash_in(name) for name in names}
    hashes = set(hash_by_name.values())
    media = set(Media.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
    posters = set(
        Media.objects.filter(poster_sha256__in=hashes).values_list("poster_sha256", flat=True)
    )
    return {
        name
        for name, sha256 in hash_by_name.items()
        if sha256 in media or (sha256 in posters and name.startswith("media/"))
    }


def _hash_in(name: str) -> str:
    """Return the hash in a file's name, with or without the suffix that the store added."""
    return re.split(r"[-._]", name.split("/")[1])[0]


def _lock_names(*hashes: str) -> list[str]:
    return [f"media {sha256}" for sha256 in hashes if sha256]


def _files_of(rows: Collection[Media], others: QuerySet[Media]) -> Iterator[str]:
    """Find the files that no row but ``rows`` needs."""
    hashes = {row.sha256 for row in rows}
    posters = {row.poster_sha256 for row in rows if row.is_video}
    # In this order: by its own file `get_or_store` sees whether a row was about to go.
    originals = dict.fromkeys(
        [*(row.file.name or "" for row in rows), *map(poster_name, sorted(posters))]
    )
    same = others.filter(Q(sha256__in=hashes | posters) | Q(poster_sha256__in=hashes | posters))
    serving = {
        name for medium in same for name in (medium.file.name, poster_name(medium.poster_sha256))
    }
    yield from (name for name in originals if name not in serving)
    alone = hashes - {medium.sha256 for medium in same}
    yield from (f"thumbs/{sha256}.jpg" for sha256 in sorted(alone))
    if alone:
        yield from (name for name, _path in _walk_folder("renditions") if _hash_in(name) in alone)
