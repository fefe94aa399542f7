"""Receipts: what was filed, frozen, and the signed statement that it was."""
