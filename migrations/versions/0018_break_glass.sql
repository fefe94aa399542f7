-- An operator looks into a tenant: asked for, approved there, for a time, read only. One row on either side of the wall.
CREATE TABLE visit (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    subject TEXT NOT NULL,
    operator UUID NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    ticket TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    digest BYTEA NOT NULL,
    token BYTEA,
    answer TEXT,
    answered_at TIMESTAMP WITH TIME ZONE,
    answerer TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    ender TEXT,
    CONSTRAINT visit_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT visit_tenant_digest_key UNIQUE (tenant, digest),
    CONSTRAINT visit_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT visit_subject_check CHECK (subject <> '000000' AND tenant IN ('000000', subject)),
    CONSTRAINT visit_token_check CHECK ((tenant = '000000') = (token IS NOT NULL)),
    CONSTRAINT visit_digest_check CHECK (length(digest) = 32),
    CONSTRAINT visit_order_check CHECK (until > asked_at),
    CONSTRAINT visit_answer_check CHECK (answer IN ('approved', 'refused')),
    CONSTRAINT visit_answered_check CHECK (num_nulls(answer, answered_at, answerer) IN (0, 3)),
    CONSTRAINT visit_ended_check CHECK (num_nulls(ended_at, ender) IN (0, 2))
);

CREATE INDEX visit_asked_idx ON visit (tenant, asked_at);

SELECT wall('visit');
GRANT SELECT, INSERT ON visit TO lianshen_web, lianshen_worker;
GRANT UPDATE (answer, answered_at, answerer, ended_at, ender) ON visit TO lianshen_web, lianshen_worker;
GRANT UPDATE (token) ON visit TO lianshen_worker;

-- What was answered and what has ended stays so, whoever writes; and nothing is answered once it has ended.
CREATE FUNCTION keep_visit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF (OLD.answer IS NOT NULL AND OLD.answer IS DISTINCT FROM NEW.answer)
       OR (OLD.ended_at IS NOT NULL AND (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR OLD.answer IS DISTINCT FROM NEW.answer))
       OR (OLD.digest, OLD.until, OLD.operator, OLD.subject) IS DISTINCT FROM (NEW.digest, NEW.until, NEW.operator, NEW.subject)
    THEN
        RAISE EXCEPTION 'a visit that was answered or has ended stays so' USING ERRCODE = 'LS004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_visit BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION keep_visit();
REVOKE EXECUTE ON FUNCTION keep_visit() FROM PUBLIC;

-- As enter_token does for systems: bind the transaction and find the open visit, in one round trip.
CREATE FUNCTION enter_visit(wanted text, secret bytea, whose uuid, at timestamptz)
RETURNS TABLE (id uuid, name text, reason text, until timestamptz, place text)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT v.id, v.name, v.reason, v.until, t.name FROM visit v JOIN tenant t ON t.tenant = wanted
        WHERE v.tenant = wanted AND v.subject = wanted AND v.digest = secret AND v.operator = whose
          AND v.answer = 'approved' AND v.ended_at IS NULL AND v.until > at;
END $$;
REVOKE EXECUTE ON FUNCTION enter_visit(text, bytea, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_visit(text, bytea, uuid, timestamptz) TO lianshen_web;

-- The role of visitors is held by nobody's post.
ALTER TABLE post ADD CONSTRAINT post_visitor_check CHECK (NOT 'visitor' = ANY(roles));

-- A closed tenant is read, and who looks into it is recorded; that is no act.
DROP TRIGGER refuse_act ON event;
CREATE TRIGGER refuse_act BEFORE INSERT ON event FOR EACH ROW
    WHEN (split_part(NEW.action, '.', 1) NOT IN ('identity', 'audit', 'tenancy', 'operations', 'read', 'access', 'visits'))
    EXECUTE FUNCTION refuse_act();

-- Marking as read is a change too, though no act: a closed tenant refuses it alike.
CREATE FUNCTION refuse_mark() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF (SELECT state FROM tenant WHERE tenant = NEW.tenant) = 'closed' THEN
        RAISE EXCEPTION 'this tenant is closed' USING ERRCODE = 'LS011';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_mark BEFORE UPDATE ON notice FOR EACH ROW EXECUTE FUNCTION refuse_mark();
REVOKE EXECUTE ON FUNCTION refuse_mark() FROM PUBLIC;

-- As before, and who answers for the system: its papers and filings are that person's.
DROP FUNCTION enter_token(text, bytea, timestamptz);
CREATE FUNCTION enter_token(wanted text, secret bytea, at timestamptz)
RETURNS TABLE (token uuid, system uuid, name text, office uuid, office_name text, body text, permissions text[],
               used_at timestamptz, person uuid)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM enter(wanted);
    RETURN QUERY
        SELECT k.id, s.id, s.name, o.id, o.name, o.body, k.permissions, k.used_at, s.person
        FROM system_token k
        JOIN system s ON s.tenant = wanted AND s.id = k.system AND s.ended_at IS NULL
        JOIN office o ON o.tenant = wanted AND o.id = k.office
        WHERE k.tenant = wanted AND k.digest = secret AND k.revoked_at IS NULL AND k.expires_at > at;
END $$;
REVOKE EXECUTE ON FUNCTION enter_token(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_token(text, bytea, timestamptz) TO lianshen_web;

-- What a list of people says of telephone and e-mail, sealed, until the person is entered.
ALTER TABLE staff_import_row ADD COLUMN contact BYTEA;
GRANT UPDATE (contact) ON staff_import_row TO lianshen_web, lianshen_worker, lianshen_operator;
GRANT SELECT (tenant, digest, "row", contact) ON staff_import_row TO lianshen_worker;
