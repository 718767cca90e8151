"""Serve pages for people, in Vietnamese: what residents read, what owners do, the faults form."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from simulator.consent import Handler
from simulator.hub import Hub
from simulator.pages.fault_form import FaultForm
from simulator.pages.owners import Owners
from simulator.pages.residents import Residents

STATIC = Path(__file__).parent.parent / "static"


def add_routes(app: web.Application, hub: Hub) -> None:
    residents, owners, faults = Residents(hub), Owners(hub), FaultForm(hub)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/", residents.home),
        ("GET", "/pages/", residents.page_list),
        ("GET", "/pages/new/", owners.new_page),
        ("POST", "/pages/new/", owners.create_page),
        ("GET", "/pages/{platform}/{page}/", residents.show_page),
        ("GET", "/pages/{platform}/{page}/avatar.svg", residents.avatar),
        ("POST", "/pages/{platform}/{page}/post/", owners.post_manually),
        ("GET", "/pages/{platform}/{page}/posts/{post}/", residents.show_post),
        ("GET", "/media/{digest}", residents.media),
        ("GET", "/faults/", faults.fault_list),
        ("POST", "/faults/", faults.add_fault),
        ("POST", "/faults/{id}/delete/", faults.delete_fault),
    ]
    for name, spec in hub.world.specs.items():
        routes += [
            ("GET", path, residents.at_address(name, residents.show_page))
            for path in spec.page_paths
        ]
        routes += [
            ("GET", path, residents.at_address(name, residents.show_post))
            for path in spec.post_paths
        ]
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    app.router.add_static("/static/", STATIC)
