"""Saving what is stored already is no change: nothing is recorded, and nobody is notified."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.people import lifecycle
from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits import issuing
from campaigns.kits.edits import KitEdit
from campaigns.partners import agreements
from campaigns.planning import plans
from engagement.boards.notes import services as notes
from links import services as links
from media.library import entries
from media.library.entries import Description
from publishing.pauses import pausing
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def rename_folder(unit):
    officer = factories.person(Role.OFFICER, unit)
    folder = entries.create_folder(unit, "Năm 2026", by=officer)
    return lambda: entries.rename_folder(folder, "Năm 2027", by=officer)


def describe_picture(unit):
    officer, picture = factories.person(Role.OFFICER, unit), factories.media(unit)
    said = Description(title="Ra quân", alt_text="Hai cán bộ ở cổng chợ", tags=["chợ"])

    def describe():
        picture.refresh_from_db()
        entries.describe(picture, said, by=officer, version=picture.version)

    return describe


def correct_a_name(unit):
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    person = factories.person(Role.OFFICER, unit)
    return lambda: lifecycle.correct(person, full_name="Lê An", email=person.email, by=admin)


def change_where_a_link_leads(unit):
    leader, link = factories.person(Role.APPROVER, unit), factories.link(unit)
    target = "https://dichvucong.bocongan.gov.vn/xe"

    def change():
        link.refresh_from_db()
        links.change_target(link, target, version=link.version, by=leader)

    return change


def change_a_note(unit):
    note = factories.board_note(unit)
    words = notes.Words(
        first=note.first, last=note.last, text="Mất điện toàn xã", reaches_below=False
    )
    return lambda: notes.change_note(note, words, by=factories.person(Role.APPROVER, unit))


def change_a_contact(unit):
    officer, partner = factories.person(Role.OFFICER, unit), factories.partner(unit)
    contact = type(factories.CONTACT)(**asdict(factories.CONTACT) | {"name": "Trần Bình"})
    return lambda: agreements.change_contact(partner, contact=contact, filed_at="Tủ 3", by=officer)


def set_a_plan(unit):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    campaign = factories.CampaignFactory(unit=unit.parent, created_by=overseer)
    helper = factories.person(Role.APPROVER, unit)
    return lambda: plans.set_plan(
        campaign, by=overseer, owner=overseer, helpers=[helper], targets={"posts": 12}
    )


def change_a_kit(unit):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    edit = KitEdit(
        name="Sạc xe an toàn",
        campaign=factories.CampaignFactory(unit=unit.parent, created_by=overseer),
        topic=factories.topic(),
        text="Không sạc xe qua đêm.",
        for_units=[unit],
        media=[(factories.media(unit.parent), "Ổ cắm")],
    )
    version = issuing.begin_kit(unit=unit.parent, by=overseer, edit=KitEdit(**_blank(edit)))
    return lambda: issuing.change_version(version, by=overseer, edit=edit)


def _blank(edit):
    return {"name": "Sạc xe", "campaign": edit.campaign, "topic": edit.topic}


def add_pictures_to_a_kit(unit):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    kit, picture = factories.kit(unit.parent, state="draft"), factories.media(unit.parent)
    entries.keep_in_library(picture)
    return lambda: issuing.add_media(kit.versions.get(), [picture], by=overseer)


def set_the_end_of_a_pause(unit):
    leader, pause = factories.person(Role.APPROVER, unit), factories.pause(unit)
    end = timezone.now() + 5 * HOUR
    return lambda: pausing.set_end(pause, by=leader, ends_at=end)


def plan_a_pause(unit):
    leader, pause = factories.person(Role.APPROVER, unit), factories.pause(unit, since=None)
    start = timezone.now() + HOUR
    return lambda: pausing.plan(pause, by=leader, starts_at=start, ends_at=start + HOUR)


CHANGES = [
    rename_folder,
    describe_picture,
    correct_a_name,
    change_where_a_link_leads,
    change_a_note,
    change_a_contact,
    set_a_plan,
    change_a_kit,
    add_pictures_to_a_kit,
    set_the_end_of_a_pause,
    plan_a_pause,
]


@pytest.mark.parametrize("made", CHANGES, ids=lambda made: made.__name__)
def test_what_is_stored_already_is_saved_without_an_entry(made):
    change = made(factories.UnitFactory())
    before = Entry.objects.count()

    change()
    once, notices = Entry.objects.count(), Notice.objects.count()
    change()

    assert once == before + 1
    assert (Entry.objects.count(), Notice.objects.count()) == (once, notices)
