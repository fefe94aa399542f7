-- A canary in each table that is searched over all tenants for what there is to do: open, and never due.
ALTER TABLE deadline ALTER COLUMN project DROP NOT NULL;
ALTER TABLE deadline ADD CONSTRAINT deadline_canary_check
    CHECK ((project IS NULL) = (id = '00000000-0000-0000-0000-000000000000'));

-- For the tenant entered; repeating it changes nothing.
CREATE FUNCTION plant_canaries() RETURNS void LANGUAGE sql SET search_path = public, pg_catalog AS $$
    INSERT INTO deadline (tenant, id, clock, label, article, quotation, owed_by, owed_to, trigger_on, unit, rolling,
                          due_on, due_at, provisional, calendar, on_expiry, state, opened_at, overdue)
    VALUES (current_tenant(), '00000000-0000-0000-0000-000000000000', 'canary', '', '', '', '', '', '9999-12-01', 'date',
            'none', '9999-12-01', '9999-12-01Z', false, '', 'none', 'open', now(), false)
    ON CONFLICT DO NOTHING;
    INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at, done_at)
    VALUES (current_tenant(), '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'canary',
            '', 'done', 0, now(), now())
    ON CONFLICT DO NOTHING;
$$;
REVOKE EXECUTE ON FUNCTION plant_canaries() FROM PUBLIC;

DO $$
DECLARE
    code text;
BEGIN
    FOR code IN SELECT tenant FROM tenant LOOP
        PERFORM set_config('lianshen.tenant', code, true);
        PERFORM plant_canaries();
    END LOOP;
    PERFORM set_config('lianshen.tenant', '', true);
END $$;
