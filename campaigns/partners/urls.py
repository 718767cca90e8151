from django.urls import path

from campaigns.partners import views

app_name = "partners"
urlpatterns = [
    path("", views.partner_list, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:public_id>/", views.partner, name="partner"),
    path("<uuid:public_id>/edit/", views.edit, name="edit"),
    path("<uuid:public_id>/renew/", views.renew, name="renew"),
    path("<uuid:public_id>/end/", views.end, name="end"),
]
