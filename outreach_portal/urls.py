from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from core.views import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("accounts/", include("allauth.urls")),
    path("system/", admin.site.urls),
    path("", include("oversight.urls")),
    path("", include("accounts.urls")),
    path("units/", include("units.urls")),
    path("audit/", include("audit.urls")),
    path("channels/", include("channels.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("", include("posts.urls")),
    path("", include("publishing.urls")),
    path("", include("engagement.urls")),
]
