-- Ways in which notices leave: whom they reach how, what is sent where, and what became of each message.

-- A notice has an id by which a page names it, and a kind by which people choose.
ALTER TABLE notice NO FORCE ROW LEVEL SECURITY;
ALTER TABLE notice
    ADD COLUMN id UUID NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN kind TEXT NOT NULL DEFAULT 'project';
UPDATE notice SET kind = CASE WHEN place = '/account' THEN 'account' ELSE 'system' END WHERE project IS NULL;
ALTER TABLE notice ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE notice
    ADD CONSTRAINT notice_tenant_id_key UNIQUE (tenant, id),
    ADD CONSTRAINT notice_kind_check CHECK (kind IN ('project', 'deadline', 'account', 'system'));
CREATE INDEX notice_person_idx ON notice (tenant, person, at);
ALTER TABLE notice FORCE ROW LEVEL SECURITY;

-- What a jurisdiction has set up: its mail, its gateway of short messages, its robots, its hooks.
CREATE TABLE endpoint (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    address BYTEA,
    secret BYTEA,
    former_secret BYTEA,
    former_until TIMESTAMP WITH TIME ZONE,
    details JSONB NOT NULL,
    kinds TEXT[] NOT NULL,
    state TEXT NOT NULL,
    state_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    failures INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    CONSTRAINT endpoint_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT endpoint_tenant_created_by_fkey FOREIGN KEY(tenant, created_by) REFERENCES person (tenant, id),
    CONSTRAINT endpoint_channel_check CHECK (channel IN ('mail', 'sms', 'webhook', 'wecom', 'dingtalk')),
    CONSTRAINT endpoint_state_check CHECK (state IN ('active', 'paused', 'ended')),
    CONSTRAINT endpoint_address_check CHECK ((address IS NULL) = (channel = 'mail' OR state = 'ended')),
    CONSTRAINT endpoint_former_check CHECK ((former_secret IS NULL) = (former_until IS NULL))
);
CREATE UNIQUE INDEX endpoint_one_idx ON endpoint (tenant, channel)
    WHERE channel IN ('mail', 'sms') AND state <> 'ended';
CREATE UNIQUE INDEX endpoint_name_idx ON endpoint (tenant, name) WHERE state <> 'ended';

-- One message to one recipient by one way, once for each event. next_at: when it may leave, or when its lease ends.
CREATE TABLE message (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    event UUID NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    person UUID,
    endpoint UUID,
    recipient UUID NOT NULL GENERATED ALWAYS AS (coalesce(person, endpoint, id)) STORED,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    position BIGINT NOT NULL,
    digest BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease UUID,
    attempts INTEGER NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    reason TEXT NOT NULL,
    CONSTRAINT message_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT message_tenant_event_channel_recipient_key UNIQUE (tenant, event, channel, recipient),
    CONSTRAINT message_tenant_event_person_fkey FOREIGN KEY(tenant, event, person)
        REFERENCES notice (tenant, event, person),
    CONSTRAINT message_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT message_tenant_endpoint_fkey FOREIGN KEY(tenant, endpoint) REFERENCES endpoint (tenant, id),
    CONSTRAINT message_channel_check CHECK (channel IN ('mail', 'sms', 'webhook', 'wecom', 'dingtalk')),
    CONSTRAINT message_recipient_check CHECK (
        num_nonnulls(person, endpoint) = CASE WHEN id = '00000000-0000-0000-0000-000000000000' THEN 0 ELSE 1 END),
    CONSTRAINT message_state_check CHECK (state IN ('waiting', 'leased', 'held', 'sent', 'parked')),
    CONSTRAINT message_lease_check CHECK ((state = 'leased') = (lease IS NOT NULL)),
    CONSTRAINT message_sent_check CHECK (state <> 'sent' OR sent_at IS NOT NULL),
    CONSTRAINT message_parked_check CHECK (state <> 'parked' OR reason <> '')
);
CREATE INDEX message_due_idx ON message (tenant, next_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX message_endpoint_idx ON message (tenant, endpoint, position) WHERE endpoint IS NOT NULL;
CREATE INDEX message_at_idx ON message (tenant, at);

-- What a person has chosen; without a row the defaults hold.
CREATE TABLE preference (
    tenant TEXT NOT NULL,
    person UUID NOT NULL,
    chosen JSONB NOT NULL,
    digest_hour SMALLINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT preference_pkey PRIMARY KEY (tenant, person),
    CONSTRAINT preference_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT preference_hour_check CHECK (digest_hour BETWEEN 0 AND 23)
);

-- An address that does not take our messages, until its holder says that it does again.
CREATE TABLE address_pause (
    tenant TEXT NOT NULL,
    person UUID NOT NULL,
    channel TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    resumed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT address_pause_pkey PRIMARY KEY (tenant, person, channel),
    CONSTRAINT address_pause_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT address_pause_channel_check CHECK (channel IN ('mail', 'sms'))
);

-- The hours of a working day in which people are written to.
CREATE TABLE quiet_hours (
    tenant TEXT NOT NULL,
    opens SMALLINT NOT NULL,
    closes SMALLINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT quiet_hours_pkey PRIMARY KEY (tenant),
    CONSTRAINT quiet_hours_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT quiet_hours_order_check CHECK (opens >= 0 AND opens < closes AND closes <= 24)
);

-- What is said, by kind and way: the latest version holds.
CREATE TABLE message_template (
    tenant TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_by UUID NOT NULL,
    publisher TEXT NOT NULL,
    CONSTRAINT message_template_pkey PRIMARY KEY (tenant, channel, kind, version),
    CONSTRAINT message_template_tenant_published_by_fkey FOREIGN KEY(tenant, published_by)
        REFERENCES person (tenant, id),
    CONSTRAINT message_template_version_check CHECK (version > 0)
);

SELECT wall('endpoint', 'message', 'preference', 'address_pause', 'quiet_hours', 'message_template');
SELECT append_only('message_template');

GRANT SELECT ON endpoint, message, preference, address_pause, quiet_hours, message_template
    TO lianshen_web, lianshen_worker;
GRANT INSERT ON endpoint, preference, quiet_hours, message_template TO lianshen_web;
GRANT UPDATE (address, secret, former_secret, former_until, state, state_at, reason, failures)
    ON endpoint TO lianshen_web;
GRANT UPDATE (state, next_at, lease, attempts, reason) ON message TO lianshen_web;
GRANT UPDATE (chosen, digest_hour, updated_at) ON preference TO lianshen_web;
GRANT UPDATE (resumed_at) ON address_pause TO lianshen_web;
GRANT UPDATE (opens, closes, updated_at) ON quiet_hours TO lianshen_web;

GRANT INSERT ON message, address_pause TO lianshen_worker;
GRANT UPDATE (state, next_at, lease, attempts, sent_at, reason) ON message TO lianshen_worker;
GRANT UPDATE (reason, at, resumed_at) ON address_pause TO lianshen_worker;
-- The secrets' columns because values are brought under new keys by this role.
GRANT UPDATE (state, state_at, reason, failures, address, secret, former_secret) ON endpoint TO lianshen_worker;

-- Whoever sends looks over all tenants for what is due, and sees no content.
GRANT SELECT (tenant, id, state, next_at) ON message TO lianshen_relay;
CREATE POLICY relay ON message FOR SELECT TO lianshen_relay USING (true);

ALTER FUNCTION plant_canaries() RENAME TO plant_canaries_of_work;
CREATE FUNCTION plant_canaries() RETURNS void LANGUAGE sql SET search_path = public, pg_catalog AS $$
    SELECT plant_canaries_of_work();
    INSERT INTO message (tenant, id, event, channel, kind, at, position, digest, state, next_at, attempts, reason)
    VALUES (current_tenant(), '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'mail',
            'canary', now(), 0, false, 'waiting', '9999-12-01Z', 0, '')
    ON CONFLICT DO NOTHING;
$$;
REVOKE EXECUTE ON FUNCTION plant_canaries() FROM PUBLIC;

DO $$
DECLARE
    code text;
BEGIN
    FOR code IN SELECT tenant FROM tenant LOOP
        PERFORM set_config('lianshen.tenant', code, true);
        PERFORM plant_canaries();
    END LOOP;
    PERFORM set_config('lianshen.tenant', '', true);
END $$;
