"""All settings, in one file. Every value that differs between installations is read from the environment, typed.

Three kinds of installation, chosen by PORTAL_MODE:
- ``try-out``: SQLite, filesystem broker, the simulator; what ``make run`` starts.
- ``test``: what ``make test`` runs; the try-out's values, but the database and broker it is given.
- ``production``: everything must be named in the environment; unsafe values stop the start (see ``guard.py``).
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from channels.connectors import CONNECTORS
from channels.connectors.base import Setting
from outreach_portal import guard

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

MODE = env.str("PORTAL_MODE", default="try-out")
PRODUCTION = MODE == "production"
TRY_OUT = MODE == "try-out"
guard.require_known_mode(MODE)


def setting(reader, name: str, *, try_out):
    """The value of ``name``; outside production it may be left out."""
    return reader(name) if PRODUCTION else reader(name, default=try_out)


VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = setting(env.str, "SECRET_KEY", try_out=guard.TRY_OUT_SECRET)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = setting(env.list, "ALLOWED_HOSTS", try_out=["127.0.0.1", "localhost", "[::1]", "testserver"])
PORTAL_URL = setting(env.str, "PORTAL_URL", try_out="http://127.0.0.1:8000").rstrip("/")
# Where platforms fetch pictures and films, if not there: a host of its own keeps their load off the officers' pages.
MEDIA_PUBLIC_URL = env.str("MEDIA_PUBLIC_URL", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

INSTALLED_APPS = [
    "accounts.system.SystemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "django_htmx",
    "django_prose_editor",
    "core",
    "audit",
    "units",
    "accounts",
    "campaigns",
    "channels",
    "posts",
    "publishing",
    "engagement",
    "oversight",
]
if not PRODUCTION:
    INSTALLED_APPS.append("try_out")  # sample content: its command does not exist in production

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "core.middleware.response_policies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageOfUser",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionLimits",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
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
                "accounts.context.desk",
                "publishing.context.pauses",
            ],
            "builtins": ["django.templatetags.i18n", "core.templatetags.ui"],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": setting(
        lambda name, **given: env.db_url(name, **given),
        "DATABASE_URL",
        try_out=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}",
    )
}
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if SQLITE:
    # IMMEDIATE: a writer waits for its turn at BEGIN instead of failing in the middle of its work.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION

# Uploads: what a commune's post may carry. The platforms' own limits live in the connectors.
IMAGE_MAX_BYTES = env.int("IMAGE_MAX_BYTES", default=20 * 1024 * 1024)
IMAGE_MAX_PIXELS = env.int("IMAGE_MAX_PIXELS", default=40_000_000)
VIDEO_MAX_BYTES = env.int("VIDEO_MAX_BYTES", default=1024 * 1024 * 1024)
VIDEO_MAX_SECONDS = env.int("VIDEO_MAX_SECONDS", default=3 * 3600)
# What must stay free beside a film that is taken in: the database may lie on the same disk.
MEDIA_ROOM_BYTES = env.int("MEDIA_ROOM_BYTES", default=1024 * 1024 * 1024)
UPLOADS_A_PERSON = env.int("UPLOADS_A_PERSON", default=5)  # begun and not ended, in all browsers together
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler", "posts.incoming.ToDisk"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # bulk actions and the import preview name each row
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "oversight:today"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Cổng truyền thông Công an cơ sở"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# Wrong passwords are counted by axes below; allauth's own count would lock the account for every address.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip"}

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
# Account and address together: a stranger elsewhere cannot lock an officer out before a planned fraud.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_USERNAME_CALLABLE = "accounts.adapter.name_typed"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=0)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CSRF_COOKIE_HTTPONLY = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["outreach_portal.formats"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PRODUCTION
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True

# --- Mail -------------------------------------------------------------------------------------------------------------

if PRODUCTION:
    _mail = env.email_url("EMAIL_URL")  # smtp+tls://user:password@host:587
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
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
        }
    }
# Who answers for the installation: told when something is late, and when it is over.
ALARM_EMAILS = setting(env.list, "ALARM_EMAILS", try_out=[])
DEFAULT_FROM_EMAIL = setting(env.str, "DEFAULT_FROM_EMAIL", try_out="cong-truyen-thong@try-out.example")

# --- Platforms --------------------------------------------------------------------------------------------------------

SIMULATOR_URL = env.str("SIMULATOR_URL", default="http://127.0.0.1:8100").rstrip("/")


def platform_setting(each: Setting) -> str | int:
    """What a connector asks for. Production speaks to the real hosts unless told otherwise, everything else to the
    simulator."""
    read = env.int if isinstance(each.real, int) else env.str
    if each.simulated:
        return read(each.variable, default=each.real if PRODUCTION else SIMULATOR_URL + each.simulated).rstrip("/")
    if PRODUCTION and each.real is None:
        return read(each.variable)
    return read(each.variable, default=each.real if PRODUCTION or each.try_out is None else each.try_out)


PLATFORMS = {
    kind: {name: platform_setting(each) for name, each in connector.settings.items()}
    for kind, connector in CONNECTORS.items()
}
# AES-256 keys (base64, 32 bytes) that seal the channels' tokens. The first seals, the others still open.
CREDENTIAL_KEYS = setting(env.list, "CREDENTIAL_KEYS", try_out=[guard.TRY_OUT_CREDENTIAL_KEY])
# Platforms fetch media by address: signed, short-lived, and only of revisions that are being published.
MEDIA_LINK_SECONDS = env.int("MEDIA_LINK_SECONDS", default=3600)

# --- Work in the background -------------------------------------------------------------------------------------------

PUBLISHING = {
    "claim_ahead_seconds": env.float("PUBLISH_CLAIM_AHEAD_SECONDS", default=30.0),
    # Begun so long before the second, called on it: what is recalled or paused in this last moment is taken down again.
    "begin_ahead_seconds": env.float("PUBLISH_BEGIN_AHEAD_SECONDS", default=0.5),
    "claim_batch": env.int("PUBLISH_CLAIM_BATCH", default=500),
    "lease_seconds": env.int("PUBLISH_LEASE_SECONDS", default=90),
    "connections": env.int("PUBLISH_CONNECTIONS", default=1024),
    "call_seconds": env.int("PUBLISH_CALL_SECONDS", default=40),
    # Longer than the client's deadline, the platforms' slowest apply and their listing lag together.
    "verify_grace_seconds": env.int("PUBLISH_VERIFY_GRACE_SECONDS", default=60),
    # From one look on the platform to the next; each wait is twice the last.
    "look_seconds": env.float("PUBLISH_LOOK_SECONDS", default=60),
    # Videos go to their platform so long before their second, so many at once from one process to one platform.
    "prepare_ahead_seconds": env.float("PUBLISH_PREPARE_AHEAD_SECONDS", default=1800),
    "uploads": env.int("PUBLISH_UPLOADS", default=8),
    # From one look at what a platform still processes to the next; the waits grow to twenty times that.
    "processing_seconds": env.float("PUBLISH_PROCESSING_SECONDS", default=15),
    "not_after_seconds": env.int("PUBLISH_NOT_AFTER_SECONDS", default=2 * 3600),
    "max_attempts": env.int("PUBLISH_MAX_ATTEMPTS", default=8),
    "by_hand_seconds": env.int("PUBLISH_BY_HAND_SECONDS", default=2 * 3600),
}

CELERY_BROKER_URL = setting(env.str, "REDIS_URL", try_out="filesystem://localhost")
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
    }
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
# Celery would close the database connection after each task, and a ring a second costs more for the new connection than
# for its work; outreach_portal/celery.py closes what is broken or too old.
CELERY_DB_REUSE_MAX = 1_000_000_000
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = "house"
PUBLISH_QUEUES = [f"publish.{platform}" for platform in PLATFORMS]
CELERY_TASK_QUEUES = {
    name: {"exchange": name, "routing_key": name}
    for name in [*PUBLISH_QUEUES, "upload", "recall", "settle", "channels", "counts", "mail", "house"]
}
CELERY_TASK_ROUTES = {
    "publishing.tasks.prepare_due": {"queue": "upload"},
    "publishing.tasks.take_down": {"queue": "recall"},
    "publishing.tasks.settle": {"queue": "settle"},
    "publishing.tasks.expire": {"queue": "settle"},
    "publishing.tasks.hand_over": {"queue": "settle"},
    "publishing.tasks.send_broadcasts": {"queue": "settle"},
    "publishing.tasks.read_back": {"queue": "settle"},
    "channels.tasks.*": {"queue": "channels"},
    "engagement.tasks.*": {"queue": "counts"},
    "core.tasks.send_mail": {"queue": "mail"},
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "outreach_portal.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
# No ring expires: a worker would hold that against its own clock, and one that is fast would never work.
CELERY_BEAT_SCHEDULE = {
    **{
        f"publish due on {platform}": {
            "task": "publishing.tasks.publish_due",
            "schedule": 1.0,
            "kwargs": {"platform": platform},
            "options": {"queue": f"publish.{platform}"},
        }
        for platform in PLATFORMS
    },
    "bring videos to their platforms": {"task": "publishing.tasks.prepare_due", "schedule": 5.0},
    "take down what is recalled": {"task": "publishing.tasks.take_down", "schedule": 2.0},
    "settle what is in doubt": {"task": "publishing.tasks.settle", "schedule": 3.0},
    "send to followers what two people confirmed": {"task": "publishing.tasks.send_broadcasts", "schedule": 10.0},
    "hand over what people post themselves": {"task": "publishing.tasks.hand_over", "schedule": 3.0},
    "expire what is too late": {"task": "publishing.tasks.expire", "schedule": 5.0},
    "read the pages back after a restore": {"task": "publishing.tasks.read_back", "schedule": 5.0},
    "watch": {"task": "publishing.tasks.watch", "schedule": 30.0},
    **{
        f"ring the queue {queue}": {
            "task": "publishing.tasks.ring",
            "schedule": 10.0,
            "kwargs": {"queue": queue},
            "options": {"queue": queue},
        }
        for queue in ("channels", "counts", "mail", "house")
    },
    **{
        f"refresh tokens of {platform}": {
            "task": "channels.tasks.refresh_tokens",
            "schedule": 60.0,
            "kwargs": {"platform": platform},
        }
        for platform in PLATFORMS
    },
    **{
        f"look for foreign posts on {platform}": {
            "task": "channels.tasks.look_for_foreign_posts",
            "schedule": 60.0,
            "kwargs": {"platform": platform},
        }
        for platform in PLATFORMS
    },
    "hear what platforms told": {"task": "channels.tasks.hear", "schedule": 5.0},
    "subscribe to platforms' news": {"task": "channels.tasks.subscribe", "schedule": 300.0},
    "check channels": {"task": "channels.tasks.check_channels", "schedule": crontab(minute=10, hour=5)},
    "announce connections that end": {"task": "channels.tasks.announce_ends", "schedule": crontab(minute=40, hour=5)},
    "sweep uploads": {"task": "posts.tasks.sweep_uploads", "schedule": crontab(minute=40)},
    "count": {"task": "engagement.tasks.collect", "schedule": 20.0},
}

# --- Logs -------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
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
SILENCED_SYSTEM_CHECKS: list[str] = []
if PRODUCTION:
    guard.refuse_unsafe(globals())
