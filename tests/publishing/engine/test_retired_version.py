"""The day on which a platform ends the version of its interface that the portal speaks, played over
HTTP.
"""

import pytest

from channels.states import Health
from publishing.engine import worker as engine
from publishing.models import RateLimit
from publishing.presenters.delivery import delivery_status
from publishing.reconciliation import expiry, reconcile
from publishing.states import State
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def retire(simulator):
    return lambda: simulator.settings(facebook_oldest_version="v27.0")


@pytest.fixture
def raise_pin(settings):
    def raised(platform="facebook"):
        settings.PLATFORMS[platform]["version"] = "v27.0"
        RateLimit.objects.all().delete()  # a quarter of an hour has passed

    return raised


def now(delivery):
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_posts_wait_with_a_clear_reason_and_go_out_once_when_the_pin_is_raised(
    simulator, portal, deliver, retire, raise_pin, platform
):
    delivery = deliver(platform, pictures=1)
    retire()

    engine.publish_due(platform=platform)

    assert (now(delivery).state, delivery.platform_code, delivery.channel.health) == (
        State.SCHEDULED,
        "2635",
        Health.CONNECTED,
    )
    assert "was not ready" in delivery_status(delivery).sentence
    assert simulator.visible(platform) == []

    raise_pin(platform)
    engine.publish_due(platform=platform, clock=later(minutes=20))
    engine.publish_due(platform=platform, clock=later(minutes=21))

    assert (now(delivery).state, len(simulator.visible(platform))) == (State.PUBLISHED, 1)


def test_the_others_of_the_application_are_not_tried_in_vain(simulator, deliver, retire):
    deliver()
    retire()
    engine.publish_due(platform="facebook")
    asked = simulator.requests()["facebook"]
    another = deliver()

    engine.publish_due(platform="facebook")

    assert (now(another).state, another.attempt) == (State.SCHEDULED, 0)
    assert simulator.requests()["facebook"] == asked


def test_a_post_with_an_unknown_outcome_on_that_day_is_found_and_not_made_again(
    simulator, deliver, retire, raise_pin
):
    delivery = deliver()
    simulator.fault("facebook", "drop_after", operation="publish")
    engine.publish_due(platform="facebook")
    retire()
    reconcile.reconcile(platform="facebook", clock=later(minutes=2))
    assert now(delivery).state == State.VERIFYING

    raise_pin()
    reconcile.reconcile(platform="facebook", clock=later(minutes=10))
    engine.publish_due(platform="facebook", clock=later(minutes=20))

    assert (now(delivery).state, len(simulator.visible("facebook"))) == (State.PUBLISHED, 1)


def test_a_post_whose_time_passes_meanwhile_is_put_before_people(simulator, deliver, retire):
    delivery = deliver()
    retire()
    engine.publish_due(platform="facebook")

    expiry.expire(clock=later(hours=3))

    assert (now(delivery).state, delivery.platform_code) == (State.EXPIRED, "2635")
    assert simulator.visible("facebook") == []
