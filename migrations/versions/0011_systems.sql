-- Other systems and their keys. What a key may do is written in it; the role of systems bounds it at every request.
CREATE TABLE system (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    office UUID NOT NULL,
    person UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT system_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT system_tenant_name_key UNIQUE (tenant, name),
    CONSTRAINT system_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT system_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT system_tenant_created_by_fkey FOREIGN KEY(tenant, created_by) REFERENCES person (tenant, id)
);

CREATE TABLE system_token (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    digest BYTEA NOT NULL,
    system UUID NOT NULL,
    office UUID NOT NULL,
    permissions TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    replaces UUID,
    CONSTRAINT system_token_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT system_token_tenant_digest_key UNIQUE (tenant, digest),
    CONSTRAINT system_token_tenant_system_fkey FOREIGN KEY(tenant, system) REFERENCES system (tenant, id),
    CONSTRAINT system_token_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT system_token_tenant_created_by_fkey FOREIGN KEY(tenant, created_by) REFERENCES person (tenant, id),
    CONSTRAINT system_token_tenant_replaces_fkey FOREIGN KEY(tenant, replaces) REFERENCES system_token (tenant, id),
    CONSTRAINT system_token_digest_check CHECK (length(digest) = 32),
    CONSTRAINT system_token_permissions_check CHECK (cardinality(permissions) > 0),
    CONSTRAINT system_token_order_check CHECK (expires_at > created_at)
);
CREATE INDEX system_token_system_idx ON system_token (tenant, system, created_at);

-- The role of systems is held by their keys alone.
ALTER TABLE post ADD CONSTRAINT post_system_check CHECK (NOT 'system' = ANY(roles));

SELECT wall('system', 'system_token');
GRANT SELECT, INSERT ON system, system_token TO lianshen_web;
GRANT UPDATE (ended_at) ON system TO lianshen_web;
GRANT UPDATE (expires_at, used_at, revoked_at) ON system_token TO lianshen_web;

-- As enter_session does for people: bind the transaction and find who holds the key, in one round trip.
CREATE FUNCTION enter_token(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (token uuid, system uuid, name text, office uuid, office_name text, body text, permissions text[],
               used_at timestamptz)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT k.id, s.id, s.name, o.id, o.name, o.body, k.permissions, k.used_at
        FROM system_token k
        JOIN system s ON s.tenant = wanted AND s.id = k.system AND s.ended_at IS NULL
        JOIN office o ON o.tenant = wanted AND o.id = k.office
        WHERE k.tenant = wanted AND k.digest = secret AND k.revoked_at IS NULL AND k.expires_at > at;
END $$;
REVOKE EXECUTE ON FUNCTION enter_token(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_token(text, bytea, timestamptz) TO lianshen_web;
