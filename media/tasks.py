"""The tasks of the app's subjects, where Celery looks for them."""

from media.scanners import tasks as scanners

__all__ = ["scanners"]
