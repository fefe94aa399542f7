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
