-- What the law knows of a unit, on whichever of its projects it was found.
CREATE TABLE standing (
    tenant TEXT NOT NULL,
    office UUID NOT NULL,
    facts JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT standing_pkey PRIMARY KEY (tenant, office),
    CONSTRAINT standing_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id)
);

ALTER TABLE standing ENABLE ROW LEVEL SECURITY;
ALTER TABLE standing FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON standing TO lianshen_owner, lianshen_web, lianshen_worker
    USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()));
CREATE POLICY wall ON standing AS RESTRICTIVE TO lianshen_owner, lianshen_web, lianshen_worker
    USING (tenant = (SELECT current_tenant())) WITH CHECK (tenant = (SELECT current_tenant()));
CREATE TRIGGER keep_tenant BEFORE UPDATE OF tenant ON standing
    FOR EACH ROW WHEN (OLD.tenant IS DISTINCT FROM NEW.tenant) EXECUTE FUNCTION keep_tenant();

GRANT SELECT, INSERT ON standing TO lianshen_web, lianshen_worker;
GRANT UPDATE (facts, updated_at) ON standing TO lianshen_web, lianshen_worker;
