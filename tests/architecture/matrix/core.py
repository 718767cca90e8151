from tests.architecture.matrix.entry import Entry

ENTRIES = {
    "search": Entry(),
    "keys": Entry(),
}
