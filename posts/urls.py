from django.urls import path

from posts.views import media

app_name = "posts"
urlpatterns = [
    path("media/<uuid:public_id>/", media.media, name="media"),
    path("m/<str:token>/<str:name>", media.public_media, name="public_media"),
]
