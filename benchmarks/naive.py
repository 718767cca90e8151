"""A first project with Celery: one task a post, ``eta`` at its second, a blocking call, all
defaults.

It asks no database at all, which favours it: a real one would have rows to read and to mark.
"""

import os

import requests
from celery import Celery

from benchmarks.simulator import proof

app = Celery("naive", broker=os.environ.get("NAIVE_BROKER", "redis://127.0.0.1:6379/0"))


@app.task
def publish(url: str, page: str, token: str) -> None:
    requests.post(
        f"{url}/facebook/graph/v26.0/{page}/feed",
        data={
            "message": "Công an không yêu cầu chuyển tiền qua điện thoại.",
            "access_token": token,
            "appsecret_proof": proof(token),
        },
        timeout=40,
    ).raise_for_status()
