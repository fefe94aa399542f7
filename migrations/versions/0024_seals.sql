-- Codes over what acts rest on: projects, what is known of their units, papers, the stamp of a tenant's rights. The key
-- of a code is not in the database, so rows that are here already get theirs from `lianshen keys protect`.
ALTER TABLE project ADD COLUMN mac BYTEA;
ALTER TABLE standing ADD COLUMN mac BYTEA;
ALTER TABLE document ADD COLUMN mac BYTEA;
ALTER TABLE rights ADD COLUMN mac BYTEA;
GRANT UPDATE (mac) ON project, standing, document, rights TO lianshen_web, lianshen_worker, lianshen_operator;

-- As canon(anyelement), without the columns that are kept for lists alone and follow from other rows.
CREATE FUNCTION canon(written anyelement, outside text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
    SELECT jsonb_strip_nulls(to_jsonb(written) - 'mac' - outside)::text
$$;
REVOKE EXECUTE ON FUNCTION canon(anyelement, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION canon(anyelement, text[]) TO lianshen_web, lianshen_worker;

-- As before, but a code alone is no change: it follows the keys, and says nothing that the row does not.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'lianshen_operator' AND is_closing(OLD.tenant) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) ? 'mac' AND to_jsonb(NEW) - 'mac' = to_jsonb(OLD) - 'mac' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LS004';
END $$;

-- As before, and the spelling and the code of the row with the stamp.
DROP FUNCTION enter_session(text, bytea, timestamptz);
CREATE FUNCTION enter_session(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               form_key text, seen_at timestamptz, rights bigint, principal uuid, principal_name text, session uuid,
               stage text, authenticated_at timestamptz, by_factor boolean, canon text, mac bytea, rights_canon text,
               rights_mac bytea)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles, s.form_key, s.seen_at,
               coalesce(r.version, 0), h.id, h.name, s.id, s.stage, s.authenticated_at, s.by_factor, canon(t), t.mac,
               CASE WHEN r.version IS NOT NULL THEN canon(r) END, r.mac
        FROM session s
        JOIN person p ON p.tenant = wanted AND p.id = s.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.id = s.post AND t.person = p.id
         AND t.ended_at IS NULL AND t.since <= today AND (t.until IS NULL OR t.until >= today)
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        LEFT JOIN post f ON f.tenant = wanted AND f.id = t.stands_in_for
         AND f.ended_at IS NULL AND f.since <= today AND (f.until IS NULL OR f.until >= today)
        LEFT JOIN person h ON h.tenant = wanted AND h.id = f.person
        LEFT JOIN rights r ON r.tenant = wanted
        WHERE s.tenant = wanted AND s.digest = secret AND s.ended_at IS NULL
          AND s.expires_at > at AND s.seen_at > at - make_interval(secs => s.idle)
          AND (t.stands_in_for IS NULL OR h.id IS NOT NULL);
END $$;
REVOKE EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_session(text, bytea, timestamptz) TO lianshen_web;

DROP FUNCTION enter_feed(text, bytea, timestamptz);
CREATE FUNCTION enter_feed(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (person uuid, name text, post uuid, office uuid, office_name text, body text, roles text[],
               rights bigint, canon text, mac bytea, fetched_at timestamptz, rights_canon text, rights_mac bytea)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    today date := (at AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT p.id, p.name, t.id, o.id, o.name, o.body, t.roles,
               coalesce(r.version, 0), canon(t), t.mac, f.fetched_at,
               CASE WHEN r.version IS NOT NULL THEN canon(r) END, r.mac
        FROM feed f
        JOIN person p ON p.tenant = wanted AND p.id = f.person AND p.active
        JOIN post t ON t.tenant = wanted AND t.person = p.id AND t.stands_in_for IS NULL
         AND t.ended_at IS NULL AND t.since <= today AND (t.until IS NULL OR t.until >= today)
        JOIN office o ON o.tenant = wanted AND o.id = t.office
        LEFT JOIN rights r ON r.tenant = wanted
        WHERE f.tenant = wanted AND f.digest = secret AND f.ended_at IS NULL
        ORDER BY o.code, t.id;
END $$;
REVOKE EXECUTE ON FUNCTION enter_feed(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_feed(text, bytea, timestamptz) TO lianshen_web;
