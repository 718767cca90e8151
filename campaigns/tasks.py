"""The tasks of the app's subjects, where Celery looks for them."""

from campaigns.kits import tasks as kits
from campaigns.partners import tasks as partners

__all__ = ["kits", "partners"]
