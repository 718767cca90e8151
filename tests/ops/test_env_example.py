import ast
import re

from platforms.registry import CONNECTORS
from tests.ops import compose

# Read by docker-compose.yml and the gunicorn configuration rather than by settings.py.
OUTSIDE_SETTINGS = {
    "PORTAL_HOST",
    "MEDIA_HOST",
    "SECRETS",
    *(f"{image}_DIGEST" for image in ("POSTGRES", "REDIS", "NGINX", "PYTHON", "DEBIAN")),
    *(f"POSTGRES_{kind}_PASSWORD" for kind in ("WEB", "WORKER", "AUDITOR")),
    "WEB_CONCURRENCY",
    "PROXY_CONNECTIONS",
    "PROXY_CACHE_FOLDER",
}


def names_read_in_settings() -> set[str]:
    """Return the text arguments of calls that have the look of a variable's name, and what
    connectors ask for."""
    tree = ast.parse((compose.ROOT / "outreach_portal" / "settings.py").read_text(encoding="utf-8"))
    readers = ("env", "setting", "secret")
    found = {
        setting.variable
        for connector in CONNECTORS.values()
        for setting in connector.settings.values()
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[0] in readers:
            texts = [
                a.value
                for a in call.args
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            found.update(text for text in texts if re.fullmatch(r"[A-Z][A-Z0-9_]+", text))
    return found


def example() -> list[tuple[str, str, str]]:
    source = (compose.ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^(#?)([A-Z][A-Z0-9_]+)=(.*)$", source, re.MULTILINE)


def test_it_names_every_variable_that_settings_read_and_no_other():
    named = [name for _off, name, _value in example()]

    assert sorted(named) == sorted(names_read_in_settings() | OUTSIDE_SETTINGS)


def test_keys_and_passwords_are_no_lines_of_it():
    """It is every process's; each key is a file of those who need it."""
    keys = {key for service in compose.services() for key in compose.keys_of(service)}

    assert "SECRET_KEY" in keys
    assert [name for off, name, _value in example() if name in keys and not off] == []


def test_it_holds_no_secret():
    filled_in = {name: value for off, name, value in example() if not off and value}

    assert filled_in == {"PORTAL_MODE": "production"}
