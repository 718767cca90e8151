from django.urls import path

from campaigns.kits import poster_views, views, writing_views

app_name = "kits"
urlpatterns = [
    path("", views.kit_list, name="list"),
    path("new/", writing_views.new, name="new"),
    path("<uuid:public_id>/", views.kit, name="kit"),
    path("<uuid:public_id>/edit/", writing_views.edit, name="edit"),
    path("<uuid:public_id>/poster/", poster_views.poster, name="poster"),
    path("<uuid:public_id>/poster/file/", poster_views.poster_file, name="poster_file"),
    path("<uuid:public_id>/submit/", views.submit, name="submit"),
    path("<uuid:public_id>/approve/", views.approve, name="approve"),
    path("<uuid:public_id>/approve/passkey/", views.passkey_options, name="passkey_options"),
    path("<uuid:public_id>/issue/", views.issue, name="issue"),
    path("<uuid:public_id>/new-version/", views.new_version, name="new_version"),
    path("<uuid:public_id>/pass-on/", views.pass_on, name="pass_on"),
    path("<uuid:public_id>/withdraw/", views.withdraw, name="withdraw"),
]
