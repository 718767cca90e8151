"""Put files into the library, describe them, sort them, share them, and take over shared ones."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from django.core.cache import cache
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from core.errors import Busy, Refused
from core.leaks import require_storable
from core.locks import hold_until_commit
from core.secrecy import require_no_secrecy_mark
from core.text import fold, normalise
from media import pictures, store, storing
from media.models import (
    LONGEST_ALT,
    LONGEST_FOLDER,
    LONGEST_NOTE,
    LONGEST_SOURCE,
    LONGEST_TAG,
    LONGEST_TITLE,
    Consent,
    Folder,
    Media,
    Rights,
    Tag,
)
from media.notes import require_no_name
from units.models import Level, Unit

log = logging.getLogger(__name__)

LIBRARY_PURPOSE = "library"  # of uploads in pieces
MOST_TAGS, MOST_TAGS_OF_UNIT, MOST_FOLDERS = 10, 1000, 200
_LOOKED_AT, _LOOKED_AT_KEPT = "media-looks", 86_400  # up to which key; seconds
_LONGEST = {
    "title": LONGEST_TITLE,
    "alt_text": LONGEST_ALT,
    "source": LONGEST_SOURCE,
    "consent_note": LONGEST_NOTE,
}


class Added(NamedTuple):
    """A file in the library; ``is_known``: the unit had these bytes before."""

    media: Media
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """All that people say of a picture or video. ``expires_on`` is the last day on which a post may
    take it.
    """

    title: str = ""
    alt_text: str = ""
    source: str = ""
    rights: str = ""
    consent: str = ""
    consent_on: date | None = None
    consent_note: str = ""
    expires_on: date | None = None
    folder: Folder | None = None
    tags: Sequence[str] = ()


def add(upload: BinaryIO | File, *, unit: Unit, by: User) -> Added:
    """Store a file in the unit's library. Raise Refused, Busy, QuotaExceeded."""
    require(by, Permission.LIBRARY_WRITE, unit=unit)
    media = storing.store(upload, unit=unit, by=by, right=Permission.LIBRARY_WRITE)
    return Added(keep_in_library(media), media.was_stored_before)


def keep_in_library(media: Media) -> Media:
    """Keep a stored file in the library, which holds it much longer than what drafts left."""
    Media.objects.filter(pk=media.pk, kept_at=None).update(kept_at=timezone.now())
    media.refresh_from_db(fields=["kept_at"])
    return media


@transaction.atomic
def describe(media: Media, description: Description, *, by: User, version: int) -> Media:
    """Change what is said of the picture, and keep it in the library. Raise Refused when
    ``version`` is no longer the stored one, SecrecyRefused.
    """
    authority = require(by, Permission.LIBRARY_WRITE, unit=media.unit)
    values = _checked_values(description, media.unit)
    _require_folder_of(media.unit, description.folder)
    row = Media.objects.select_for_update(of=("self",)).filter(pk=media.pk).first()
    if row is None:
        raise Refused(_("The picture was removed meanwhile. Upload it again."))
    if row.version != version:
        raise Refused(
            _(
                "Somebody changed this meanwhile. Open it in another window, compare, and "
                "save again."
            )
        )
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    tags = _find_or_make_tags(media.unit, description.tags)
    if not changed and set(row.tags.all()) == set(tags) and row.kept_at:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.tags.set(tags)
    row.search = _search_text(row, tags)
    row.version, row.kept_at = row.version + 1, row.kept_at or timezone.now()
    row.save()
    if "expires_on" in changed and row.shared:
        row.copies.update(expires_on=row.expires_on)
    record("media.described", row, by=by, position=authority.position, fields=changed)
    return row


def keep_alt_texts(media: Iterable[tuple[Media, str]]) -> None:
    """Keep how pictures were described in a post for the next one, where nobody has described them
    in the library.
    """
    for row, alt in media:
        if alt and not row.alt_text:
            row.alt_text = alt
            row.search = _search_text(row, row.tags.all())
            row.save(update_fields=["alt_text", "search"])


def compute_dhashes(*, most: int = 20) -> int:
    """Compute by what pictures are found that look alike (`Media.dhash`) for some of those that
    were stored before it was; return how many it has looked at. One that cannot be read is tried
    again the next day.
    """
    last = cache.get(_LOOKED_AT, 0)
    rows = list(Media.objects.filter(dhash="", pk__gt=last).order_by("pk")[:most])
    for row in rows:
        try:
            with pictures.open_still(row) as file:
                drawn = pictures.re_encode(file)
        except Busy:
            break
        except (Refused, OSError) as error:
            log.warning("media %s has no readable picture: %s", row.public_id, type(error))
        else:
            Media.objects.filter(pk=row.pk, dhash="").update(dhash=drawn.dhash)
        cache.set(_LOOKED_AT, row.pk, _LOOKED_AT_KEPT)
    return len(rows)


@transaction.atomic
def set_shared(media: Media, shared: bool, *, by: User) -> None:
    """Let the units below use the picture, or no longer; what they took over stays theirs."""
    authority = require(by, Permission.LIBRARY_WRITE, unit=media.unit)
    if media.unit.level == Level.COMMUNE:
        raise Refused(_("Only the ministry and the provinces share pictures with others."))
    rows = Media.objects.in_use().usable().filter(pk=media.pk)
    if rows.exclude(shared=shared).update(shared=shared, kept_at=timezone.now()):
        action = "media.shared" if shared else "media.unshared"
        record(action, media, by=by, position=authority.position)
    elif not rows.exists():
        raise Refused(_("This picture is archived. Take it out of the archive first."))


@transaction.atomic
def take_over(media: Media, *, unit: Unit, by: User) -> Media:
    """Return the unit's own row for a picture that a unit above shares, with what is said of it. No
    byte is copied. Raise Refused.
    """
    require(by, Permission.LIBRARY_WRITE, unit=unit)
    if media.unit_id == unit.pk:
        return media
    store.protect_until_commit([media])
    row = Media.objects.in_use().usable().filter(pk=media.pk, shared=True).first()
    if row is None or not unit.path.startswith(media.unit.path):
        raise Refused(_("This picture is not shared any more. Choose another one."))
    now = timezone.now()
    same = {name: getattr(row, name) for name in _TAKEN}
    copy, is_new = Media.objects.get_or_create(
        unit=unit,
        sha256=row.sha256,
        defaults={**same, "taken_from": row, "uploaded_by": by, "kept_at": now},
    )
    if not is_new:
        Media.objects.filter(pk=copy.pk).update(last_used_at=now, archived_at=None)
        copy.refresh_from_db()
    return copy


_TAKEN = (
    *("file", "content_type", "width", "height", "size", "seconds", "fps", "codec"),
    *("poster_sha256", "dhash", "title", "alt_text", "source", "rights", "consent"),
    *("consent_on", "consent_note", "expires_on", "search"),
)


# --- Folders --------------------------------------------------------------------------------------


@transaction.atomic
def create_folder(unit: Unit, name: str, *, parent: Folder | None = None, by: User) -> Folder:
    """Make a folder, or one inside another. Raise Refused."""
    authority = require(by, Permission.LIBRARY_WRITE, unit=unit)
    _lock_folders(unit)
    _require_folder_of(unit, parent)
    if parent and parent.parent_id:
        raise Refused(_("A folder inside a folder holds no further ones."))
    if Folder.objects.filter(unit=unit).count() >= MOST_FOLDERS:
        raise Refused(_("The unit has %(n)s folders, no more fit.") % {"n": MOST_FOLDERS})
    folder = Folder.objects.create(
        unit=unit, parent=parent, name=_checked_folder_name(unit, name, parent=parent)
    )
    record("folder.created", folder, by=by, position=authority.position)
    return folder


@transaction.atomic
def rename_folder(folder: Folder, name: str, *, by: User) -> None:
    authority = require(by, Permission.LIBRARY_WRITE, unit=folder.unit)
    _lock_folders(folder.unit)
    name = _checked_folder_name(folder.unit, name, parent=folder.parent, besides=folder)
    if Folder.objects.filter(pk=folder.pk, name=name).exists():
        return
    folder.name = name
    folder.save(update_fields=["name"])
    record("folder.renamed", folder, by=by, position=authority.position)


@transaction.atomic
def remove_folder(folder: Folder, *, by: User) -> None:
    """Remove a folder that holds no other one; its pictures stay, one step further out."""
    authority = require(by, Permission.LIBRARY_WRITE, unit=folder.unit)
    if folder.folders.exists():
        raise Refused(_("This folder holds others. Remove those first."))
    record("folder.removed", folder, by=by, position=authority.position)
    folder.media.update(folder=folder.parent)
    folder.delete()


def _lock_folders(unit: Unit) -> None:
    """Wait for others who change the unit's folders: names and their number are looked at first."""
    hold_until_commit([f"folders {unit.pk}"])


def _checked_folder_name(
    unit: Unit, name: str, *, parent: Folder | None, besides: Folder | None = None
) -> str:
    name = " ".join(normalise(name).split())
    if not name or len(name) > LONGEST_FOLDER:
        raise Refused(_("A folder needs a name of at most %(n)s letters.") % {"n": LONGEST_FOLDER})
    require_no_secrecy_mark([name])
    require_storable([name], unit)
    same = Folder.objects.filter(unit=unit, parent=parent, name=name)
    if besides:
        same = same.exclude(pk=besides.pk)
    if same.exists():
        raise Refused(_("There is a folder of this name already."))
    return name


def _require_folder_of(unit: Unit, folder: Folder | None) -> None:
    if folder and folder.unit_id != unit.pk:
        raise Refused(_("Choose a folder of your own unit."))


# --- What is said of a picture --------------------------------------------------------------------


def _checked_values(description: Description, unit: Unit) -> dict[str, Any]:
    """Return what is stored of a description, checked. Raise Refused, SecrecyRefused."""
    texts = {name: " ".join(normalise(getattr(description, name)).split()) for name in _LONGEST}
    if any(len(texts[name]) > most for name, most in _LONGEST.items()):
        raise Refused(_("A text is too long. Shorten it."))
    require_no_secrecy_mark([*texts.values(), *description.tags])
    require_storable([*texts.values(), *description.tags], unit)
    consent = Consent(description.consent).value if description.consent else ""
    if consent == Consent.GUARDIAN:
        require_no_name(texts["consent_note"])
    if (texts["consent_note"] or description.consent_on) and not consent:
        raise Refused(_("Say who consented: choose their role."))
    return {
        **texts,
        "rights": Rights(description.rights).value if description.rights else "",
        "consent": consent,
        "consent_on": description.consent_on,
        "expires_on": description.expires_on,
        "folder": description.folder,
    }


def _find_or_make_tags(unit: Unit, names: Iterable[str]) -> list[Tag]:
    """Return the unit's tags of these names, made where they are missing. Raise Refused."""
    wanted: dict[str, str] = {}
    for name in names:
        tidy = " ".join(normalise(name).split()).strip("#")
        if tidy:
            wanted.setdefault(fold(tidy)[:LONGEST_TAG], tidy)
    if len(wanted) > MOST_TAGS or any(len(name) > LONGEST_TAG for name in wanted.values()):
        raise Refused(
            _("At most %(n)s tags of %(letters)s letters, please.")
            % {"n": MOST_TAGS, "letters": LONGEST_TAG}
        )
    known = {tag.folded: tag for tag in Tag.objects.filter(unit=unit, folded__in=wanted)}
    new = [word for word in wanted if word not in known]
    if new and Tag.objects.filter(unit=unit).count() + len(new) > MOST_TAGS_OF_UNIT:
        raise Refused(_("The unit has %(n)s tags, no more fit.") % {"n": MOST_TAGS_OF_UNIT})
    for word in new:
        known[word] = Tag.objects.get_or_create(
            unit=unit, folded=word, defaults={"name": wanted[word]}
        )[0]
    return [known[word] for word in wanted]


def _search_text(media: Media, tags: Iterable[Tag]) -> str:
    texts = [media.title, media.alt_text, media.source, *(tag.name for tag in tags)]
    return fold(" ".join(texts))
