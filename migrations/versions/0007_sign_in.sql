-- Second factors, sessions, step-up.
SELECT;
