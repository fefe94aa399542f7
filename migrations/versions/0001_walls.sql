-- The walls: one raising context function, two policies on every tenant table, narrow roles.
-- Roles themselves (lianshen_owner, lianshen_web, lianshen_worker, lianshen_relay) are made before, by the operator.

CREATE FUNCTION current_tenant() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
DECLARE
    tenant text := current_setting('lianshen.tenant', true);
BEGIN
    IF tenant IS NULL OR tenant = '' THEN
        RAISE EXCEPTION 'no tenant in this transaction' USING ERRCODE = 'LS001';
    END IF;
    RETURN tenant;
END $$;

-- The one place that sets the tenant: for this transaction alone, and once.
CREATE FUNCTION enter(wanted text) RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    present text := current_setting('lianshen.tenant', true);
BEGIN
    IF wanted IS NULL OR wanted !~ '^[0-9]{6}$' THEN
        RAISE EXCEPTION 'not a tenant' USING ERRCODE = 'LS002';
    END IF;
    IF present <> '' AND present <> wanted THEN
        RAISE EXCEPTION 'one transaction, one tenant' USING ERRCODE = 'LS003';
    END IF;
    PERFORM set_config('lianshen.tenant', wanted, true);
END $$;

-- Enter and find the holder of a live session, in one round trip. SECURITY INVOKER: it sees what its caller may see.
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz, idle_since timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at
        FROM session s
        JOIN person p ON p.tenant = wanted AND p.id = s.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.id = s.post AND t.person = p.id
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        WHERE s.tenant = wanted AND s.digest = secret AND s.ended_at IS NULL
          AND s.expires_at > at AND s.seen_at > idle_since;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LS004';
END $$;

CREATE FUNCTION keep_tenant() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'a row never changes its tenant' USING ERRCODE = 'LS005';
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'outbox', 'replay', 'counter', 'chain_head', 'event', 'office', 'person', 'post', 'session', 'project',
        'project_duty', 'task', 'document', 'deadline', 'deadline_entry', 'opinion', 'notice']
    LOOP
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
    FOREACH name IN ARRAY ARRAY['event', 'deadline_entry', 'document', 'project_duty'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO lianshen_web, lianshen_worker, lianshen_relay;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION current_tenant(), enter(text) TO lianshen_web, lianshen_worker, lianshen_relay;
GRANT EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz, timestamptz) TO lianshen_web;

-- Web and worker: rows of the tenant they have entered; UPDATE column by column, never on tenant or keys.
GRANT SELECT ON tenant, parent_edge, outbox, replay, counter, chain_head, event, office, person, post, project,
    project_duty, task, document, deadline, deadline_entry, opinion, notice TO lianshen_web, lianshen_worker;
GRANT SELECT ON session TO lianshen_web;
GRANT INSERT ON outbox, event, counter, project_duty, task, deadline, deadline_entry TO lianshen_web, lianshen_worker;
GRANT UPDATE (seq, digest) ON chain_head TO lianshen_web, lianshen_worker;
GRANT UPDATE (last) ON counter TO lianshen_web, lianshen_worker;
GRANT UPDATE (facts, title, disclosed, phase, phase_label, version, updated_at) ON project TO lianshen_web, lianshen_worker;
GRANT UPDATE (due_on, due_at, provisional, calendar, state, closed_at, overdue) ON deadline
    TO lianshen_web, lianshen_worker;
GRANT UPDATE (label, due_on) ON task TO lianshen_web, lianshen_worker;
GRANT DELETE ON task TO lianshen_web, lianshen_worker;

GRANT INSERT ON replay, session, project, document, opinion TO lianshen_web;
GRANT UPDATE (status, headers, body) ON replay TO lianshen_web;
GRANT UPDATE (seen_at, ended_at) ON session TO lianshen_web;
GRANT UPDATE (failures, locked_until, password) ON person TO lianshen_web;
GRANT UPDATE (verdict, remarks, person, given_by, given_at) ON opinion TO lianshen_web;
GRANT UPDATE (read_at) ON notice TO lianshen_web;

GRANT INSERT ON notice TO lianshen_worker;
GRANT UPDATE (state, attempts, done_at, reason) ON outbox TO lianshen_worker;

-- The relay crosses tenants, so it sees columns without content: which job waits, which deadline is due.
GRANT SELECT (tenant, id, job, request_id, state, attempts, created_at, sent_at) ON outbox TO lianshen_relay;
GRANT UPDATE (state, sent_at) ON outbox TO lianshen_relay;
GRANT SELECT (tenant, id, due_at, state, overdue) ON deadline TO lianshen_relay;
GRANT SELECT (tenant) ON tenant TO lianshen_relay;
GRANT SELECT, INSERT, UPDATE ON timetable TO lianshen_relay;
CREATE POLICY relay ON outbox TO lianshen_relay USING (true) WITH CHECK (true);
CREATE POLICY relay ON deadline FOR SELECT TO lianshen_relay USING (true);
