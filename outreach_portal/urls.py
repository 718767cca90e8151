from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accounts.views.own import set_language
from accounts.views.reset import reset_password
from accounts.views.sign_in import sign_in
from channels.webhooks.views import hook
from core.views import csp_report, healthz, search, security_txt, shortcut_list
from operations.views import readyz

handler400 = "core.middleware.answer_bad_request"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("csp-report/", csp_report, name="csp_report"),
    path("search/", search, name="search"),
    path("search/keys/", shortcut_list, name="keys"),
    path("language/", set_language, name="set_language"),
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/password/reset/", reset_password, name="account_reset_password"),
    path("accounts/", include("allauth.urls")),
    path("system/", admin.site.urls),
    path("", include("oversight.urls")),
    path("", include("accounts.urls")),
    path("units/", include("units.urls")),
    path("", include("media.urls")),
    path("", include("links.urls")),
    path("help/", include("help.urls")),
    path("audit/", include("audit.urls")),
    path("channels/", include("channels.urls")),
    path("hooks/<slug:platform>/", hook, name="hook"),
    path("campaigns/kits/", include("campaigns.kits.urls")),
    path("partners/", include("campaigns.partners.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("", include("posts.urls")),
    path("", include("publishing.urls")),
    path("", include("engagement.urls")),
    path("", include("operations.urls")),
]
if settings.SAMPLES:
    urlpatterns.append(path("try-out/", include("try_out.urls")))
if settings.TRAINING:
    urlpatterns.append(path("training/", include("training.urls")))
