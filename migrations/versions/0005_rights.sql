-- Roles that a tenant composes for itself, and the stamp by which every process knows that it must read them anew.
CREATE TABLE role (
    tenant TEXT NOT NULL,
    code TEXT NOT NULL,
    label TEXT NOT NULL,
    includes TEXT[] NOT NULL,
    permissions TEXT[] NOT NULL,
    since DATE NOT NULL,
    until DATE,
    ended_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    CONSTRAINT role_pkey PRIMARY KEY (tenant, code),
    CONSTRAINT role_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT role_code_check CHECK (code ~ '^own_[0-9]+$'),
    CONSTRAINT role_label_check CHECK (label <> ''),
    CONSTRAINT role_some_check CHECK (cardinality(includes) + cardinality(permissions) > 0),
    CONSTRAINT role_order_check CHECK (until >= since)
);

CREATE UNIQUE INDEX role_label_idx ON role (tenant, label) WHERE ended_at IS NULL;

CREATE TABLE rights (
    tenant TEXT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT rights_pkey PRIMARY KEY (tenant),
    CONSTRAINT rights_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

SELECT wall('role', 'rights');

-- No statement can change a role without moving the stamp. It only grows, and not from 1: a tenant that was deleted and
-- made anew never shows a stamp under which a process still holds the old tenant's roles. The operator's process, which
-- restores a tenant's rows and deletes them, brings the stamp along with the roles that it stands for.
CREATE FUNCTION stamp_rights() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF current_user = 'lianshen_operator' THEN
        RETURN NULL;
    END IF;
    INSERT INTO rights AS r (tenant, version)
    VALUES (coalesce(NEW.tenant, OLD.tenant), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ON CONFLICT (tenant) DO UPDATE
        SET version = greatest(r.version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION stamp_rights() FROM PUBLIC;
CREATE TRIGGER stamp_rights AFTER INSERT OR UPDATE OR DELETE ON role FOR EACH ROW EXECUTE FUNCTION stamp_rights();

-- A role is ended, never deleted: posts and events name it.
GRANT SELECT ON role, rights TO lianshen_web, lianshen_worker;
GRANT INSERT ON role, rights TO lianshen_web;
GRANT UPDATE (label, includes, permissions, since, until, ended_at, version) ON role TO lianshen_web;
GRANT UPDATE (version) ON rights TO lianshen_web;

-- As before, with the stamp of the tenant's rights (0: it has no roles of its own), still in one round trip.
DROP FUNCTION enter_session(text, bytea, timestamptz, timestamptz);
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz, idle_since timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz, rights bigint)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at,
               coalesce((SELECT r.version FROM rights r WHERE r.tenant = wanted), 0)
        FROM session s
        JOIN person p ON p.tenant = wanted AND p.id = s.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.id = s.post AND t.person = p.id
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        WHERE s.tenant = wanted AND s.digest = secret AND s.ended_at IS NULL
          AND s.expires_at > at AND s.seen_at > idle_since;
END $$;
REVOKE EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz, timestamptz) TO lianshen_web;
