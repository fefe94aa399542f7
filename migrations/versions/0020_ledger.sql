-- Deadlines as ledgers: what may be entered, when the sweep looks at them next, which rungs have fired, what is reported.

-- The clock by which anything is due. Only who owns the database can shift it, and only a rehearsal does.
CREATE TABLE clock_shift (
    one BOOLEAN NOT NULL,
    shift INTERVAL NOT NULL,
    CONSTRAINT clock_shift_pkey PRIMARY KEY (one),
    CONSTRAINT clock_shift_one_check CHECK (one)
);
CREATE FUNCTION duty_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_catalog AS $$
    SELECT now() + coalesce((SELECT shift FROM clock_shift), interval '0')
$$;
GRANT SELECT ON clock_shift TO lianshen_web, lianshen_worker, lianshen_relay, lianshen_operator;
REVOKE EXECUTE ON FUNCTION duty_now() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duty_now() TO lianshen_web, lianshen_worker, lianshen_relay;

-- plan: [instant, rung] of all that has not fired, in order. next_at: when the sweep looks again, or NULL.
ALTER TABLE deadline NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deadline_entry NO FORCE ROW LEVEL SECURITY;
DROP INDEX deadline_due_idx;
DROP INDEX deadline_one_open_idx;
ALTER TABLE deadline
    ADD COLUMN named_on DATE,
    ADD COLUMN plan JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN next_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN failures SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN parked TEXT,
    ADD COLUMN parked_at TIMESTAMP WITH TIME ZONE,
    DROP CONSTRAINT deadline_state_check,
    DROP CONSTRAINT deadline_closed_check;
UPDATE deadline SET named_on = due_on WHERE unit = 'date' AND project IS NOT NULL;
UPDATE deadline SET next_at = due_at, plan = jsonb_build_array(jsonb_build_array(due_at, 'expiry'))
WHERE state = 'open' AND NOT overdue AND project IS NOT NULL;
ALTER TABLE deadline
    ADD CONSTRAINT deadline_state_check
        CHECK (state IN ('open', 'paused', 'met', 'waived', 'superseded', 'expired', 'cancelled')),
    ADD CONSTRAINT deadline_closed_check CHECK ((state IN ('open', 'paused')) = (closed_at IS NULL)),
    ADD CONSTRAINT deadline_named_check CHECK ((unit = 'date' AND project IS NOT NULL) = (named_on IS NOT NULL)),
    ADD CONSTRAINT deadline_next_check CHECK (next_at IS NULL OR (state = 'open' AND parked IS NULL)),
    ADD CONSTRAINT deadline_parked_check CHECK ((parked IS NULL) = (parked_at IS NULL));
CREATE INDEX deadline_next_idx ON deadline (tenant, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deadline_parked_idx ON deadline (tenant, parked_at) WHERE parked_at IS NOT NULL;
CREATE UNIQUE INDEX deadline_one_open_idx ON deadline (tenant, project, clock, owed_by)
    WHERE state IN ('open', 'paused');

-- What was entered, by which event, and the last day before and after it.
ALTER TABLE deadline_entry DROP CONSTRAINT deadline_entry_kind_check;
ALTER TABLE deadline_entry RENAME COLUMN days TO amount;
ALTER TABLE deadline_entry
    ADD COLUMN of UUID,
    ADD COLUMN unit TEXT,
    ADD COLUMN until DATE,
    ADD COLUMN due_before DATE,
    ADD COLUMN due_after DATE,
    ADD CONSTRAINT deadline_entry_kind_check CHECK (kind IN ('started', 'paused', 'resumed', 'restarted', 'extended',
        'recounted', 'waived', 'superseded', 'met', 'expired', 'cancelled')),
    ADD CONSTRAINT deadline_entry_of_check CHECK ((kind = 'resumed') = (of IS NOT NULL)),
    ADD CONSTRAINT deadline_entry_more_check CHECK (
        CASE kind WHEN 'extended' THEN num_nonnulls(amount, until) = 1 AND num_nulls(amount, unit) IN (0, 2)
        ELSE num_nonnulls(amount, unit, until) = 0 END),
    ADD CONSTRAINT deadline_entry_unit_check CHECK (unit IN ('working_days', 'days', 'months'));
ALTER TABLE deadline FORCE ROW LEVEL SECURITY;
ALTER TABLE deadline_entry FORCE ROW LEVEL SECURITY;

-- A rung fires once for a last day: the key says so. told: the event through whose message the people hear of it.
CREATE TABLE rung (
    tenant TEXT NOT NULL,
    deadline UUID NOT NULL,
    rung TEXT NOT NULL,
    due_on DATE NOT NULL,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    fired_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late BOOLEAN NOT NULL,
    event UUID NOT NULL,
    told UUID NOT NULL,
    tell TEXT[] NOT NULL,
    CONSTRAINT rung_pkey PRIMARY KEY (tenant, deadline, rung, due_on),
    CONSTRAINT rung_tenant_deadline_fkey FOREIGN KEY(tenant, deadline) REFERENCES deadline (tenant, id)
);
CREATE INDEX rung_told_idx ON rung (tenant, told);

-- What a jurisdiction below reported of a deadline that is late, kept above; no key leads across.
CREATE TABLE late_below (
    tenant TEXT NOT NULL,
    child TEXT NOT NULL,
    deadline UUID NOT NULL,
    rung TEXT NOT NULL,
    due_on DATE NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    unit TEXT NOT NULL,
    label TEXT NOT NULL,
    article TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT late_below_pkey PRIMARY KEY (tenant, child, deadline, rung, due_on),
    CONSTRAINT late_below_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

SELECT wall('rung', 'late_below');
SELECT append_only('rung', 'late_below');

GRANT SELECT ON rung, late_below TO lianshen_web, lianshen_worker;
GRANT INSERT ON rung, late_below TO lianshen_worker;
GRANT UPDATE (plan, next_at, failures, parked, parked_at) ON deadline TO lianshen_web, lianshen_worker;

GRANT UPDATE (named_on, plan, next_at, failures, parked, parked_at) ON deadline TO lianshen_operator;
GRANT UPDATE (of, unit, until, due_before, due_after) ON deadline_entry TO lianshen_operator;

-- The sweep looks over all tenants for what is due, and sees when, not what.
GRANT SELECT (next_at, parked_at) ON deadline TO lianshen_relay;

-- That a sweep has looked, how old what it has not handled is, and how much is set aside: whoever serves may tell it.
CREATE TABLE sweep_beat (
    one BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_since TIMESTAMP WITH TIME ZONE,
    parked BIGINT NOT NULL,
    CONSTRAINT sweep_beat_pkey PRIMARY KEY (one),
    CONSTRAINT sweep_beat_one_check CHECK (one)
);
GRANT SELECT, INSERT, UPDATE ON sweep_beat TO lianshen_relay;
GRANT SELECT ON sweep_beat TO lianshen_web;

-- Nobody makes a term end earlier than today by moving its last day, and what is closed stays as it was (D67).
CREATE FUNCTION guard_deadline() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF OLD.state NOT IN ('open', 'paused') AND (NEW.state, NEW.due_on) IS DISTINCT FROM (OLD.state, OLD.due_on) THEN
        RAISE EXCEPTION 'a closed deadline stays as it was' USING ERRCODE = 'LS030';
    END IF;
    IF NEW.due_on < OLD.due_on AND NEW.due_at <= duty_now() THEN
        RAISE EXCEPTION 'a deadline is not shortened into the past' USING ERRCODE = 'LS030';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_deadline BEFORE UPDATE OF state, due_on ON deadline FOR EACH ROW EXECUTE FUNCTION guard_deadline();
REVOKE EXECUTE ON FUNCTION guard_deadline() FROM PUBLIC;
