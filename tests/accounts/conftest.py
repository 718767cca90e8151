import pytest
from django.test import Client
from django.utils import translation


@pytest.fixture(autouse=True)
def _words_as_written():
    """Sentences are compared in the language of the source, whatever catalogue is compiled."""
    with translation.override("en"):
        yield


@pytest.fixture
def client(settings):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client
