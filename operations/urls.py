from django.urls import path, register_converter
from django.urls.converters import StringConverter

from operations import views


class FilePath(StringConverter):
    """Name a file below a folder: no part begins with a dot, so none leads out of it."""

    regex = r"(?:\w[\w.-]*/)*\w[\w.-]*"


register_converter(FilePath, "file")
app_name = "operations"
urlpatterns = [
    path("status/", views.status, name="status"),
    path("status/work/", views.work, name="work"),
    path("status/freeze/", views.freeze, name="freeze"),
    path("status/release/", views.release, name="release"),
    path("docs/", views.documents, name="documents"),
    path("docs/<file:path>", views.document, name="document"),
]
