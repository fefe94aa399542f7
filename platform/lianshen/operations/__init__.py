"""The platform's own work on tenants: founding, suspending, exporting, restoring and deleting them, by order."""
