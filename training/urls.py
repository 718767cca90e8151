"""Pages of training alone: the portal's addresses take them in only there."""

from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("", views.exercises, name="exercises"),
    path("exercises/<slug:slug>/", views.exercise, name="exercise"),
    path("exercises/<slug:slug>/begin/", views.begin, name="begin"),
    path("exercises/<slug:slug>/hint/", views.hint, name="hint"),
    path("certificate/", views.certificate, name="certificate"),
    path("certificate.pdf", views.certificate_pdf, name="certificate_pdf"),
    path("classes/", views.classes, name="classes"),
    path("classes/new/", views.open_class, name="open_class"),
    path("classes/<uuid:public_id>/", views.class_page, name="class"),
    path("classes/<uuid:public_id>/sign-ins/", views.sign_ins, name="sign_ins"),
    path("classes/<uuid:public_id>/remove/", views.remove_class, name="remove_class"),
]
