"""The tasks of the app's subjects, where Celery looks for them."""

from campaigns.kits import tasks as kits

__all__ = ["kits"]
