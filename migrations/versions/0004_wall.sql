-- One function that puts the walls around a new table: forced row security, two policies, a tenant that never changes.
CREATE FUNCTION wall(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO lianshen_owner, lianshen_web, lianshen_worker '
                       'USING (tenant = (SELECT current_tenant())) '
                       'WITH CHECK (tenant = (SELECT current_tenant()))', name);
        EXECUTE format('CREATE POLICY wall ON %I AS RESTRICTIVE TO lianshen_owner, lianshen_web, lianshen_worker '
                       'USING (tenant = (SELECT current_tenant())) '
                       'WITH CHECK (tenant = (SELECT current_tenant()))', name);
        EXECUTE format('CREATE TRIGGER keep_tenant BEFORE UPDATE OF tenant ON %I '
                       'FOR EACH ROW WHEN (OLD.tenant IS DISTINCT FROM NEW.tenant) EXECUTE FUNCTION keep_tenant()',
                       name);
    END LOOP;
END $$;

-- Rows that are only ever added.
CREATE FUNCTION append_only(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION wall(text[]), append_only(text[]) FROM PUBLIC;
