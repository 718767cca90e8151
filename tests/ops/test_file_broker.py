import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from outreach_portal import file_broker


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "queue").mkdir()
    return tmp_path


@pytest.fixture
def connect(folder):
    file_broker.use()
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    opened = []

    def connect() -> Connection:
        opened.append(Connection("filesystem://localhost", transport_options=options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.release()


def test_a_reader_that_polls_while_messages_are_written_gets_each_of_them_whole(connect):
    sent, received = [f"letter {n}" for n in range(500)], []

    def write() -> None:
        queue = connect().SimpleQueue("mail")
        for text in sent:
            queue.put(text)

    writer = threading.Thread(target=write)
    queue = connect().SimpleQueue("mail")
    writer.start()
    while len(received) < len(sent):
        try:
            message = queue.get_nowait()
        except Empty:
            assert writer.is_alive() or len(received) + queue.qsize() == len(sent)
            continue
        message.ack()
        received.append(message.payload)
    writer.join()

    assert sorted(received) == sorted(sent)


def test_a_message_that_is_still_being_written_is_not_taken(connect, folder):
    queue = connect().SimpleQueue("mail")
    (folder / "queue" / "1_half.mail.part").write_text('{"bo')

    with pytest.raises(Empty):
        queue.get_nowait()
