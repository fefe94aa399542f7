-- Personal data under each tenant's key: the keys, wrapped by a master key that the database never sees.
CREATE TABLE data_key (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    wrapped BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT data_key_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT data_key_purpose_check CHECK (purpose IN ('seal', 'index', 'integrity')),
    CONSTRAINT data_key_state_check CHECK (state IN ('active', 'outgoing', 'retired', 'destroyed')),
    CONSTRAINT data_key_wrapped_check CHECK ((state = 'destroyed') = (wrapped IS NULL)),
    CONSTRAINT data_key_retired_check CHECK ((state IN ('retired', 'destroyed')) = (retired_at IS NOT NULL))
);

CREATE UNIQUE INDEX data_key_one_active_idx ON data_key (tenant, purpose) WHERE state = 'active';

SELECT wall('data_key');

-- The key that protects now. Rotating and retiring take the same lock exclusively, so nothing is written under a key
-- that was given up meanwhile. VOLATILE: the SELECT sees what was committed while the lock was waited for.
CREATE FUNCTION active_key(wanted text) RETURNS TABLE (id uuid, wrapped bytea)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('data_key'), current_tenant()::int);
    RETURN QUERY SELECT k.id, k.wrapped FROM data_key k
        WHERE k.tenant = current_tenant() AND k.purpose = wanted AND k.state = 'active';
END $$;

-- The one spelling of a row, for its integrity: every column with a value but the code itself, so that a column that
-- comes later and is empty changes nothing.
CREATE FUNCTION canon(written anyelement) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
    SELECT jsonb_strip_nulls(to_jsonb(written) - 'mac')::text
$$;

REVOKE EXECUTE ON FUNCTION active_key(text), canon(anyelement) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION active_key(text), canon(anyelement) TO lianshen_web, lianshen_worker;
GRANT SELECT, INSERT ON data_key TO lianshen_web, lianshen_worker;
-- Keys are retired and values renewed by the scheduler, which is of the worker's role.
GRANT UPDATE (state, wrapped, retired_at) ON data_key TO lianshen_worker;
GRANT SELECT (tenant, id, secret), UPDATE (secret) ON factor TO lianshen_worker;

-- How people are reached: sealed, with an index by which equal telephone numbers are found.
ALTER TABLE person ADD COLUMN phone BYTEA;
ALTER TABLE person ADD COLUMN phone_index BYTEA;
ALTER TABLE person ADD COLUMN email BYTEA;
CREATE INDEX person_phone_idx ON person (tenant, phone_index);
GRANT UPDATE (phone, phone_index, email) ON person TO lianshen_web, lianshen_worker;

-- Who holds which roles: a code over the row, checked whenever somebody acts in the post.
ALTER TABLE post ADD COLUMN mac BYTEA;
GRANT UPDATE (mac) ON post TO lianshen_web, lianshen_worker;

DROP FUNCTION enter_session(text, bytea, timestamptz);
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz, rights bigint, principal uuid, principal_name text, session uuid,
               stage text, authenticated_at timestamptz, by_factor boolean, canon text, mac bytea)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at,
               coalesce((SELECT r.version FROM rights r WHERE r.tenant = wanted), 0), h.id, h.name, s.id, s.stage,
               s.authenticated_at, s.by_factor, canon(t), t.mac
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
