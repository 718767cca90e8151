"""All settings, in one file. Every value that differs between installations is read from the
environment, typed.

Four kinds of installation, chosen by PORTAL_MODE:
- ``try-out``: a PostgreSQL of its own, filesystem broker, the simulator; what ``make run`` starts.
- ``test``: what ``make test`` runs; the try-out's values, but the database and broker it is given.
- ``training``: where people practise; the try-out's content and the simulator, keys of its own.
  What leads to a live installation stops the start (see ``guard.py``).
- ``production``: everything must be named in the environment; unsafe values stop the start (see
  ``guard.py``).
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from core import confinement
from outreach_portal import guard, timetable
from outreach_portal.environment import Env
from platforms.facts import Setting
from platforms.registry import CONNECTORS

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

MODE = env.str("PORTAL_MODE", default="try-out")
# Which keys this process has: those of its work, and no other (see `guard.NEEDED_BY`).
PROCESS = env.str("PORTAL_PROCESS", default="web")
PRODUCTION = MODE == "production"
TRAINING = MODE == "training"
TRY_OUT = MODE == "try-out"
guard.require_known_mode(MODE)
guard.require_known_process(PROCESS)
# People sign in over a network: everything is named and checked, and pages go by https. A training
# may also run for one machine alone, as a try-out does.
DEPLOYED = PRODUCTION or (
    TRAINING and not guard.is_here(urlsplit(env.str("PORTAL_URL", default="")).hostname)
)
# Sample people, whose passwords are published and whose codes are shown, are for one machine alone.
SAMPLES = TRY_OUT or (TRAINING and not DEPLOYED)
if DEPLOYED:
    # Of this process and what it forks: other programs of the same user, above all those that read
    # hostile files, see neither its environment nor its memory.
    confinement.forbid_inspection()


def setting(reader, name: str, *, try_out):
    """Return the value of ``name``; where nobody signs in over a network it may be missing."""
    return reader(name) if DEPLOYED else reader(name, default=try_out)


def secret(reader, name: str, *, try_out, without):
    """Return a key. Where it must be named, a process that does not need it may go without: it is
    ``without`` then.
    """
    if DEPLOYED and not guard.needs(PROCESS, name):
        return reader(name, default=without)
    return setting(reader, name, try_out=try_out)


VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret(env.str, "SECRET_KEY", try_out=guard.TRY_OUT_SECRET, without="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = setting(
    env.list, "ALLOWED_HOSTS", try_out=["127.0.0.1", "localhost", "[::1]", "testserver"]
)
PORTAL_URL = setting(env.str, "PORTAL_URL", try_out="http://localhost:8000").rstrip("/")
# Where residents find which pages are official. Empty: there is no such place yet, and no page is
# asked for a link to it.
REGISTER_URL = env.str("REGISTER_URL", default="" if DEPLOYED else f"{PORTAL_URL}/trang-chinh-thuc")
# Where platforms fetch pictures and videos, if not there: a host of its own keeps their load off
# the officers' pages.
MEDIA_PUBLIC_URL = env.str("MEDIA_PUBLIC_URL", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

INSTALLED_APPS = [
    "accounts.system.SystemAdminConfig",
    "accounts",  # before auth, whose command changepassword it takes away
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "django_prose_editor",
    "core",
    "audit",
    "units",
    "media",
    "links",
    "help",
    "campaigns",
    "channels",
    "posts",
    "publishing",
    "engagement",
    "oversight",
    "operations",
    "retention",
]
if not PRODUCTION:
    # Sample content and exercises: neither exists in production.
    INSTALLED_APPS += ["try_out", "training"]

MIDDLEWARE = [
    "core.frames.RoomForFrames",
    "core.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    # Before static files, which bear the same policies.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "core.middleware.response_policies",
    # Before sessions: whoever follows a short link gets no cookie.
    "links.middleware.FollowLinks",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageOfUser",
    "django.middleware.common.CommonMiddleware",
    # Before the look for a form's token, the first that reads a form.
    "core.middleware.BoundInput",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.RecordDeniedAccess",
    "accounts.middleware.SessionLimits",
    "accounts.middleware.FactorRequired",
    "accounts.middleware.BrowserMarks",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "core.middleware.SayWhenToTryAgain",
    "core.middleware.RefuseSecrecyMarks",
    # Last: a form that would be refused does nothing that could be done twice.
    "core.resends.DoOnce",
]

ROOT_URLCONF = "outreach_portal.urls"
WSGI_APPLICATION = "outreach_portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.person",
                "publishing.pauses.context.pauses",
            ],
            "builtins": ["django.templatetags.i18n", "core.templatetags.ui"],
        },
    }
]

if SAMPLES:
    TEMPLATES[0]["OPTIONS"]["context_processors"].append("try_out.context.add_code")

# --- Data -----------------------------------------------------------------------------------------

DATABASES = {
    "default": setting(
        lambda name, **given: env.db_url(name, **given),
        "DATABASE_URL",
        # Of `make run`, for commands beside it (scripts/local_postgresql.py).
        try_out=f"postgres://portal@/portal?host={quote(str(VAR_DIR / 'postgresql'))}&port=5432",
    )
}
if password := env.str("DATABASE_PASSWORD", default=""):  # of a file, beside the address
    DATABASES["default"]["PASSWORD"] = password
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),  # such as sslmode, from the address
    # Statements here are short: to compile the plan of a claim took 50 ms, to run it 1 ms. With
    # the 4 MB of the default, six weeks of the nation's posts are sorted on disk to be counted.
    "options": (
        "-c statement_timeout=30000 -c lock_timeout=5000 -c jit=off -c work_mem=16MB -c "
        "idle_in_transaction_session_timeout=30000"
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits and used one-time codes must be the same for every process. Not Redis: it may lose its
# memory, and nobody could sign in while it is away. The table comes with the migrations of core
# (docs/adr/0014).
CACHES = {
    "default": {
        "BACKEND": "core.cache.TableCache",
    }
}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "core.assets.HashedStorage"
        if DEPLOYED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# The site of `make docs`, which the image holds.
DOCUMENTS_ROOT = BASE_DIR / "var" / "docs"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not DEPLOYED
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Uploads: what a commune's post may carry. The platforms' own limits live in the connectors.
IMAGE_MAX_BYTES = env.int("IMAGE_MAX_BYTES", default=20 * 1024 * 1024)
IMAGE_MAX_PIXELS = env.int("IMAGE_MAX_PIXELS", default=40_000_000)
VIDEO_MAX_BYTES = env.int("VIDEO_MAX_BYTES", default=1024 * 1024 * 1024)
VIDEO_MAX_SECONDS = env.int("VIDEO_MAX_SECONDS", default=3 * 3600)
# What must stay free beside a video that is taken in: the database may lie on the same disk.
MEDIA_ROOM_BYTES = env.int("MEDIA_ROOM_BYTES", default=1024 * 1024 * 1024)
# clamd looks at every upload before anything else reads it: unix:///path, or tcp://localhost:3310;
# empty: none.
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", default="")
# Every picture and video is looked into by the scanners. Off in tests alone, where each then counts
# as looked into; production refuses that.
SCAN_MEDIA = True
UPLOADS_A_PERSON = env.int(
    "UPLOADS_A_PERSON", default=8
)  # begun and not ended, in all browsers together
FILE_UPLOAD_HANDLERS = [
    "core.resends.HashFiles",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "media.incoming.ToDisk",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# Characters of one field, before anything is done with it; its form may take fewer, and says so.
FIELD_MAX_CHARACTERS = 10_000
# Fields that take more, by their name or by what stands before its first hyphen.
LONG_FIELDS = {
    "assertion": 20_000,  # a passkey's answer over the approvals of a queue
    "body": 40_000,  # a post as HTML
    "captions": 100_000,  # of a video
    "text": 150_000,  # what 500 values of the ministry mean; the text of one channel is less
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # bulk actions and the import preview name each row
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# How often one person may do what costs the portal most: (times, within seconds). Far above a busy
# day at a station.
QUOTAS = {
    "draft": [(60, 3600), (200, 86400)],
    "upload": [(120, 3600), (500, 86400)],
    "edit": [(200, 3600), (600, 86400)],  # pictures cropped, turned, blurred
    "card": [(40, 3600), (120, 86400)],  # of up to four pictures
    "card_preview": [(60, 60), (1200, 3600)],  # drawn while somebody types
    "video": [(20, 3600), (60, 86400)],  # videos cut or blurred
    "comment": [(60, 3600), (300, 86400)],
    "autosave": [(120, 60)],  # the composer saves at most every second and a half
    "check": [(240, 60)],  # at most one at a time, and none while somebody types on
    "library": [(120, 3600), (400, 86400)],  # templates and pieces made, changed, put away
    "export": [(30, 3600), (100, 86400)],
    "import": [(20, 3600), (60, 86400)],
    "link": [(60, 3600), (200, 86400)],
    "campaign": [(120, 3600), (400, 86400)],  # plans changed, items ticked, copied, closed
    "file": [(30, 3600), (100, 86400)],  # added to campaigns and kits
    "kit": [(120, 3600), (400, 86400)],  # written, changed, submitted, issued, passed on
    "partner": [(60, 3600), (200, 86400)],  # entered, renewed, contacts changed
    "share": [(60, 3600), (200, 86400)],  # a post with up to 20 partners
    "reminder": [(120, 3600), (400, 86400)],  # to units, of what they need to mend
    "matter": [(60, 3600), (200, 86400)],  # requests to units, answers and what follows
    "board_note": [(30, 3600), (100, 86400)],  # written on the dashboard of a unit
    "example": [(20, 3600), (40, 86400)],  # proposed to other units
    "report": [(40, 3600), (120, 86400)],  # begun, figures taken again, corrected; forms changed
    "report_reminder": [(10, 3600), (30, 86400)],  # to all units that have not sent a report
    "report_text": [(240, 3600), (800, 86400)],  # texts of reports saved
    "calendar_link": [(10, 3600), (20, 86400)],
    # Sheets of up to 200 posts, whose drafts count here alone.
    "series": [(10, 3600), (20, 86400)],  # of up to 52 posts, whose drafts count here alone
    "search_miss": [(10, 3600), (30, 86400)],  # words that the search did not find
    "false_alarm": [(30, 3600), (100, 86400)],
    "scan": [(30, 3600), (100, 86400)],  # a picture or video checked again
    "bulk_plan": [(6, 3600), (12, 86400)],
}

# --- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PasswordBackend",
]
PASSWORD_HASHERS = [
    "accounts.sign_in.hashing.BoundedArgon2Hasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.sign_in.passwords.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.sign_in.passwords.MaximumLengthValidator"},
    {"NAME": "accounts.sign_in.passwords.GuessablePasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "oversight:today"
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.PortalAccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ResetPasswordRequestForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.ChangeOwnPasswordForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.sign_in.reset_letters.ResetTokenGenerator"  # noqa: S105
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # else the address of the site, which no other letter has
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_ADAPTER = "accounts.sign_in.adapter.PortalMFAAdapter"
# From the second administrator's consent to the reset of a lost factor: time for its owner to stop
# it.
FACTOR_RESET_HOURS = env.int("FACTOR_RESET_HOURS", default=24)
MFA_SUPPORTED_TYPES = [
    "webauthn",
    "totp",
]  # recovery codes are our own, see accounts/second_factors/recovery_codes.py
MFA_PASSKEY_LOGIN_ENABLED = True
# As apps for one-time codes show it: who practises has two entries, and must tell them apart.
MFA_TOTP_ISSUER = f"{'[TẬP HUẤN] ' if TRAINING else ''}Cổng truyền thông Công an cơ sở"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "authenticate": "accounts.forms.SecondFactorForm",
    "reauthenticate": "accounts.forms.StepUpForm",
}
# Nobody signs up here: an account is bound to the address that its invitation went to.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Seconds of the clock: a code is good in its own half minute alone; sample people may type slowly.
MFA_TOTP_TOLERANCE = 0 if DEPLOYED else 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not DEPLOYED
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",  # a whole station, or a province's office, may sit behind one address
    # Of an account: codes of the second factor, which only who knows the password may try.
    # Passwords: the three below.
    "login_failed": "60/m/ip,10/5m/key",
    "password_at_address": "60/m/ip",
    # of one account in one browser that has signed in to it before
    "password_in_known_browser": "10/5m/key",
    # of one account in all other browsers of the world together
    "password_elsewhere": "20/15m/key",
}
# The ministry's sign-in (OpenID Connect); off while OIDC_ISSUER is empty (docs/adr/0020).
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile")
# Which words of the claims acr and amr say that the ministry asked for a second factor; none: ours
# is asked.
OIDC_ACR = env.list("OIDC_ACR", default=[])
OIDC_AMR = env.list("OIDC_AMR", default=[])
OIDC_MAX_AGE = env.int("OIDC_MAX_AGE", default=300)  # seconds since the password was typed there
OIDC_NAME_CLAIM = env.str("OIDC_NAME_CLAIM", default="name")
OIDC_UNIT_CLAIM = env.str("OIDC_UNIT_CLAIM", default="")
OIDC_ROLE_CLAIM = env.str("OIDC_ROLE_CLAIM", default="")
OIDC_REQUIRED = env.bool("OIDC_REQUIRED", default=False)
KNOWN_BROWSER_COOKIE = "__Host-known" if DEPLOYED else "known"

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
# Account and address together: a stranger elsewhere cannot lock an officer out before a planned
# fraud.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_USERNAME_CALLABLE = "accounts.sign_in.adapter.failure_name"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "accounts.sign_in.adapter.client_address"
# Further attempts do not prolong the lockout: a stranger could otherwise keep an account locked.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=0)

SESSION_ENGINE = "accounts.sign_in.session_store"
SESSION_COOKIE_AGE = 12 * 3600
# When an untouched session ends: of officers, of those who approve, oversee or administer, and at a
# shared computer.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_IDLE_SECONDS_LEADERS = env.int("SESSION_IDLE_SECONDS_LEADERS", default=15 * 60)
SESSION_IDLE_SECONDS_SHARED = env.int("SESSION_IDLE_SECONDS_SHARED", default=10 * 60)
SHARED_COMPUTER_COOKIE = "__Host-shared" if DEPLOYED else "shared"
MESSAGE_STORAGE = (
    "django.contrib.messages.storage.session.SessionStorage"  # they carry names and titles
)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
if DEPLOYED:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CSRF_COOKIE_HTTPONLY = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_MEDIA_HOST = [MEDIA_PUBLIC_URL] if MEDIA_PUBLIC_URL else []
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:", *_MEDIA_HOST],
    "media-src": [CSP.SELF, *_MEDIA_HOST],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    # Strings are no HTML, no script and no address of one: only these policies make them so
    # (docs/adr/0080).
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["portal", "tom-select", "ProseMirrorClipboard"],
    "report-uri": ["/csp-report/"],
    "report-to": "csp",
}

# --- Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["outreach_portal.formats"]
LANGUAGE_COOKIE_NAME = "__Host-language" if DEPLOYED else "django_language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = DEPLOYED
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True

# --- Mail -----------------------------------------------------------------------------------------

if PRODUCTION:
    # smtp+tls://user:password@host:587
    _mail = secret(env.email_url, "EMAIL_URL", try_out=None, without="smtp://localhost")
    MAILERS = {
        "default": {
            "BACKEND": _mail["EMAIL_BACKEND"],
            "OPTIONS": {
                "host": _mail["EMAIL_HOST"],
                "port": _mail["EMAIL_PORT"],
                "username": _mail["EMAIL_HOST_USER"],
                "password": _mail["EMAIL_HOST_PASSWORD"],
                "use_tls": _mail.get("EMAIL_USE_TLS", False),
                "use_ssl": _mail.get("EMAIL_USE_SSL", False),
                "timeout": 15,
            },
        }
    }
else:
    MAILERS = {
        "default": {
            "BACKEND": "core.training.MarkedMail"
            if TRAINING
            else "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
        }
    }
# Who answers for the installation: told when something is late, and when it is over.
ALARM_EMAILS = setting(env.list, "ALARM_EMAILS", try_out=[])
DEFAULT_FROM_EMAIL = setting(
    env.str, "DEFAULT_FROM_EMAIL", try_out="cong-truyen-thong@try-out.example"
)

# --- Platforms ------------------------------------------------------------------------------------

SIMULATOR_URL = env.str("SIMULATOR_URL", default="http://127.0.0.1:8100").rstrip("/")


def platform_setting(setting: Setting) -> str | int:
    """Return a connector's setting. By default production calls the real hosts, everything else the
    simulator.
    """
    read = env.int if isinstance(setting.real, int) else env.str
    if setting.simulated:
        return read(
            setting.variable,
            default=setting.real if PRODUCTION else SIMULATOR_URL + setting.simulated,
        ).rstrip("/")
    if PRODUCTION and setting.real is None and guard.needs(PROCESS, guard.PLATFORM_SECRETS):
        return read(setting.variable)
    return read(
        setting.variable,
        default=setting.real if PRODUCTION or setting.try_out is None else setting.try_out,
    )


# The proxy through which platforms are asked, where nothing else leads out: http://egress:3128.
EGRESS_PROXY = env.str("EGRESS_PROXY", default="")
PLATFORMS = {
    kind: {name: platform_setting(setting) for name, setting in connector.settings.items()}
    for kind, connector in CONNECTORS.items()
}
# AES-256 keys (base64, 32 bytes) that seal the channels' tokens. The first seals, the others still
# open.
CREDENTIAL_KEYS = secret(
    env.list, "CREDENTIAL_KEYS", try_out=[guard.TRY_OUT_CREDENTIAL_KEY], without=[]
)
# Ed25519 key (base64, 32 bytes) that signs the record's checkpoints: only for the process that
# makes them.
AUDIT_SIGNING_KEY = env.str(
    "AUDIT_SIGNING_KEY", default="" if PRODUCTION or TRAINING else guard.TRY_OUT_CREDENTIAL_KEY
)
AUDIT_PUBLIC_KEYS = env.list(
    "AUDIT_PUBLIC_KEYS", default=[]
)  # of former keys, whose signatures still hold
AUDIT_CHECKPOINT_DIR = Path(env.str("AUDIT_CHECKPOINT_DIR", default=str(VAR_DIR / "checkpoints")))
AUDIT_CHECKPOINT_EMAILS = env.list("AUDIT_CHECKPOINT_EMAILS", default=[])
# Keys (base64, 32 bytes) that seal approvals, kept apart from the database. The first seals, all of
# them prove.
APPROVAL_KEYS = secret(env.list, "APPROVAL_KEY", try_out=[guard.TRY_OUT_APPROVAL_KEY], without=[])
# Platforms fetch media by address: signed, short-lived, and only of revisions that are being
# published.
MEDIA_LINK_SECONDS = env.int("MEDIA_LINK_SECONDS", default=3600)

# --- Work in the background -----------------------------------------------------------------------

PUBLISHING = {
    "claim_ahead_seconds": env.float("PUBLISH_CLAIM_AHEAD_SECONDS", default=30.0),
    # Begun so long before the second, called on it: what is recalled or paused in this last moment
    # is taken down again.
    "begin_ahead_seconds": env.float("PUBLISH_BEGIN_AHEAD_SECONDS", default=0.5),
    "claim_batch": env.int("PUBLISH_CLAIM_BATCH", default=500),
    "lease_seconds": env.int("PUBLISH_LEASE_SECONDS", default=90),
    "connections": env.int("PUBLISH_CONNECTIONS", default=1024),
    "call_seconds": env.int("PUBLISH_CALL_SECONDS", default=40),
    # Longer than the client's deadline, the platforms' slowest apply and their listing lag
    # together.
    "verify_grace_seconds": env.int("PUBLISH_VERIFY_GRACE_SECONDS", default=60),
    # From one look on the platform to the next; each wait is twice the last.
    "look_seconds": env.float("PUBLISH_LOOK_SECONDS", default=60),
    # Videos go to their platform so long before their second, so many at once from one process to
    # one platform.
    "prepare_ahead_seconds": env.float("PUBLISH_PREPARE_AHEAD_SECONDS", default=1800),
    "uploads": env.int("PUBLISH_UPLOADS", default=8),
    # From one look at what a platform still processes to the next; the waits grow to twenty times
    # that.
    "processing_seconds": env.float("PUBLISH_PROCESSING_SECONDS", default=15),
    "not_after_seconds": env.int("PUBLISH_NOT_AFTER_SECONDS", default=2 * 3600),
    "max_attempts": env.int("PUBLISH_MAX_ATTEMPTS", default=8),
    "manual_seconds": env.int("PUBLISH_BY_HAND_SECONDS", default=2 * 3600),
}

CELERY_BROKER_URL = setting(env.str, "REDIS_URL", try_out="filesystem://localhost")
if password := env.str("REDIS_PASSWORD", default=""):  # of a file, beside the address
    CELERY_BROKER_URL = CELERY_BROKER_URL.replace("@", f":{quote(password, safe='')}@", 1)
if CELERY_BROKER_URL.startswith("filesystem"):
    _folder = VAR_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_folder / "queue"),
        "data_folder_out": str(_folder / "queue"),
        "control_folder": str(_folder / "control"),
        "polling_interval": 0.3,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 900,
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "unacked_restore_interval": 10,
        # What a worker holds is its own: the user of another may neither read nor change it
        # (deploy/redis/users).
        "unacked_key": f"unacked.{PROCESS}",
        "unacked_index_key": f"unacked.{PROCESS}.index",
        "unacked_mutex_key": f"unacked.{PROCESS}.mutex",
    }
# Touched while this worker or beat works: deploy/alive looks at it.
ALIVE_FILE = VAR_DIR / f"alive.{PROCESS}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# Early acknowledgement: the broker must never hand a started publication to a second worker.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nobody stops or questions a worker by way of the broker: whoever writes there could.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Celery would close the database connection after each task, and a ring a second costs more for the
# new connection than for its work; outreach_portal/celery.py closes what is broken or too old.
CELERY_DB_REUSE_MAX = 1_000_000_000
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_QUEUES = timetable.queues(PLATFORMS)
CELERY_TASK_ROUTES = timetable.ROUTES
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "outreach_portal.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BEAT_SCHEDULE = timetable.schedule(PLATFORMS)

# --- Logs -----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "core.logs.JsonFormatter"},  # gunicorn's own lines: deploy/gunicorn.conf.py
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if DEPLOYED else "line"}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Telegram's address is its token: no HTTP library may write addresses into a log.
        "aiohttp": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

PRODUCT_NAME = _("Outreach Portal")
if PRODUCTION or TRAINING:
    guard.refuse_unsafe(globals())
if TRAINING:  # the mark has been looked at: what follows it is the key
    CREDENTIAL_KEYS = [guard.unmarked(key) for key in CREDENTIAL_KEYS]
    APPROVAL_KEYS = [guard.unmarked(key) for key in APPROVAL_KEYS]
    AUDIT_SIGNING_KEY = guard.unmarked(AUDIT_SIGNING_KEY)
