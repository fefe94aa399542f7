"""Faults under load, and whether anything was lost: users with a history, a checker of invariants, a proxy that breaks
connections, processes killed by their recorded ids. Loopback alone, bounded in time and count, seeds printed.
"""
