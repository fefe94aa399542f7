"""The edge: HTTP pages and the JSON API. Handlers read a request, call one command or query, and answer."""
