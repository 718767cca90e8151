"""A platform that was added, as the whole portal knows it: run by test_adding_a_platform.py, where
it was."""

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.permissions import Role
from channels import presenters
from channels.connection import addresses
from channels.models import Channel
from channels.queries import account_of, facts_of
from channels.reasons import describe_reason
from channels.states import Kind
from engagement.dashboards import dictionary
from outreach_portal.celery import app
from publishing.presenters.text import page_name
from tests import factories


def test_it_is_the_last_of_the_platforms():
    assert (Kind.values[-1], Kind("tiny").label) == ("tiny", "Tiny Place")


@pytest.mark.django_db
def test_no_table_changes():
    call_command("makemigrations", check=True, dry_run=True)


def test_its_settings_are_read_and_lead_to_the_simulator(settings):
    assert settings.PLATFORMS["tiny"] == {"base_url": f"{settings.SIMULATOR_URL}/tiny", "pace": 5}


def test_it_has_its_queue_and_is_rung_for(settings):
    rung = {
        entry["options"]["queue"]
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if "options" in entry
    }
    assert "publish.tiny" in set(app.amqp.queues) & rung


def test_what_it_says_is_described():
    assert describe_reason("tiny", "7") == "the corner is being swept; try again tomorrow"
    assert page_name(Channel(platform="tiny", name="Bến Nắng")) == "Tiny corner Bến Nắng"
    assert presenters.describe_rights(["speak"]) == ["speaking in the corner"]
    assert (
        presenters.describe_format(facts_of("tiny").format("note"))
        == "Text alone. Fades after a week."
    )
    assert presenters.describe_options({"colour": "red"}) == [
        ("Colour of the note", "As red as can be")
    ]
    assert "Text: up to 77 characters." in presenters.describe_limits(facts_of("tiny"))


def test_its_addresses_are_understood():
    assert addresses.is_platform_address("tiny", "https://www.tiny.example/ben.nang")
    assert addresses.page_key("tiny", "https://tiny.example/Ben.Nang/7") == "bennang"
    assert addresses.page_key("tiny", "https://tiny.example/lost/7?corner=here") == "here"
    assert addresses.page_key("tiny", "https://tiny.example/lost/7") == ""


def test_its_figures_are_defined():
    shares = next(row for row in dictionary.describe_measures() if row["measure"] == "shares")
    assert (shares["reported"][-1]["kind"], shares["reported"][-1]["origin"][:2]) == (
        "tiny",
        ("echoes", "Counted by ear."),
    )
    views = next(row for row in dictionary.describe_measures() if row["measure"] == "views")
    assert views["not_reported"][-1] == "Tiny Place"


def test_it_has_its_sign():
    sign = render_to_string("components/platform_icon.html", {"platform": "tiny"})
    assert "#tabler-world" in sign
    assert "Tiny Place" in sign


@pytest.mark.django_db
def test_a_post_for_it_is_composed(client):
    unit = factories.UnitFactory()
    writer = factories.person(Role.OFFICER, unit, language="en")
    channel = factories.ChannelFactory(unit=unit, platform="tiny", name="Bến Nắng")
    post = factories.PostFactory(unit=unit, author=writer, channels=[channel])
    client.force_login(writer)

    shown = client.get(reverse("posts:edit", args=[post.public_id])).content.decode()

    assert "Fades after a week." in shown
    assert "Colour of the note" in shown


@pytest.mark.django_db(
    transaction=True
)  # what connects a page talks to the platform, and leaves no transaction open
def test_a_page_of_it_is_connected_and_shown(client):
    keeper = factories.person(Role.APPROVER, language="en")
    client.force_login(keeper)
    connect = reverse("channels:connect", args=["tiny"])

    offered = client.get(reverse("channels:platforms")).content.decode()
    asked = client.get(connect).content.decode()
    wrong = client.post(connect, {"corner": "round"})
    chooser = client.post(connect, {"corner": "HERE"}, follow=True)
    client.post(
        reverse("channels:choose"),
        {"attempt": chooser.context["attempt"].public_id, "page": "here"},
    )

    assert "Text: up to 77 characters." in offered
    assert "Knock at the corner." in asked
    assert (wrong.status_code, "There are no round corners." in wrong.content.decode()) == (
        422,
        True,
    )
    channel = Channel.objects.get()
    assert (channel.name, account_of(channel).token) == ("Corner of here", "key")
    assert (
        "Tiny Place"
        in client.get(reverse("channels:channel", args=[channel.public_id])).content.decode()
    )
