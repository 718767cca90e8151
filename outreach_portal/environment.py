"""Read settings from the environment, and secrets from the files that it names."""

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class _Files(FileAwareMapping):
    """Read NAME from the file named by ``NAME_FILE``, without the line end that editors add."""

    def __getitem__(self, key: str) -> str:
        try:
            return super().__getitem__(key).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{key}_FILE cannot be read: {type(error).__name__}."
            ) from None


class Env(environ.Env):
    """Environment variables, typed. A file that is named wins over a value."""

    ENVIRON = _Files()
