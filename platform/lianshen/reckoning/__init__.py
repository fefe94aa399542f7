"""Reckoning: what is compared every night, so that nothing vanishes unnoticed; and the totals of each day."""
