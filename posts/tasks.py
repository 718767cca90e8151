"""The tasks of the app's subjects, where Celery looks for them."""

from posts.editor import tasks as editor
from posts.media_library import tasks as media_library
from posts.review import tasks as review

__all__ = ["editor", "media_library", "review"]
