from django.contrib import admin
from django.urls import include, path

from accounts.views import set_language
from channels.views.hooks import hook
from core.views import healthz
from publishing.views.status import readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("language/", set_language, name="set_language"),
    path("accounts/", include("allauth.urls")),
    path("system/", admin.site.urls),
    path("", include("oversight.urls")),
    path("", include("accounts.urls")),
    path("units/", include("units.urls")),
    path("audit/", include("audit.urls")),
    path("channels/", include("channels.urls")),
    path("hooks/<slug:platform>/", hook, name="hook"),
    path("campaigns/", include("campaigns.urls")),
    path("", include("posts.urls")),
    path("", include("publishing.urls")),
    path("", include("engagement.urls")),
]
