-- Checkpoints and daily roots.
SELECT;
