"""Guards of the code taken away one by one: each must turn a test red (D211). ``python -m tests.mutants [words…]``.

``sites`` finds the guards, ``trial`` tries one, ``nursery`` is the process in which its tests run. Those of the
database's walls are in ``tests.walls.test_mutants``.
"""
