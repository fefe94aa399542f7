"""The floor of the house: settings, clock, database, errors, log. It knows no module above it."""
