-- A message says when it is sent next; whoever works on it has it until then, and not a second worker.
ALTER TABLE outbox
    ADD COLUMN next_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    ADD COLUMN parked_at TIMESTAMP WITH TIME ZONE,
    DROP CONSTRAINT outbox_state_check,
    DROP CONSTRAINT outbox_parked_check;
ALTER TABLE outbox NO FORCE ROW LEVEL SECURITY;
UPDATE outbox SET parked_at = coalesce(sent_at, created_at) WHERE state = 'parked';
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
ALTER TABLE outbox
    ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'begun', 'done', 'parked', 'closed')),
    ADD CONSTRAINT outbox_parked_check CHECK (
        (state IN ('parked', 'closed')) = (reason IS NOT NULL) AND num_nulls(reason, parked_at) IN (0, 2));
DROP INDEX outbox_open_idx;
CREATE INDEX outbox_open_idx ON outbox (tenant, next_at) WHERE state IN ('pending', 'sent', 'begun');
CREATE INDEX outbox_parked_idx ON outbox (tenant, parked_at) WHERE state = 'parked';

GRANT SELECT (next_at) ON outbox TO lianshen_relay;
GRANT UPDATE (next_at) ON outbox TO lianshen_relay;
GRANT UPDATE (next_at, parked_at) ON outbox TO lianshen_worker;

-- Whoever answers for a tenant lets what was set aside go on, or closes it; that is all the web does to a message.
GRANT UPDATE (state, attempts, next_at, reason, parked_at) ON outbox TO lianshen_web;
CREATE FUNCTION guard_message() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_user = 'lianshen_web' AND (OLD.state <> 'parked' OR NEW.state NOT IN ('pending', 'closed')) THEN
        RAISE EXCEPTION 'only what is set aside goes on or is closed' USING ERRCODE = 'LS022';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_message BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION guard_message();
GRANT UPDATE (next_at, parked_at) ON outbox TO lianshen_operator;
-- An operator, by an order, lets what was set aside go on.
CREATE POLICY operator_releases ON outbox FOR UPDATE TO lianshen_operator
    USING (tenant = (SELECT current_tenant()) AND state = 'parked')
    WITH CHECK (tenant = (SELECT current_tenant()) AND state = 'pending');
ALTER TABLE operator_order DROP CONSTRAINT operator_order_kind_check;
ALTER TABLE operator_order ADD CONSTRAINT operator_order_kind_check
    CHECK (kind IN ('create', 'suspend', 'resume', 'release', 'export', 'delete'));
ALTER TABLE tenant_figure
    ADD COLUMN parked BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN waits_since TIMESTAMP WITH TIME ZONE;
GRANT UPDATE (parked, waits_since) ON tenant_figure TO lianshen_operator;

-- One leader at a time for what only one may do. The token rises with each new one, and is what a leader's
-- transactions are held to: whoever was thought dead and comes back writes nothing.
CREATE TABLE lease (
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    token BIGINT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT lease_pkey PRIMARY KEY (name)
);
GRANT SELECT, INSERT, UPDATE ON lease TO lianshen_relay;
GRANT SELECT ON lease TO lianshen_worker;

-- The token of the lease, taken or renewed for so many seconds; NULL while it is another's.
CREATE FUNCTION take_lease(wanted text, mine text, seconds double precision) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
DECLARE
    found bigint;
BEGIN
    UPDATE lease SET until = now() + make_interval(secs => seconds) WHERE name = wanted AND holder = mine
    RETURNING token INTO found;
    IF found IS NOT NULL THEN
        RETURN found;
    END IF;
    -- Not while a transaction of the former leader is between its check and its COMMIT.
    IF NOT pg_try_advisory_xact_lock(hashtext('lease'), hashtext(wanted)) THEN
        RETURN NULL;
    END IF;
    -- An end further off than any lease lasts was written before the clock went back.
    INSERT INTO lease AS l (name, holder, token, until) VALUES (wanted, mine, 1, now() + make_interval(secs => seconds))
    ON CONFLICT (name) DO UPDATE SET holder = mine, token = l.token + 1, until = excluded.until
        WHERE l.until <= now() OR l.until > now() + make_interval(secs => 3 * seconds)
    RETURNING l.token INTO found;
    RETURN found;
END $$;

-- Raises unless the lease is still the one of this token; from then on nobody takes it before the transaction has ended.
CREATE FUNCTION require_lease(wanted text, mine bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('lease'), hashtext(wanted));
    IF NOT EXISTS (SELECT FROM lease WHERE name = wanted AND token = mine) THEN
        RAISE EXCEPTION 'the lease is another''s' USING ERRCODE = 'LS021';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION take_lease(text, text, double precision), require_lease(text, bigint), guard_message()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_lease(text, text, double precision) TO lianshen_relay;
GRANT EXECUTE ON FUNCTION require_lease(text, bigint) TO lianshen_relay, lianshen_worker;

-- What the timetable's watch over the whole instance found last; numbers alone, so anybody who serves may tell them.
ALTER TABLE timetable ADD COLUMN found JSONB;
GRANT SELECT ON timetable TO lianshen_web;
