from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("desk/", views.switch_desk, name="switch_desk"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/<uuid:public_id>/", views.notice, name="notice"),
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite, name="invite"),
    path("people/import/", views.upload, name="import"),
    path("people/import/template/", views.import_template, name="import_template"),
    path("people/import/preview/", views.import_preview, name="import_preview"),
    path("people/<uuid:public_id>/", views.person, name="person"),
    path("people/<uuid:public_id>/appoint/", views.appoint, name="appoint"),
    path("people/<uuid:public_id>/end-post/", views.end_post, name="end_post"),
    path("people/<uuid:public_id>/correct/", views.correct, name="correct"),
    path("people/<uuid:public_id>/disable/", views.disable, name="disable"),
    path("people/<uuid:public_id>/enable/", views.enable, name="enable"),
    path("people/<uuid:public_id>/unlock/", views.unlock, name="unlock"),
    path("people/<uuid:public_id>/reset-second-factor/", views.reset_second_factor, name="reset_second_factor"),
    path("people/<uuid:public_id>/invite-again/", views.invite_again, name="invite_again"),
    path("invitation/<str:secret>/", views.accept_invitation, name="accept_invitation"),
]
