"""Every figure that is shown has a definition, and every figure that a platform tells has its
origin.
"""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from channels.queries import facts_of
from channels.states import Kind
from core.templatetags.ui import time_watched
from engagement.dashboards import dictionary
from engagement.models import MEASURES, Count, Measurement
from tests import factories


@pytest.mark.parametrize("platform", Kind.values)
def test_each_measure_of_a_platform_has_its_origin_and_no_origin_is_left_over(platform):
    named = {
        measure
        for measure in MEASURES
        if (found := dictionary.find_origin(platform, measure)) and found.names
    }
    assert named == set(facts_of(platform).measures)


@pytest.mark.parametrize("model", [Count, Measurement])
def test_each_measure_has_a_definition_and_a_column(model):
    assert set(dictionary.DEFINITIONS) == set(MEASURES)
    assert set(MEASURES) <= {field.name for field in model._meta.get_fields()}


@pytest.mark.django_db
def test_the_page_names_what_each_platform_reports_and_what_it_does_not(client):
    client.force_login(factories.person(Role.OFFICER, language="en"))

    shown = client.get(reverse("engagement:dictionary")).content.decode()

    assert "post_media_view" in shown
    assert "Not told by Zalo OA" in shown


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "not measured"),
        (0, "0 minutes"),
        (60, "1 minute"),
        (5400, "1 hour 30 minutes"),
        (36_000_000, "10,000 hours 0 minutes"),
    ],
)
def test_time_is_reported_in_hours_and_minutes(seconds, expected):
    assert time_watched(seconds) == expected
