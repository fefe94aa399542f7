"""Visits: an operator of the platform looks into one tenant, for a time, when the tenant has approved it (D43)."""
