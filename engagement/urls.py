from django.urls import path

from engagement.views import comments, figures

app_name = "engagement"
urlpatterns = [
    path("campaigns/<uuid:public_id>/", figures.campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/export/", figures.campaign_export, name="campaign_export"),
    path("posts/<uuid:public_id>/counts/", figures.post_counts, name="post_counts"),
    path("deliveries/<uuid:public_id>/figures/", figures.enter_figures, name="enter_figures"),
    path("figures/", figures.meanings, name="dictionary"),
    path("comments/", comments.desks, name="desks"),
    path("comments/allowed/", comments.allowances, name="desk_allowances"),
    path("deliveries/<uuid:public_id>/comments/", comments.comments, name="comments"),
]
