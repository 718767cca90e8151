from django.apps import AppConfig


class TryOutConfig(AppConfig):
    """Sample content for the try-out. Not installed in production, so that nobody can fill a real
    portal with it.
    """

    name = "try_out"
