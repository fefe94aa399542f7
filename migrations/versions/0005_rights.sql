-- Roles that a tenant composes for itself.
SELECT;
