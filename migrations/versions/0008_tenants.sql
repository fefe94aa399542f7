-- Jurisdictions that come, move, merge and go.
SELECT;
