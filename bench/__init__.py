"""Benchmarks: what a worker does, beside the ceiling that the same core reached just then.

    python -m bench.tokens

Traps: the cores of a shared machine drift by half and more within minutes, so a bare req/s says
nothing; only ratios of rounds that alternate count. And no figure counts with an error in it:
refusing is cheaper than answering.
"""
