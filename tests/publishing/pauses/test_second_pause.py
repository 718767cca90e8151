"""A second pause that adds nothing is refused, and leads to the first."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from publishing.models import Pause
from publishing.pauses import pausing
from tests import factories
from tests.publishing.pauses.conftest import HOUR, filled, fresh, html, ids, overseer, sign_in

pytestmark = pytest.mark.django_db


SECOND = {
    "at once": lambda now: {"at_once": True},
    "planned for the same time": lambda now: {"starts_at": now + HOUR},
    "prepared in the same words": lambda now: {},
}


@pytest.mark.parametrize("case", SECOND)
def test_a_second_pause_that_adds_nothing_is_refused_and_names_the_first(world, now, case):
    leader = factories.person(Role.APPROVER, world.commune)
    times = SECOND[case](now)
    first = pausing.create(world.commune, by=leader, reason="Sự cố", **times)

    with pytest.raises(pausing.AlreadyPaused) as refused:
        pausing.create(world.commune, by=leader, reason="Sự cố", **times)

    assert (refused.value.pause, Pause.objects.count()) == (first, 1)
    narrower = pausing.create(
        world.commune, by=leader, reason="Sự cố", channel=world.channel, **times
    )
    above = pausing.create(world.commune, by=overseer(world.province), reason="Sự cố", **times)
    assert {first.pk, narrower.pk, above.pk} == ids(Pause.objects.all())


def test_a_prepared_pause_is_not_started_beside_the_same_one(client, world):
    sign_in(client, Role.APPROVER, world.commune)
    first, second = factories.pause(world.commune), factories.pause(world.commune, since=None)
    response = client.post(
        reverse("publishing:pause_start", args=[second.public_id]), {"ends_at": ""}
    )

    assert (response.status_code, fresh(second).started_at) == (409, None)
    assert f'href="{reverse("publishing:pause", args=[first.public_id])}"' in html(response)


def test_the_form_of_a_second_pause_leads_to_the_first_and_keeps_what_was_typed(client, world):
    sign_in(client, Role.APPROVER, world.commune)
    client.post(reverse("publishing:pause_new"), filled())
    response = client.post(reverse("publishing:pause_new"), filled(reason="Lý do khác hẳn"))

    first = Pause.objects.get()
    assert response.status_code == 409
    assert f'href="{reverse("publishing:pause", args=[first.public_id])}"' in html(response)
    assert "Lý do khác hẳn" in html(response)
