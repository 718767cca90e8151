"""A class with an officer and a leader, on the addresses of a training installation."""

from types import ModuleType

import pytest
from django.test import Client
from django.urls import include, path

from accounts.permissions import Role
from outreach_portal import urls
from tests import factories
from tests.journeys.conftest import (  # noqa: F401 -- fixtures for test_screens.py
    at_desk,
    browser_context_args,
    browser_type_launch_args,
    portal_server,
)
from training import people


@pytest.fixture
def training(settings, simulator):
    """The addresses of a training installation, and the simulator."""
    module = ModuleType("training_urlconf")
    module.urlpatterns = [*urls.urlpatterns, path("training/", include("training.urls"))]
    settings.TRAINING, settings.ROOT_URLCONF = True, module
    settings.SIMULATOR_URL = simulator.url
    return simulator


@pytest.fixture
def trainer(db):
    return factories.person(Role.ADMINISTRATOR, factories.ministry())


@pytest.fixture
def training_class(training, trainer):
    factories.topic()
    return people.open_class(name="Lớp Đà Nẵng", officers=1, leaders=1, by=trainer)


@pytest.fixture
def officer(training_class):
    return training_class.participants.select_related(*SEAT).get(role=Role.OFFICER)


@pytest.fixture
def leader(training_class):
    return training_class.participants.select_related(*SEAT).get(role=Role.APPROVER)


SEAT = ("training_class", "unit", "user", "officer", "leader")


@pytest.fixture
def sign_in(settings):
    """Sign somebody in on a browser of their own."""

    def sign_in(user) -> Client:
        if user.appointments.get().role == Role.APPROVER:
            factories.with_app(user)
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        client.force_login(user)
        return client

    return sign_in
