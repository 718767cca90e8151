"""The portal under faults: a run in the manner of Jepsen.

    make faults N=2000 SEED=1          or  python -m tests.faults --n 300 --seed 7

`plan` draws from a seed what people do (schedule, move, cancel, edit, recall, pause) around the
seconds at which posts fall due, and what goes wrong meanwhile. `processes` starts the portal as in
production: a PostgreSQL and a Redis of its own, workers, beat, the web for pictures, and the
simulated platforms. `people` does what is planned through the real services and keeps a history,
`nemesis` kills, stops, floods and forges. `checker` then compares the database, the audit log and
the history with what residents saw. The last line counts violations; each is shown with its
history.

`worker` starts a worker that may die at a named step, or with one guard taken out (`mutants`): a
checker that finds nothing then would be worth nothing.
"""
