"""The JSON API: the same commands and queries as the pages, under /api/v1."""
