-- A dry run over a tenant's projects, and who let it take effect: another person than who made it.
CREATE TABLE move_plan (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    pack TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    planned_by UUID NOT NULL,
    planner TEXT NOT NULL,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by UUID,
    approver TEXT,
    CONSTRAINT move_plan_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT move_plan_tenant_planned_by_fkey FOREIGN KEY(tenant, planned_by) REFERENCES person (tenant, id),
    CONSTRAINT move_plan_tenant_approved_by_fkey FOREIGN KEY(tenant, approved_by) REFERENCES person (tenant, id),
    CONSTRAINT move_plan_approved_check CHECK (num_nulls(approved_at, approved_by, approver) IN (0, 3)),
    CONSTRAINT move_plan_two_people_check CHECK (approved_by <> planned_by)
);

CREATE INDEX move_plan_planned_idx ON move_plan (tenant, planned_at);

CREATE TABLE move_item (
    tenant TEXT NOT NULL,
    plan UUID NOT NULL,
    project UUID NOT NULL,
    version INTEGER NOT NULL,
    from_pack TEXT NOT NULL,
    from_digest TEXT NOT NULL,
    move JSONB NOT NULL,
    state TEXT NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT move_item_pkey PRIMARY KEY (tenant, plan, project),
    CONSTRAINT move_item_tenant_plan_fkey FOREIGN KEY(tenant, plan) REFERENCES move_plan (tenant, id),
    CONSTRAINT move_item_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT move_item_state_check CHECK (state IN ('planned', 'stays', 'moved', 'changed')),
    CONSTRAINT move_item_done_check CHECK ((state IN ('moved', 'changed')) = (done_at IS NOT NULL))
);

CREATE INDEX move_item_project_idx ON move_item (tenant, project);

-- Each rung of the ladder before a law ends, once; -1 is the one after its end.
CREATE TABLE law_warning (
    tenant TEXT NOT NULL,
    pack TEXT NOT NULL,
    ends DATE NOT NULL,
    rung INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT law_warning_pkey PRIMARY KEY (tenant, pack, ends, rung)
);

-- A notice may be about the law itself, and then about no project.
ALTER TABLE notice ALTER COLUMN project DROP NOT NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['move_plan', 'move_item', 'law_warning'] LOOP
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

-- The web plans and approves; the worker moves, one project a transaction, and warns.
GRANT SELECT ON move_plan, move_item TO lianshen_web, lianshen_worker;
GRANT INSERT ON move_plan, move_item TO lianshen_web;
GRANT UPDATE (approved_at, approved_by, approver) ON move_plan TO lianshen_web;
GRANT UPDATE (state, done_at) ON move_item TO lianshen_worker;
GRANT UPDATE (pack, pack_digest) ON project TO lianshen_worker;
GRANT SELECT, INSERT ON law_warning TO lianshen_worker;
