"""Fill the choices of a form."""

from __future__ import annotations

from html import escape

from simulator.hub import Hub
from simulator.rendering import Html, join


def list_platform_titles(hub: Hub) -> dict[str, str]:
    """Name the platforms as people do."""
    return {name: spec.title for name, spec in hub.world.specs.items()}


def render_options(choices: dict[str, str], chosen: str = "") -> Html:
    return join(
        [
            Html(
                f"<option "
                f'value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'  # noqa: E501
            )
            for value, label in choices.items()
        ]
    )
