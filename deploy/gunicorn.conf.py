"""The web process in production, behind the reverse proxy."""

import os

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104 -- inside the container
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 30
keepalive = 75
max_requests = 20_000
max_requests_jitter = 2_000
# Heartbeat files on a disk can block a worker for seconds.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
# No access log: addresses carry signed links and invitation secrets.
accesslog = None
