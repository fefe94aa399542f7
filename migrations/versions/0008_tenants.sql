-- Jurisdictions that come, move, merge and go; the operator's role, its walls, its orders.

-- What may happen in a tenant. founding: rows are being entered, nobody signs in. suspended: nobody acts, nothing runs.
-- closed: read-only, because others have taken its place. closing: on the way to being deleted, never back.
ALTER TABLE tenant DROP CONSTRAINT tenant_level_check;
ALTER TABLE tenant
    ADD COLUMN state TEXT NOT NULL DEFAULT 'active',
    ADD CONSTRAINT tenant_level_check CHECK (level IN ('county', 'city', 'province', 'platform')),
    ADD CONSTRAINT tenant_platform_check CHECK ((level = 'platform') = (tenant = '000000')),
    ADD CONSTRAINT tenant_state_check CHECK (state IN ('founding', 'active', 'suspended', 'closed', 'closing'));
ALTER TABLE tenant ALTER COLUMN state DROP DEFAULT;

-- One parent at a time. A code is six digits, so as a number it stands in a range of one; no extension is needed.
ALTER TABLE parent_edge
    ADD CONSTRAINT parent_edge_self_check CHECK (parent <> tenant),
    ADD CONSTRAINT parent_edge_one_excl EXCLUDE USING gist (
        int4range(tenant::int, tenant::int, '[]') WITH &&, daterange(since, until) WITH &&);

-- No circle on any day: walk up from the new edge, each step within the days that all edges so far share.
CREATE FUNCTION refuse_circle() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    -- One writer at a time: two edges, harmless alone, could close a circle together.
    PERFORM pg_advisory_xact_lock(hashtext('parent_edge'));
    IF EXISTS (
        WITH RECURSIVE above (tenant, during) AS (
            SELECT NEW.parent, daterange(NEW.since, NEW.until)
            UNION
            SELECT e.parent, a.during * daterange(e.since, e.until) FROM above a
            JOIN parent_edge e ON e.tenant = a.tenant AND daterange(e.since, e.until) && a.during
        )
        SELECT FROM above WHERE tenant = NEW.tenant
    ) THEN
        RAISE EXCEPTION 'a jurisdiction would stand above itself' USING ERRCODE = 'LS012';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_circle AFTER INSERT OR UPDATE ON parent_edge FOR EACH ROW EXECUTE FUNCTION refuse_circle();

-- Names that were, until the day before; the present one stands in tenant.
CREATE TABLE former_name (
    tenant TEXT NOT NULL,
    until DATE NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT former_name_pkey PRIMARY KEY (tenant, until),
    CONSTRAINT former_name_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

-- What came of a jurisdiction by merger or split.
CREATE TABLE succession (
    tenant TEXT NOT NULL,
    successor TEXT NOT NULL,
    since DATE NOT NULL,
    CONSTRAINT succession_pkey PRIMARY KEY (tenant, successor),
    CONSTRAINT succession_self_check CHECK (successor <> tenant),
    CONSTRAINT succession_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT succession_successor_fkey FOREIGN KEY(successor) REFERENCES tenant (tenant)
);
GRANT SELECT ON former_name, succession TO lianshen_web, lianshen_worker;
GRANT SELECT (state) ON tenant TO lianshen_relay;

CREATE FUNCTION tenant_state() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_catalog AS $$
    SELECT state FROM tenant WHERE tenant = current_tenant()
$$;

-- As before; a tenant that is suspended, being founded or going is entered by nobody but the operator's process.
CREATE OR REPLACE FUNCTION enter(wanted text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    present text := current_setting('lianshen.tenant', true);
BEGIN
    IF wanted IS NULL OR wanted !~ '^[0-9]{6}$' THEN
        RAISE EXCEPTION 'not a tenant' USING ERRCODE = 'LS002';
    END IF;
    IF present <> '' AND present <> wanted THEN
        RAISE EXCEPTION 'one transaction, one tenant' USING ERRCODE = 'LS003';
    END IF;
    IF current_user IN ('lianshen_web', 'lianshen_worker')
       AND EXISTS (SELECT FROM public.tenant t WHERE t.tenant = wanted AND t.state NOT IN ('active', 'closed')) THEN
        RAISE EXCEPTION 'this tenant is suspended' USING ERRCODE = 'LS010';
    END IF;
    PERFORM set_config('lianshen.tenant', wanted, true);
END $$;

-- No act is done without its event, so a closed tenant refuses the event, and with it whatever was to be done.
CREATE FUNCTION refuse_act() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF (SELECT state FROM tenant WHERE tenant = NEW.tenant) = 'closed' THEN
        RAISE EXCEPTION 'this tenant is closed' USING ERRCODE = 'LS011';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_act BEFORE INSERT ON event FOR EACH ROW
    WHEN (split_part(NEW.action, '.', 1) NOT IN ('identity', 'audit', 'tenancy', 'operations'))
    EXECUTE FUNCTION refuse_act();

-- What the platform's operators order, and a process with the operator's role carries out. Deleting takes two people.
CREATE TABLE operator_order (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    details JSONB NOT NULL,
    secrets JSONB,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    requested_by UUID NOT NULL,
    requester TEXT NOT NULL,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by UUID,
    approver TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    state TEXT NOT NULL,
    progress TEXT NOT NULL,
    outcome JSONB,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT operator_order_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT operator_order_tenant_requested_by_fkey FOREIGN KEY(tenant, requested_by) REFERENCES person (tenant, id),
    CONSTRAINT operator_order_tenant_approved_by_fkey FOREIGN KEY(tenant, approved_by) REFERENCES person (tenant, id),
    CONSTRAINT operator_order_platform_check CHECK (tenant = '000000' AND subject ~ '^[0-9]{6}$' AND subject <> tenant),
    CONSTRAINT operator_order_kind_check CHECK (kind IN ('create', 'suspend', 'resume', 'export', 'delete')),
    CONSTRAINT operator_order_approved_check CHECK (num_nulls(approved_at, approved_by, approver) IN (0, 3)),
    CONSTRAINT operator_order_two_people_check CHECK (approved_by <> requested_by),
    CONSTRAINT operator_order_state_check CHECK (state IN ('ordered', 'running', 'done', 'failed')),
    CONSTRAINT operator_order_finished_check CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);

CREATE INDEX operator_order_requested_idx ON operator_order (tenant, requested_at);
CREATE UNIQUE INDEX operator_order_open_idx ON operator_order (tenant, subject)
    WHERE state IN ('ordered', 'running') AND withdrawn_at IS NULL;

-- Counts of each tenant for the operator's page, taken by the operator's process: no content.
CREATE TABLE tenant_figure (
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    people BIGINT NOT NULL,
    projects BIGINT NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE,
    counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT tenant_figure_pkey PRIMARY KEY (tenant, subject),
    CONSTRAINT tenant_figure_platform_check CHECK (tenant = '000000')
);

-- An operator's role is held in the platform's own tenant alone.
ALTER TABLE post ADD CONSTRAINT post_operator_check CHECK (tenant = '000000' OR NOT 'operator' = ANY(roles));

-- The state of a tenant: founding once, closing for good and only by an order that two people gave.
CREATE FUNCTION guard_state() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF NEW.state = 'founding' OR OLD.state = 'closing' THEN
        RAISE EXCEPTION 'a tenant is founded once and closes for good' USING ERRCODE = 'LS013';
    END IF;
    IF NEW.state = 'closing' AND (OLD.state NOT IN ('suspended', 'closed') OR NOT EXISTS (
        SELECT FROM operator_order o WHERE o.tenant = '000000' AND o.subject = NEW.tenant AND o.kind = 'delete'
           AND o.state = 'running' AND o.withdrawn_at IS NULL AND o.approved_by IS NOT NULL)) THEN
        RAISE EXCEPTION 'no order of two people to delete this tenant' USING ERRCODE = 'LS013';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_state BEFORE UPDATE OF state ON tenant FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_state();

CREATE FUNCTION is_closing(wanted text) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_catalog AS $$
    SELECT EXISTS (SELECT FROM tenant WHERE tenant = wanted AND state = 'closing')
$$;

-- The register forgets a jurisdiction only when it is being deleted.
CREATE FUNCTION keep_register() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF NOT is_closing(OLD.tenant) THEN
        RAISE EXCEPTION 'the register is kept' USING ERRCODE = 'LS013';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_register BEFORE DELETE ON tenant FOR EACH ROW EXECUTE FUNCTION keep_register();
CREATE TRIGGER keep_register BEFORE DELETE ON parent_edge FOR EACH ROW EXECUTE FUNCTION keep_register();
CREATE TRIGGER keep_register BEFORE DELETE ON former_name FOR EACH ROW EXECUTE FUNCTION keep_register();
CREATE TRIGGER keep_register BEFORE DELETE ON succession FOR EACH ROW EXECUTE FUNCTION keep_register();

-- As before, but the rows of a tenant that is being deleted go, by the one role that deletes. Triggers hold for the
-- owner too, so nobody else's DELETE passes, whatever the state.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'lianshen_operator' AND is_closing(OLD.tenant) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LS004';
END $$;

-- The operator's role at a walled table: it reads the tenant it has entered, writes one that is being founded, and
-- deletes from one that is closing.
CREATE FUNCTION operator_wall(VARIADIC names text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
DECLARE
    name text;
    columns text;
    mine text := 'tenant = (SELECT current_tenant())';
BEGIN
    FOREACH name IN ARRAY names LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
        WHERE attrelid = format('%I', name)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'tenant';
        EXECUTE format('GRANT SELECT, INSERT, UPDATE (%s), DELETE ON %I TO lianshen_operator', columns, name);
        EXECUTE format('CREATE POLICY operator_wall ON %I AS RESTRICTIVE TO lianshen_operator '
                       'USING (%s) WITH CHECK (%2$s)', name, mine);
        EXECUTE format('CREATE POLICY operator_reads ON %I FOR SELECT TO lianshen_operator USING (%s)', name, mine);
        EXECUTE format('CREATE POLICY operator_founds ON %I FOR INSERT TO lianshen_operator '
                       'WITH CHECK (%s AND (SELECT tenant_state()) = ''founding'')', name, mine);
        EXECUTE format('CREATE POLICY operator_edits ON %I FOR UPDATE TO lianshen_operator '
                       'USING (%s AND (SELECT tenant_state()) = ''founding'')', name, mine);
        EXECUTE format('CREATE POLICY operator_closes ON %I FOR DELETE TO lianshen_operator '
                       'USING (%s AND (SELECT tenant_state()) = ''closing'')', name, mine);
    END LOOP;
END $$;

-- As before, and the operator's side of the wall.
CREATE OR REPLACE FUNCTION wall(VARIADIC names text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
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
        PERFORM operator_wall(name);
    END LOOP;
END $$;

SELECT operator_wall(VARIADIC array_agg(relname::text)) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity;
SELECT wall('operator_order', 'tenant_figure');
-- It carries orders out and gives none.
REVOKE ALL ON operator_order FROM lianshen_operator;
GRANT SELECT, DELETE ON operator_order TO lianshen_operator;

REVOKE EXECUTE ON FUNCTION tenant_state(), is_closing(text), operator_wall(text[]), refuse_circle(), refuse_act(),
    guard_state(), keep_register() FROM PUBLIC;
-- The append-only triggers ask for everybody who tries to delete.
GRANT EXECUTE ON FUNCTION is_closing(text) TO lianshen_web, lianshen_worker, lianshen_relay;
GRANT USAGE ON SCHEMA public TO lianshen_operator;
GRANT EXECUTE ON FUNCTION current_tenant(), enter(text), tenant_state(), is_closing(text) TO lianshen_operator;
-- Functions to come run with their caller's rights, so calling them adds no power.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO lianshen_operator;

-- The operator's process keeps the register, adds its own acts to the ledger of whom they concern, and tells how orders go.
GRANT SELECT ON alembic_version TO lianshen_operator;
GRANT SELECT, INSERT, DELETE ON tenant, parent_edge, former_name, succession TO lianshen_operator;
GRANT UPDATE (name, state) ON tenant TO lianshen_operator;
GRANT UPDATE (until) ON parent_edge TO lianshen_operator;
CREATE POLICY operator_records ON event FOR INSERT TO lianshen_operator
    WITH CHECK (tenant = (SELECT current_tenant()) AND split_part(action, '.', 1) IN ('tenancy', 'operations'));
CREATE POLICY operator_records ON chain_head FOR UPDATE TO lianshen_operator
    USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()));
GRANT UPDATE (seq, digest) ON chain_head TO lianshen_operator;
CREATE POLICY operator_works ON operator_order FOR UPDATE TO lianshen_operator
    USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()));
GRANT UPDATE (state, progress, outcome, secrets, started_at, finished_at) ON operator_order TO lianshen_operator;
CREATE POLICY operator_counts ON tenant_figure FOR INSERT TO lianshen_operator
    WITH CHECK (tenant = (SELECT current_tenant()));
CREATE POLICY operator_recounts ON tenant_figure FOR UPDATE TO lianshen_operator
    USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()));
CREATE POLICY operator_forgets ON tenant_figure FOR DELETE TO lianshen_operator
    USING (tenant = (SELECT current_tenant()));
GRANT UPDATE (people, projects, last_at, counted_at) ON tenant_figure TO lianshen_operator;

-- The web takes orders and has no part in carrying them out.
GRANT SELECT ON operator_order, tenant_figure TO lianshen_web;
GRANT INSERT ON operator_order TO lianshen_web;
GRANT UPDATE (approved_at, approved_by, approver, withdrawn_at) ON operator_order TO lianshen_web;
