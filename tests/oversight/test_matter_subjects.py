"""Subjects of matters: a page, a post or a kit that a matter names, for those alone who see it."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from oversight.matters import asking
from oversight.matters.models import Matter
from oversight.matters.queries import find_about
from oversight.matters.states import Subject
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def things(unit, province):
    """Make a thing of the unit for each subject that names one."""
    post = factories.PostFactory(unit=unit, channels=[])
    return {
        Subject.PAGE: factories.ChannelFactory(unit=unit),
        Subject.POST: post,
        Subject.FINDING: post,
        Subject.KIT: factories.kit(province, state="issued"),
    }


def ask(unit, by, subject, object_id):
    question = asking.Question(
        subject=subject, text="Vì sao?", deadline=timezone.localdate(), object_id=object_id
    )
    return asking.ask_unit(unit, question, by=by)


def test_each_side_is_led_to_the_page_that_it_may_open(client, unit, overseer, things):
    officer = factories.person(Role.OFFICER, unit)
    for subject, thing in things.items():
        matter = ask(unit, overseer, subject, thing.public_id)
        for person in (overseer, officer):
            client.force_login(person)
            page = client.get(reverse("oversight:matter", args=[matter.public_id]))
            about = page.context["about"]
            assert about.label == str(thing)
            assert client.get(about.address).status_code == 200, (subject, person)


def test_a_thing_of_another_unit_or_of_another_kind_is_not_asked_about(
    province, unit, overseer, things
):
    neighbour = factories.UnitFactory(parent=province)
    foreign_kit = factories.kit(factories.ProvinceFactory(), state="issued")
    draft_kit = factories.kit(province)
    for subject in (Subject.PAGE, Subject.POST, Subject.FINDING):
        with pytest.raises(Refused):
            ask(neighbour, overseer, subject, things[subject].public_id)
    for subject, object_id in (
        (Subject.POST, things[Subject.PAGE].public_id),
        (Subject.PAGE, things[Subject.POST].public_id),
        (Subject.KIT, foreign_kit.public_id),
        (Subject.KIT, draft_kit.public_id),
        (Subject.OTHER, things[Subject.PAGE].public_id),
        (Subject.PAGE, uuid.uuid4()),
    ):
        with pytest.raises(Refused):
            ask(unit, overseer, subject, object_id)

    assert not Matter.objects.exists()


def test_a_thing_that_left_leaves_the_matter_without_it(client, unit, overseer, things):
    matter = ask(unit, overseer, Subject.POST, things[Subject.POST].public_id)
    things[Subject.POST].delete()
    client.force_login(overseer)

    page = client.get(reverse("oversight:matter", args=[matter.public_id]))

    assert (page.status_code, page.context["about"]) == (200, None)


def test_the_form_names_the_thing_of_the_address_to_those_alone_who_see_it(
    client, unit, overseer, things
):
    page = things[Subject.PAGE]
    address = reverse("oversight:ask_matter")
    named = {"unit": unit.key, "subject": "page", "about": str(page.public_id)}
    client.force_login(overseer)
    assert client.get(address, named).context["about"].label == str(page)
    for wrong in ({"about": "x"}, {"unit": "x"}, {"subject": "post"}, {"about": ""}):
        answer = client.get(address, {**named, **wrong})
        assert (answer.status_code, answer.context["about"]) == (200, None)

    client.force_login(factories.person(Role.OVERSEER, factories.ProvinceFactory()))
    stranger = client.get(address, named)
    assert stranger.context["about"] is None
    assert page.name not in stranger.text
    client.force_login(factories.person(Role.OFFICER, unit))
    assert client.get(address, named).status_code == 403


def test_what_a_reader_does_not_see_is_not_named(unit, things):
    neighbour = factories.person(Role.OFFICER, factories.UnitFactory(parent=unit.parent))

    found = {
        subject: find_about(subject, thing.public_id, unit=unit, reader=neighbour)
        for subject, thing in things.items()
        if subject != Subject.KIT  # of the province, for all its units
    }

    assert set(found.values()) == {None}
    assert find_about(Subject.PAGE, None, unit=unit, reader=neighbour) is None
