-- Keys of other systems.
SELECT;
