"""Scripts and style sheets as browsers get them: hashed names, digests, what a module imports
(docs/adr/0027).
"""

import base64
import hashlib
import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What Django rewrites when it gathers the files: an import or export at the beginning of a line, of
# a path.
IMPORT = re.compile(
    r"""^(?:import|export)\b(?:[^"'=(;]*\bfrom)?\s*["'](\.[^"']+)["']""", re.MULTILINE
)


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Files under names that change with their content, also where one module imports another."""

    support_js_module_import_aggregation = True


@lru_cache(maxsize=256)
def compute_digest(path: str) -> str:
    """Return the SHA-384 of a static file in base64, as served: collected files differ from their
    sources in the addresses in them.
    """
    if found := finders.find(path) if settings.WHITENOISE_USE_FINDERS else None:
        content = Path(found).read_bytes()
    else:
        storage = cast("ManifestStaticFilesStorage", staticfiles_storage)
        with storage.open(storage.stored_name(path)) as file:
            content = file.read()
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


@lru_cache(maxsize=256)
def list_imports(path: str) -> tuple[str, ...]:
    """Return the modules that this one imports, those that they import included, each once."""
    found: dict[str, None] = {}
    waiting = [path]
    while waiting:
        for each in list_direct_imports(waiting.pop(0)):
            if each not in found:
                found[each] = None
                waiting.append(each)
    return tuple(found)


def list_direct_imports(path: str) -> list[str]:
    """Return the modules that the source of this one names."""
    if source := finders.find(path):
        content = Path(source).read_text(encoding="utf-8")
    else:
        with staticfiles_storage.open(path) as file:
            content = file.read().decode()
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), each))
        for each in IMPORT.findall(content)
    ]
