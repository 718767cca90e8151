"""The tasks of the app's subjects, where Celery looks for them."""

from media.library import tasks as library
from media.scanners import tasks as scanners

__all__ = ["library", "scanners"]
