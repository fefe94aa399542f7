-- How a term is counted stands with it: whether the day of the trigger counts, and when its last day is over.
ALTER TABLE deadline
    ADD COLUMN first_day TEXT NOT NULL DEFAULT 'not_counted',
    ADD COLUMN cut_off TEXT NOT NULL DEFAULT '24:00',
    ADD CONSTRAINT deadline_first_day_check CHECK (first_day IN ('counted', 'not_counted')),
    ADD CONSTRAINT deadline_cut_off_check CHECK (cut_off ~ '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$');
ALTER TABLE deadline ALTER COLUMN first_day DROP DEFAULT, ALTER COLUMN cut_off DROP DEFAULT;

-- As before, with what is new of a deadline.
CREATE OR REPLACE FUNCTION plant_canaries() RETURNS void LANGUAGE sql SET search_path = public, pg_catalog AS $$
    INSERT INTO deadline (tenant, id, clock, label, article, quotation, owed_by, owed_to, trigger_on, unit, first_day,
                          rolling, cut_off, due_on, due_at, provisional, calendar, on_expiry, state, opened_at, overdue)
    VALUES (current_tenant(), '00000000-0000-0000-0000-000000000000', 'canary', '', '', '', '', '', '9999-12-01', 'date',
            'not_counted', 'none', '24:00', '9999-12-01', '9999-12-01Z', false, '', 'none', 'open', now(), false)
    ON CONFLICT DO NOTHING;
    INSERT INTO outbox (tenant, id, event, job, request_id, state, attempts, created_at, done_at)
    VALUES (current_tenant(), '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'canary',
            '', 'done', 0, now(), now())
    ON CONFLICT DO NOTHING;
$$;

-- Which days are worked, as it was published: public facts, numbered one after the other, kept for ever.
CREATE TABLE calendar_edition (
    number BIGINT NOT NULL,
    area TEXT NOT NULL,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    notices JSONB NOT NULL,
    days JSONB NOT NULL,
    digest TEXT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    plan UUID,
    CONSTRAINT calendar_edition_pkey PRIMARY KEY (number),
    CONSTRAINT calendar_edition_kind_check CHECK (kind IN ('year', 'local', 'emergency')),
    CONSTRAINT calendar_edition_area_check CHECK (CASE kind WHEN 'year' THEN area = '000000'
        WHEN 'local' THEN area <> '000000' ELSE true END),
    CONSTRAINT calendar_edition_notices_check CHECK (jsonb_array_length(notices) > 0)
);

CREATE FUNCTION keep_edition() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LS004';
END $$;
CREATE TRIGGER keep_edition BEFORE UPDATE OR DELETE ON calendar_edition FOR EACH ROW EXECUTE FUNCTION keep_edition();
CREATE TRIGGER keep_editions BEFORE TRUNCATE ON calendar_edition FOR EACH STATEMENT EXECUTE FUNCTION keep_edition();

-- Whoever works within an area publishes for it and for no other. One at a time: a number says what came before it.
CREATE FUNCTION number_edition() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
BEGIN
    IF NEW.area <> current_tenant() THEN
        RAISE EXCEPTION 'days of another area' USING ERRCODE = 'LS013';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('calendar_edition'));
    NEW.number := (SELECT coalesce(max(number), 0) + 1 FROM calendar_edition);
    RETURN NEW;
END $$;
CREATE TRIGGER number_edition BEFORE INSERT ON calendar_edition FOR EACH ROW EXECUTE FUNCTION number_edition();

-- The editions that make the calendar of an area: the nation's, then those of who stands above it, its own last.
CREATE FUNCTION calendar_editions(wanted text, at date, upto bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_catalog AS $$
BEGIN
    RETURN (
        WITH RECURSIVE chain (area, height) AS (
            SELECT wanted, 0
            UNION
            SELECT e.parent, c.height + 1 FROM parent_edge e JOIN chain c ON e.tenant = c.area
            WHERE e.since <= at AND (e.until IS NULL OR at < e.until)
        ), every (area, height) AS (
            SELECT area, height FROM chain UNION ALL SELECT '000000', 1000000 WHERE wanted <> '000000'
        )
        SELECT array_agg(latest.number ORDER BY latest.height DESC, latest.number) FROM (
            SELECT max(c.number) AS number, every.height FROM calendar_edition c JOIN every ON every.area = c.area
            WHERE c.number <= upto GROUP BY c.area, every.height, c.kind, c.year
        ) AS latest
    );
END $$;
REVOKE EXECUTE ON FUNCTION keep_edition(), number_edition(), calendar_editions(text, date, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calendar_editions(text, date, bigint) TO lianshen_web, lianshen_worker, lianshen_operator;
GRANT SELECT ON calendar_edition TO lianshen_web, lianshen_worker, lianshen_operator;
GRANT SELECT (area, kind, year) ON calendar_edition TO lianshen_relay;
GRANT INSERT ON calendar_edition TO lianshen_web;

-- What somebody put up to be published, over which editions it was looked at, what it moves, and who let it count.
CREATE TABLE calendar_plan (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    source TEXT NOT NULL,
    notices JSONB NOT NULL,
    days JSONB NOT NULL,
    reason TEXT NOT NULL,
    base BIGINT[] NOT NULL,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    planned_by UUID NOT NULL,
    planner TEXT NOT NULL,
    counted_at TIMESTAMP WITH TIME ZONE,
    moves INTEGER,
    held INTEGER,
    published_at TIMESTAMP WITH TIME ZONE,
    published_by UUID,
    publisher TEXT,
    edition BIGINT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT calendar_plan_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT calendar_plan_tenant_planned_by_fkey FOREIGN KEY(tenant, planned_by) REFERENCES person (tenant, id),
    CONSTRAINT calendar_plan_tenant_published_by_fkey FOREIGN KEY(tenant, published_by) REFERENCES person (tenant, id),
    CONSTRAINT calendar_plan_kind_check CHECK (kind IN ('year', 'local', 'emergency')),
    CONSTRAINT calendar_plan_counted_check CHECK (num_nulls(counted_at, moves, held) IN (0, 3)),
    CONSTRAINT calendar_plan_published_check CHECK (num_nulls(published_at, published_by, publisher, edition) IN (0, 4)),
    CONSTRAINT calendar_plan_seen_check CHECK (published_at IS NULL OR (counted_at IS NOT NULL AND withdrawn_at IS NULL)),
    CONSTRAINT calendar_plan_two_people_check CHECK (published_by <> planned_by OR moves + held = 0)
);
CREATE INDEX calendar_plan_planned_idx ON calendar_plan (tenant, planned_at);

-- How many deadlines of each jurisdiction a plan of the nation would move: counts, no content.
CREATE TABLE calendar_count (
    tenant TEXT NOT NULL,
    plan UUID NOT NULL,
    subject TEXT NOT NULL,
    running INTEGER NOT NULL,
    moves INTEGER NOT NULL,
    held INTEGER NOT NULL,
    counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT calendar_count_pkey PRIMARY KEY (tenant, plan, subject),
    CONSTRAINT calendar_count_tenant_plan_fkey FOREIGN KEY(tenant, plan) REFERENCES calendar_plan (tenant, id)
);

-- A last day that a calendar would move and that does not move by itself: it is past, told, or would come nearer.
CREATE TABLE calendar_hold (
    tenant TEXT NOT NULL,
    deadline UUID NOT NULL,
    calendar TEXT NOT NULL,
    project UUID NOT NULL,
    before DATE NOT NULL,
    after DATE NOT NULL,
    why TEXT NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decision TEXT,
    reason TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by UUID,
    decider TEXT,
    CONSTRAINT calendar_hold_pkey PRIMARY KEY (tenant, deadline, calendar),
    CONSTRAINT calendar_hold_tenant_deadline_fkey FOREIGN KEY(tenant, deadline) REFERENCES deadline (tenant, id),
    CONSTRAINT calendar_hold_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT calendar_hold_tenant_decided_by_fkey FOREIGN KEY(tenant, decided_by) REFERENCES person (tenant, id),
    CONSTRAINT calendar_hold_why_check CHECK (why IN ('past', 'told', 'nearer')),
    CONSTRAINT calendar_hold_decision_check CHECK (decision IN ('moved', 'kept', 'overtaken')),
    CONSTRAINT calendar_hold_decided_check CHECK ((decision IS NULL) = (decided_at IS NULL)
        AND (coalesce(decision, 'overtaken') = 'overtaken') = (num_nonnulls(reason, decided_by, decider) = 0)),
    CONSTRAINT calendar_hold_nearer_check CHECK (decision IS DISTINCT FROM 'moved' OR after > before
        OR after >= CAST(decided_at AT TIME ZONE 'Asia/Shanghai' AS date))
);
CREATE INDEX calendar_hold_open_idx ON calendar_hold (tenant, held_at) WHERE decision IS NULL;
CREATE INDEX calendar_hold_project_idx ON calendar_hold (tenant, project);

-- That the operators have heard how near the end of the last published year is, once for each rung.
CREATE TABLE calendar_warning (
    tenant TEXT NOT NULL,
    horizon DATE NOT NULL,
    rung INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT calendar_warning_pkey PRIMARY KEY (tenant, horizon, rung)
);

SELECT wall('calendar_plan', 'calendar_count', 'calendar_hold', 'calendar_warning');

-- The web puts up, lets count and decides; the worker counts, holds and warns.
GRANT SELECT ON calendar_plan, calendar_count, calendar_hold TO lianshen_web, lianshen_worker;
GRANT INSERT ON calendar_plan TO lianshen_web;
GRANT UPDATE (counted_at, moves, held) ON calendar_plan TO lianshen_web, lianshen_worker;
GRANT UPDATE (published_at, published_by, publisher, edition, withdrawn_at) ON calendar_plan TO lianshen_web;
GRANT INSERT ON calendar_count TO lianshen_worker;
GRANT UPDATE (running, moves, held, counted_at) ON calendar_count TO lianshen_worker;
GRANT INSERT ON calendar_hold TO lianshen_worker;
GRANT UPDATE (decision, reason, decided_at, decided_by, decider) ON calendar_hold TO lianshen_web, lianshen_worker;
GRANT SELECT, INSERT ON calendar_warning TO lianshen_worker;
