"""The filesystem broker of the try-out, without its race: a reader never meets a message that is
still being written.

kombu's own transport opens the file and only then fills it; a worker that polls in between takes an
empty message from the queue and stops for good with a JSON error
(https://github.com/celery/kombu/issues/1551).
"""

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        """Write a message under a name that no reader looks for, then rename it,
        which is one step.
        """
        message = Path(self.data_folder_out) / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        beside = message.with_suffix(".part")
        try:
            beside.write_bytes(dumps(payload).encode())
            beside.rename(message)
        except OSError as error:
            raise ChannelError(f"Cannot add {message} to the queue") from error


class Transport(filesystem.Transport):
    Channel = Channel


def use() -> None:
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
