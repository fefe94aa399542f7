-- People, posts and who stands in for whom; three administrators.

-- Keys of existing tables are checked by a query of the owner, who otherwise is under the walls too. The tables stay
-- locked until they are forced again, at the end.
ALTER TABLE person NO FORCE ROW LEVEL SECURITY;
ALTER TABLE post NO FORCE ROW LEVEL SECURITY;

-- An account is created powerless and disabled, enabled by another, and never deleted: its login is never reused.
ALTER TABLE person DROP COLUMN active;
ALTER TABLE person
    ADD COLUMN state TEXT NOT NULL DEFAULT 'created',
    ADD COLUMN state_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    ADD COLUMN idle_warned_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN administers TEXT,
    ADD COLUMN active BOOLEAN NOT NULL GENERATED ALWAYS AS (state = 'enabled') STORED,
    ADD COLUMN kind TEXT NOT NULL GENERATED ALWAYS AS (coalesce(administers, 'staff')) STORED,
    ADD CONSTRAINT person_tenant_id_kind_key UNIQUE (tenant, id, kind),
    ADD CONSTRAINT person_state_check CHECK (state IN ('created', 'enabled', 'disabled', 'left')),
    ADD CONSTRAINT person_administers_check CHECK (administers IN ('system_admin', 'security_admin', 'audit_admin'));
ALTER TABLE person ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state_at DROP DEFAULT;
CREATE UNIQUE INDEX person_login_idx ON person (tenant, lower(login));

-- Who has been made an administrator stays that one: the natural person never gets a second of the three roles.
CREATE FUNCTION keep_administers() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'an administrator never becomes another' USING ERRCODE = 'LS006';
END $$;
CREATE TRIGGER keep_administers BEFORE UPDATE OF administers ON person FOR EACH ROW
    WHEN (OLD.administers IS NOT NULL AND OLD.administers IS DISTINCT FROM NEW.administers)
    EXECUTE FUNCTION keep_administers();

-- To make somebody an administrator takes two people, and neither is the one who is made it. Only the owner, who sets a
-- tenant up, can write a founding appointment.
CREATE TABLE appointment (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    person UUID NOT NULL,
    role TEXT NOT NULL,
    founding BOOLEAN NOT NULL DEFAULT false,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    requested_by UUID,
    requester TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by UUID,
    decider TEXT,
    granted BOOLEAN,
    appointed TEXT GENERATED ALWAYS AS (CASE WHEN founding OR granted THEN role END) STORED,
    CONSTRAINT appointment_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT appointment_tenant_id_person_appointed_key UNIQUE (tenant, id, person, appointed),
    CONSTRAINT appointment_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT appointment_tenant_requested_by_fkey FOREIGN KEY(tenant, requested_by) REFERENCES person (tenant, id),
    CONSTRAINT appointment_tenant_decided_by_fkey FOREIGN KEY(tenant, decided_by) REFERENCES person (tenant, id),
    CONSTRAINT appointment_role_check CHECK (role IN ('system_admin', 'security_admin', 'audit_admin')),
    CONSTRAINT appointment_requested_check CHECK (founding = (requested_by IS NULL)),
    CONSTRAINT appointment_decided_check CHECK (num_nulls(decided_at, decided_by, decider, granted) IN (0, 4)),
    CONSTRAINT appointment_two_people_check CHECK (
        decided_by <> requested_by AND decided_by <> person AND requested_by <> person)
);

CREATE INDEX appointment_person_idx ON appointment (tenant, person);

-- A post has dates: ``until`` is its last day; a post that was ended stays for the record and carries nothing.
ALTER TABLE post DROP CONSTRAINT post_tenant_person_office_key;
ALTER TABLE post DROP CONSTRAINT post_roles_check;
ALTER TABLE post
    ADD COLUMN since DATE NOT NULL DEFAULT current_date,
    ADD COLUMN until DATE,
    ADD COLUMN ended_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN stands_in_for UUID,
    ADD COLUMN appointment UUID,
    ADD COLUMN admin TEXT GENERATED ALWAYS AS (CASE
        WHEN 'system_admin' = ANY(roles) THEN 'system_admin'
        WHEN 'security_admin' = ANY(roles) THEN 'security_admin'
        WHEN 'audit_admin' = ANY(roles) THEN 'audit_admin' END) STORED,
    -- An administrator's post binds its person for good, any other one as long as it has not ended.
    ADD COLUMN kind TEXT GENERATED ALWAYS AS (CASE
        WHEN 'system_admin' = ANY(roles) THEN 'system_admin'
        WHEN 'security_admin' = ANY(roles) THEN 'security_admin'
        WHEN 'audit_admin' = ANY(roles) THEN 'audit_admin'
        WHEN ended_at IS NULL AND cardinality(roles) > 0 THEN 'staff' END) STORED,
    ADD CONSTRAINT post_order_check CHECK (until >= since),
    ADD CONSTRAINT post_alone_check CHECK (admin IS NULL OR cardinality(roles) = 1),
    ADD CONSTRAINT post_appointment_check CHECK ((admin IS NULL) = (appointment IS NULL)),
    ADD CONSTRAINT post_stand_in_check CHECK (stands_in_for IS NULL OR until IS NOT NULL),
    ADD CONSTRAINT post_tenant_id_office_roles_key UNIQUE (tenant, id, office, roles),
    ADD CONSTRAINT post_tenant_person_kind_fkey FOREIGN KEY(tenant, person, kind) REFERENCES person (tenant, id, kind),
    ADD CONSTRAINT post_tenant_appointment_person_admin_fkey FOREIGN KEY(tenant, appointment, person, admin)
        REFERENCES appointment (tenant, id, person, appointed),
    -- Whoever stands in does so in the same office and with the very same roles.
    ADD CONSTRAINT post_tenant_stands_in_for_office_roles_fkey FOREIGN KEY(tenant, stands_in_for, office, roles)
        REFERENCES post (tenant, id, office, roles);
ALTER TABLE post ALTER COLUMN since DROP DEFAULT;
CREATE UNIQUE INDEX post_open_idx ON post (tenant, person, office) WHERE ended_at IS NULL AND stands_in_for IS NULL;
CREATE INDEX post_stands_in_for_idx ON post (tenant, stands_in_for) WHERE stands_in_for IS NOT NULL;

-- A list of people that somebody brought, row by row: what it says, what came of it. The same file again is the same list.
CREATE TABLE staff_import (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    filename TEXT NOT NULL,
    total INTEGER NOT NULL,
    brought_at TIMESTAMP WITH TIME ZONE NOT NULL,
    brought_by UUID,
    bringer TEXT NOT NULL,
    CONSTRAINT staff_import_pkey PRIMARY KEY (tenant, digest),
    CONSTRAINT staff_import_tenant_brought_by_fkey FOREIGN KEY(tenant, brought_by) REFERENCES person (tenant, id),
    CONSTRAINT staff_import_digest_check CHECK (length(digest) = 32)
);

CREATE TABLE staff_import_row (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    row INTEGER NOT NULL,
    said JSONB NOT NULL,
    state TEXT NOT NULL,
    remark TEXT NOT NULL,
    person UUID,
    post UUID,
    CONSTRAINT staff_import_row_pkey PRIMARY KEY (tenant, digest, row),
    CONSTRAINT staff_import_row_tenant_digest_fkey FOREIGN KEY(tenant, digest) REFERENCES staff_import (tenant, digest),
    CONSTRAINT staff_import_row_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT staff_import_row_tenant_post_fkey FOREIGN KEY(tenant, post) REFERENCES post (tenant, id),
    CONSTRAINT staff_import_row_state_check CHECK (state IN ('ready', 'wrong', 'created', 'enabled')),
    CONSTRAINT staff_import_row_made_check CHECK ((state IN ('created', 'enabled')) = (person IS NOT NULL AND post IS NOT NULL))
);

-- The history of a person: what was done to the account.
CREATE INDEX event_staff_idx ON event (tenant, (facts -> 'person' ->> 1), seq) WHERE action LIKE 'staff.%';

ALTER TABLE person FORCE ROW LEVEL SECURITY;
ALTER TABLE post FORCE ROW LEVEL SECURITY;
SELECT wall('appointment', 'staff_import', 'staff_import_row');

GRANT INSERT ON office, person, post TO lianshen_web;
GRANT UPDATE (name, body) ON office TO lianshen_web;
GRANT UPDATE (name, state, state_at, administers) ON person TO lianshen_web;
GRANT UPDATE (roles, until, ended_at, appointment) ON post TO lianshen_web;
GRANT SELECT ON appointment TO lianshen_web, lianshen_worker;
GRANT INSERT (tenant, id, person, role, requested_at, requested_by, requester) ON appointment TO lianshen_web;
GRANT UPDATE (decided_at, decided_by, decider, granted) ON appointment TO lianshen_web;
GRANT SELECT, INSERT ON staff_import, staff_import_row TO lianshen_web;
GRANT UPDATE (filename) ON staff_import TO lianshen_web; -- so that its row can be locked
GRANT UPDATE (state, remark, person, post) ON staff_import_row TO lianshen_web;

-- The worker disables accounts that nobody uses: it sees when they were last used, and nothing of a session's secret.
GRANT SELECT (tenant, person, seen_at) ON session TO lianshen_worker;
GRANT UPDATE (state, state_at, idle_warned_at) ON person TO lianshen_worker;

-- As before; a post counts within its dates alone, and one that stands in for another only as long as that one does.
DROP FUNCTION enter_session(text, bytea, timestamptz, timestamptz);
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz, idle_since timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz, rights bigint, principal uuid, principal_name text)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at,
               coalesce((SELECT r.version FROM rights r WHERE r.tenant = wanted), 0), h.id, h.name
        FROM session s
        JOIN person p ON p.tenant = wanted AND p.id = s.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.id = s.post AND t.person = p.id
         AND t.ended_at IS NULL AND t.since <= today AND (t.until IS NULL OR t.until >= today)
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        LEFT JOIN post f ON f.tenant = wanted AND f.id = t.stands_in_for
         AND f.ended_at IS NULL AND f.since <= today AND (f.until IS NULL OR f.until >= today)
        LEFT JOIN person h ON h.tenant = wanted AND h.id = f.person
        WHERE s.tenant = wanted AND s.digest = secret AND s.ended_at IS NULL
          AND s.expires_at > at AND s.seen_at > idle_since
          AND (t.stands_in_for IS NULL OR h.id IS NOT NULL);
END $$;
REVOKE EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz, timestamptz), keep_administers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz, timestamptz) TO lianshen_web;
