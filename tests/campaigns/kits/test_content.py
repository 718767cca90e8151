"""All that is approved of a kit: no part of it changes without its hash, and each has a word for
those who approve.
"""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate as today

from campaigns.kits.models import KitMedia, KitVersion
from campaigns.kits.presenters import compare_versions, describe_audience, list_facts, name_parts
from campaigns.kits.queries import build_content, compute_digest, find_changed_parts
from campaigns.kits.seals import is_sealed
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Parts of the content whose keys, which are hashed, are not the names of their columns.
PARTS = {"placeholders": "slots"}
CHANGES = {
    "title": "Tiêu đề khác",
    "text": "Lời khác ở {khu_vuc}.",
    "texts": {"zalo": "Lời riêng ở {khu_vuc}."},
    "placeholders": [],
    "script": "Loa đọc.",
    "poster": {"look": "fire", "line_1": "Dòng một", "line_2": "", "hotline": "114"},
    "link": "https://dichvucong.gov.vn/",
    "legal_basis": "Luật Phòng cháy",
    "legal_from": today(),
    "legal_until": today() + DAY,
    "source": "Cục Cảnh sát",
    "window_from": today() + DAY,
    "window_until": today() + 30 * DAY,
    "best_from": 8,
    "best_until": 10,
    "platforms": ["facebook"],
    "own_lines": True,
    "note": "Đăng trước Tết",
    "changes": "Thêm số 114",
    "all_below": False,
    "for_levels": ["commune"],
    "for_kinds": ["phường"],
    "by_provinces": True,
    "spread_minutes": 30,
}
# Who wrote, decided and signed it, its state and its number: nothing that residents read.
NOT_CONTENT = {
    *("id", "public_id", "kit", "number", "state", "edition", "author", "last_editor"),
    *("changed_at", "submitted_at", "content_sha256", "return_reason", "approved_by"),
    *("approved_at", "method", "key_id", "seal", "assertion", "issued_at"),
    *("announced_at", "announced_upto", "aimed_at"),
}


@pytest.fixture
def version():
    province = factories.ProvinceFactory()
    return factories.kit(province, state="issued").versions.get()


def change(version, **fields) -> KitVersion:
    """Return the version as it would read with these fields; store them."""
    KitVersion.objects.filter(pk=version.pk).update(**fields)
    rows = KitVersion.objects.select_related("kit__topic", "kit__campaign")
    return rows.get(pk=version.pk)


def test_each_column_of_a_version_is_content_or_named_as_none():
    columns = {field.name for field in KitVersion._meta.concrete_fields}

    assert columns == CHANGES.keys() | NOT_CONTENT


@pytest.mark.parametrize("name", CHANGES)
def test_no_part_changes_without_the_hash_and_each_has_a_word(version, name):
    before, digest = build_content(version), compute_digest(version)
    assert is_sealed(version)

    fields = {name: CHANGES[name]}
    if name == "best_from":
        fields["best_until"] = 9
    changed = change(version, **fields)
    part = PARTS.get(name, name)

    assert compute_digest(changed) != digest
    after = build_content(changed)
    different = {part for part in {*before, *after} if before.get(part) != after.get(part)}
    assert part in different
    assert different - {"core"} <= {*fields, part}
    assert name == "changes" or part in name_parts()


def test_pictures_units_and_name_are_content_too(version):
    digests = [compute_digest(version)]
    kit = version.kit
    picture = KitMedia.objects.create(
        version=version, media=factories.media(kit.unit), position=0, alt_text="Ổ cắm"
    )
    digests.append(compute_digest(change(version)))
    KitMedia.objects.filter(pk=picture.pk).update(alt_text="Ổ điện")
    digests.append(compute_digest(change(version)))
    version.for_units.add(factories.UnitFactory(parent=kit.unit))
    digests.append(compute_digest(change(version)))
    kit.name = "Tên khác"
    kit.save()
    digests.append(compute_digest(change(version)))

    assert len(set(digests)) == len(digests)


def test_the_order_in_which_units_were_listed_changes_nothing(version):
    units = [factories.UnitFactory(parent=version.kit.unit) for _number in range(3)]
    version.for_units.set(units)
    digest = compute_digest(version)

    version.for_units.clear()
    for unit in reversed(units):
        version.for_units.add(unit)

    assert compute_digest(change(version)) == digest


TEXTS = (
    "title",
    "text",
    "texts",
    "placeholders",
    "script",
    "poster",
    "link",
    "legal_basis",
    "source",
)


@pytest.mark.parametrize("name", [*TEXTS, "window_until", "note"])
def test_those_who_approve_a_new_version_see_each_changed_word(version, name):
    newer = KitVersion.objects.get(pk=version.pk)
    setattr(newer, name, CHANGES[name])

    differences = compare_versions(newer, version)

    # A placeholder that nobody describes any more is called by its name in the text, too.
    assert len(differences) == (2 if name == "placeholders" else 1)
    assert find_changed_parts(newer, version) == [PARTS.get(name, name)]
    shown = "".join(piece.text for piece in differences[0].pieces)
    assert shown


def test_the_audience_is_said_in_words(version):
    units = [factories.UnitFactory(parent=version.kit.unit) for _number in range(8)]
    assert describe_audience(version) == "All units below"
    version.all_below = False
    assert describe_audience(version) == "Nobody yet"
    version.for_kinds = ["phường", "xã"]
    assert describe_audience(version) == "wards; communes"
    version.for_units.set(units)

    said = describe_audience(version)

    assert said.startswith("wards; communes; ")
    assert said.endswith("; 2 more")
    assert dict(list_facts(version))["For whom"] == f"{said} (straight to the units)"


def test_facts_that_are_empty_are_left_out(version):
    facts = dict(list_facts(version))

    assert "Link" not in facts
    assert "Best hours" not in facts
    full = dict(list_facts(change(version, **CHANGES)))
    assert (full["Best hours"], full["Spread over minutes"]) == ("08:00 – 10:00", "30 minutes")
    assert full["Link"] == CHANGES["link"]
