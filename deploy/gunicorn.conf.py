"""The web process in production, behind the reverse proxy."""

import os
import ssl

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104 -- inside the container
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = int(os.environ.get("WEB_TIMEOUT", "60"))
graceful_timeout = 30
keepalive = 75
max_requests = 20_000
max_requests_jitter = 2_000
# Heartbeat files on a disk can block a worker for seconds.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
# Over TLS, and only with a client that proves to be the proxy (deploy/certificates.py). Without
# a folder in clear.
if tls := os.environ.get("WEB_TLS"):
    certfile, keyfile, ca_certs = f"{tls}/server.pem", f"{tls}/server.key", f"{tls}/ca.pem"
    cert_reqs = ssl.CERT_REQUIRED


def on_starting(_server):
    """Close the master's memory and environment, too; web processes do so with their settings."""
    from core import confinement  # gunicorn knows the folder of the portal by now

    confinement.forbid_inspection()


_contexts = []


def ssl_context(_config, make_default):
    """Return one context for all connections of a process: each would read three files, and take 33
    KB for good where it is kept. gunicorn asks for each connection, with another ``make_default``
    each time.
    """
    if not _contexts:
        context = make_default()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        _contexts.append(context)
    return _contexts[0]


# No access log: addresses carry signed links and invitation secrets.
accesslog = None
logconfig_dict = {
    "formatters": {"json": {"()": "core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}
