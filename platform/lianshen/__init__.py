"""Lianshen (联审): the whole life of a government IT project, each jurisdiction under its own regulation."""
