"""Fill the choices of a form."""

from __future__ import annotations

from html import escape

from simulator.hub import Hub
from simulator.rendering import Html, joined


def titles(hub: Hub) -> dict[str, str]:
    """Name the platforms as people do."""
    return {name: spec.title for name, spec in hub.world.specs.items()}


def options(choices: dict[str, str], chosen: str = "") -> Html:
    return joined(
        [
            Html(
                f"<option "
                f'value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'  # noqa: E501
            )
            for value, label in choices.items()
        ]
    )
