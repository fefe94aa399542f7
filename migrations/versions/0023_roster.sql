-- Rosters of dates, and feeds of them.

-- All that runs in a tenant, nearest date first.
CREATE INDEX deadline_roster_idx ON deadline (tenant, due_on, id) WHERE state IN ('open', 'paused');
-- And what ran on a past day: not closed before it.
CREATE INDEX deadline_closed_idx ON deadline (tenant, closed_at);

CREATE TABLE feed (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    person UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT feed_pkey PRIMARY KEY (tenant, digest),
    CONSTRAINT feed_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT feed_digest_check CHECK (length(digest) = 32)
);
CREATE UNIQUE INDEX feed_open_idx ON feed (tenant, person) WHERE ended_at IS NULL;

SELECT wall('feed');
GRANT SELECT, INSERT ON feed TO lianshen_web;
GRANT UPDATE (fetched_at, ended_at) ON feed TO lianshen_web;

-- As enter_token does for systems: bind the transaction and find whose feed it is, with every post of theirs that counts
-- today. Posts lent to somebody are not theirs to be reminded of.
CREATE FUNCTION enter_feed(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               rights bigint, canon text, mac bytea, fetched_at timestamptz)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles,
               coalesce((SELECT r.version FROM rights r WHERE r.tenant = wanted), 0), canon(t), t.mac, f.fetched_at
        FROM feed f
        JOIN person p ON p.tenant = wanted AND p.id = f.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.person = p.id AND t.stands_in_for IS NULL
         AND t.ended_at IS NULL AND t.since <= today AND (t.until IS NULL OR t.until >= today)
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        WHERE f.tenant = wanted AND f.digest = secret AND f.ended_at IS NULL
        ORDER BY o.code, t.id;
END $$;
REVOKE EXECUTE ON FUNCTION enter_feed(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_feed(text, bytea, timestamptz) TO lianshen_web;
