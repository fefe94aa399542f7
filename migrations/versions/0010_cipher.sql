-- Personal data under each tenant's key.
SELECT;
