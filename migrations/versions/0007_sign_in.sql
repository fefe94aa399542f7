-- Second factors, sessions, step-up.

-- When the password was set, and for a secret that somebody else handed out, until when it opens (D99, D110).
ALTER TABLE person ADD COLUMN password_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now();
ALTER TABLE person ADD COLUMN initial_until TIMESTAMP WITH TIME ZONE;
GRANT UPDATE (password_at, initial_until) ON person TO lianshen_web;

CREATE TABLE former_password (
    tenant TEXT NOT NULL,
    person UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    password TEXT NOT NULL,
    CONSTRAINT former_password_pkey PRIMARY KEY (tenant, person, at),
    CONSTRAINT former_password_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id)
);

CREATE TABLE factor (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    person UUID NOT NULL,
    kind TEXT NOT NULL,
    secret BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT factor_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT factor_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT factor_kind_check CHECK (kind IN ('totp'))
);

CREATE INDEX factor_person_idx ON factor (tenant, person) WHERE removed_at IS NULL;

CREATE TABLE recovery_code (
    tenant TEXT NOT NULL,
    person UUID NOT NULL,
    digest BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (tenant, person, digest),
    CONSTRAINT recovery_code_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT recovery_code_digest_check CHECK (length(digest) = 32)
);

SELECT wall('former_password', 'factor', 'recovery_code');
GRANT SELECT, INSERT, DELETE ON former_password TO lianshen_web;
GRANT SELECT, INSERT ON factor TO lianshen_web;
GRANT UPDATE (counter, confirmed_at, removed_at) ON factor TO lianshen_web;
GRANT SELECT, INSERT, DELETE ON recovery_code TO lianshen_web;
GRANT UPDATE (used_at) ON recovery_code TO lianshen_web;

-- Where a notice that is about no project leads.
ALTER TABLE notice ADD COLUMN place TEXT;

-- Everybody signs in anew: what a session must know now, no earlier one knows.
TRUNCATE session;
ALTER TABLE session
    ADD COLUMN id UUID NOT NULL,
    ADD COLUMN stage TEXT NOT NULL,
    ADD COLUMN idle INTEGER NOT NULL,
    ADD COLUMN authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ADD COLUMN by_factor BOOLEAN NOT NULL,
    ADD COLUMN source TEXT NOT NULL,
    ADD COLUMN agent TEXT NOT NULL,
    ADD COLUMN end_reason TEXT,
    ADD CONSTRAINT session_tenant_id_key UNIQUE (tenant, id),
    ADD CONSTRAINT session_stage_check CHECK (stage IN ('factor', 'password', 'enroll', 'post', 'open')),
    ADD CONSTRAINT session_ended_check CHECK ((ended_at IS NULL) = (end_reason IS NULL));
GRANT UPDATE (end_reason) ON session TO lianshen_web;

-- As before, in one round trip. How long a session may idle stands in its row: it follows from whose it is.
DROP FUNCTION enter_session(text, bytea, timestamptz, timestamptz);
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz, rights bigint, principal uuid, principal_name text, session uuid,
               stage text, authenticated_at timestamptz, by_factor boolean)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at,
               coalesce((SELECT r.version FROM rights r WHERE r.tenant = wanted), 0), h.id, h.name, s.id, s.stage,
               s.authenticated_at, s.by_factor
        FROM session s
        JOIN person p ON p.tenant = wanted AND p.id = s.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.id = s.post AND t.person = p.id
         AND t.ended_at IS NULL AND t.since <= today AND (t.until IS NULL OR t.until >= today)
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        LEFT JOIN post f ON f.tenant = wanted AND f.id = t.stands_in_for
         AND f.ended_at IS NULL AND f.since <= today AND (f.until IS NULL OR f.until >= today)
        LEFT JOIN person h ON h.tenant = wanted AND h.id = f.person
        WHERE s.tenant = wanted AND s.digest = secret AND s.ended_at IS NULL
          AND s.expires_at > at AND s.seen_at > at - make_interval(secs => s.idle)
          AND (t.stands_in_for IS NULL OR h.id IS NOT NULL);
END $$;
REVOKE EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz) TO lianshen_web;
