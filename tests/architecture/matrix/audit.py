from tests.architecture.matrix.entry import EVERYONE, OFFICER, Entry

ENTRIES = {"audit:log": Entry(roles=EVERYONE - {OFFICER})}
