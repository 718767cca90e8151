from django.urls import path

from help import views

app_name = "help"
urlpatterns = [
    path("", views.index, name="index"),
    path("page/", views.page_guide, name="page"),
    path("handbook/<slug:reader>/", views.handbook, name="handbook"),
    path("handbook/<slug:reader>.pdf", views.handbook_pdf, name="handbook_pdf"),
    path("first-post.pdf", views.first_post_sheet, name="first_post_sheet"),
    path("miss/", views.report_miss, name="report_miss"),
    path("<slug:slug>/", views.guide, name="guide"),
]
