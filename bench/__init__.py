"""Benchmarks: what a worker does, beside the ceiling that the same core reached just then.

    make bench          # or: python -m bench.suite

Traps: the cores of a shared machine drift by half and more within minutes, so a bare req/s says
nothing; only ratios of rounds that alternate count. And no figure counts with an error in it:
refusing is cheaper than answering.
"""
