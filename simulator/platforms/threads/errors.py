"""Word errors as Threads does."""

from __future__ import annotations

from simulator.platforms.meta.graph import GraphError


def missing() -> GraphError:
    return GraphError(
        "The requested resource does not exist", 24, 4279009, is_transient=False,
        error_user_title="Media Not Found",
        error_user_msg=("The media with this id cannot " "be found."),
    )  # fmt: skip


def wrong(text: str) -> GraphError:
    return GraphError(text, 100, kind="THApiException")


def unsupported(method: str, edge: str) -> GraphError:
    return GraphError(
        f"Unsupported {method.lower()} request on {edge}", 100, 33, kind="GraphMethodException"
    )
