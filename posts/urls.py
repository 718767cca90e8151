from django.urls import path

from posts.views import compose, history, life, listing, media, uploads

app_name = "posts"
urlpatterns = [
    path("posts/", listing.posts, name="list"),
    path("posts/new/", life.new, name="new"),
    path("posts/archive/", life.archive_many, name="archive_many"),
    path("posts/<uuid:public_id>/edit/", compose.edit, name="edit"),
    path("posts/<uuid:public_id>/autosave/", compose.autosave, name="autosave"),
    path("posts/<uuid:public_id>/presence/", compose.presence, name="presence"),
    path("posts/<uuid:public_id>/upload/", compose.upload, name="upload"),
    path("posts/<uuid:public_id>/channels/<uuid:channel>/choices/", compose.channel_choices, name="choices"),
    path("posts/<uuid:public_id>/uploads/", uploads.begin, name="uploads"),
    path("uploads/<uuid:public_id>/", uploads.one, name="one_upload"),
    path("posts/<uuid:public_id>/submit/", compose.submit, name="submit"),
    path("posts/<uuid:public_id>/archive/", life.archive, name="archive"),
    path("posts/<uuid:public_id>/duplicate/", life.duplicate, name="duplicate"),
    path("posts/<uuid:public_id>/correct/", life.correct, name="correct"),
    path("posts/<uuid:public_id>/history/", history.history, name="history"),
    path("revisions/<uuid:public_id>/", history.revision, name="revision"),
    path("media/<uuid:public_id>/", media.media, name="media"),
    path("m/<str:token>/<str:name>", media.public_media, name="public_media"),
]
