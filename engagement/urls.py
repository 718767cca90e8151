from django.urls import path

from engagement import views

app_name = "engagement"
urlpatterns = [
    path("campaigns/<uuid:public_id>/", views.campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/export/", views.campaign_export, name="campaign_export"),
    path("posts/<uuid:public_id>/counts/", views.post_counts, name="post_counts"),
    path("deliveries/<uuid:public_id>/figures/", views.enter_figures, name="enter_figures"),
]
