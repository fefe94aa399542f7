-- Tables, keys and indexes. Tenant leads every key, unique constraint, foreign key and index.

CREATE TABLE counter (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT counter_pkey PRIMARY KEY (tenant, kind, year)
);

CREATE TABLE event (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    project UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    action TEXT NOT NULL,
    label TEXT NOT NULL,
    person UUID,
    post UUID,
    office UUID,
    actor TEXT NOT NULL,
    article TEXT NOT NULL,
    facts JSONB NOT NULL,
    note TEXT NOT NULL,
    request_id TEXT NOT NULL,
    previous BYTEA NOT NULL,
    sm3 BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (tenant, seq),
    CONSTRAINT event_tenant_id_key UNIQUE (tenant, id),
    CONSTRAINT event_tenant_previous_key UNIQUE (tenant, previous),
    CONSTRAINT event_digests_check CHECK (length(previous) = 64 AND length(sm3) = 32 AND length(sha256) = 32)
);

CREATE INDEX event_project_idx ON event (tenant, project, seq);

CREATE TABLE outbox (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    event UUID NOT NULL,
    job TEXT NOT NULL,
    request_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    done_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    CONSTRAINT outbox_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'done', 'parked')),
    CONSTRAINT outbox_done_check CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CONSTRAINT outbox_parked_check CHECK ((state = 'parked') = (reason IS NOT NULL)),
    CONSTRAINT outbox_tenant_event_job_key UNIQUE (tenant, event, job)
);

CREATE INDEX outbox_open_idx ON outbox (tenant, created_at) WHERE state IN ('pending', 'sent');

CREATE TABLE replay (
    tenant TEXT NOT NULL,
    person UUID NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER,
    headers JSONB,
    body TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT replay_pkey PRIMARY KEY (tenant, person, key)
);

CREATE TABLE tenant (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    CONSTRAINT tenant_pkey PRIMARY KEY (tenant),
    CONSTRAINT tenant_code_check CHECK (tenant ~ '^[0-9]{6}$'),
    CONSTRAINT tenant_level_check CHECK (level IN ('county', 'city', 'province'))
);

CREATE TABLE timetable (
    name TEXT NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT timetable_pkey PRIMARY KEY (name)
);

CREATE TABLE chain_head (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT chain_head_pkey PRIMARY KEY (tenant),
    CONSTRAINT chain_head_digest_check CHECK (length(digest) = 64),
    CONSTRAINT chain_head_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

CREATE TABLE office (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT office_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT office_tenant_code_key UNIQUE (tenant, code),
    CONSTRAINT office_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

CREATE TABLE parent_edge (
    tenant TEXT NOT NULL,
    parent TEXT NOT NULL,
    since DATE NOT NULL,
    until DATE,
    CONSTRAINT parent_edge_pkey PRIMARY KEY (tenant, parent, since),
    CONSTRAINT parent_edge_order_check CHECK (until IS NULL OR until > since),
    CONSTRAINT parent_edge_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT parent_edge_parent_fkey FOREIGN KEY(parent) REFERENCES tenant (tenant)
);

CREATE TABLE person (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    failures INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT person_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT person_tenant_login_key UNIQUE (tenant, login),
    CONSTRAINT person_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

CREATE TABLE post (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    person UUID NOT NULL,
    office UUID NOT NULL,
    roles TEXT[] NOT NULL,
    CONSTRAINT post_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT post_tenant_person_office_key UNIQUE (tenant, person, office),
    CONSTRAINT post_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT post_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT post_roles_check CHECK (cardinality(roles) > 0)
);

CREATE TABLE project (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    office UUID NOT NULL,
    pack TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    facts JSONB NOT NULL,
    disclosed BOOLEAN NOT NULL,
    phase TEXT NOT NULL,
    phase_label TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT project_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT project_tenant_number_key UNIQUE (tenant, number),
    CONSTRAINT project_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT project_version_check CHECK (version >= 0)
);

CREATE INDEX project_office_idx ON project (tenant, office, updated_at);

CREATE INDEX project_updated_idx ON project (tenant, updated_at);

CREATE TABLE deadline (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    project UUID NOT NULL,
    clock TEXT NOT NULL,
    label TEXT NOT NULL,
    article TEXT NOT NULL,
    quotation TEXT NOT NULL,
    owed_by TEXT NOT NULL,
    owed_to TEXT NOT NULL,
    trigger_on DATE NOT NULL,
    budget INTEGER,
    unit TEXT NOT NULL,
    rolling TEXT NOT NULL,
    due_on DATE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    provisional BOOLEAN NOT NULL,
    calendar TEXT NOT NULL,
    on_expiry TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    overdue BOOLEAN NOT NULL,
    CONSTRAINT deadline_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT deadline_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT deadline_unit_check CHECK (unit IN ('working_days', 'days', 'months', 'date')),
    CONSTRAINT deadline_budget_check CHECK ((unit = 'date') = (budget IS NULL)),
    CONSTRAINT deadline_rolling_check CHECK (rolling IN ('none', 'next_working_day')),
    CONSTRAINT deadline_state_check CHECK (state IN ('open', 'met', 'expired', 'cancelled')),
    CONSTRAINT deadline_closed_check CHECK ((state = 'open') = (closed_at IS NULL))
);

CREATE INDEX deadline_due_idx ON deadline (tenant, due_at) WHERE state = 'open' AND NOT overdue;

CREATE UNIQUE INDEX deadline_one_open_idx ON deadline (tenant, project, clock, owed_by) WHERE state = 'open';

CREATE INDEX deadline_project_idx ON deadline (tenant, project);

CREATE TABLE document (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    project UUID NOT NULL,
    paper TEXT NOT NULL,
    version INTEGER NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    uploaded_by TEXT NOT NULL,
    person UUID NOT NULL,
    CONSTRAINT document_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT document_tenant_project_paper_version_key UNIQUE (tenant, project, paper, version),
    CONSTRAINT document_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT document_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT document_positive_check CHECK (size > 0 AND version > 0),
    CONSTRAINT document_digests_check CHECK (length(sha256) = 64 AND length(sm3) = 64)
);

CREATE TABLE notice (
    tenant TEXT NOT NULL,
    event UUID NOT NULL,
    person UUID NOT NULL,
    project UUID NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT notice_pkey PRIMARY KEY (tenant, event, person),
    CONSTRAINT notice_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT notice_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id)
);

CREATE INDEX notice_unread_idx ON notice (tenant, person, at) WHERE read_at IS NULL;

CREATE TABLE opinion (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    project UUID NOT NULL,
    round INTEGER NOT NULL,
    office UUID NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_on DATE NOT NULL,
    verdict TEXT,
    remarks TEXT,
    person UUID,
    given_by TEXT,
    given_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT opinion_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT opinion_tenant_project_round_office_key UNIQUE (tenant, project, round, office),
    CONSTRAINT opinion_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT opinion_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT opinion_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT opinion_verdict_check CHECK (verdict IN ('agree', 'agree_with_remarks', 'disagree')),
    CONSTRAINT opinion_given_check CHECK (num_nulls(verdict, remarks, person, given_by, given_at) IN (0, 5))
);

CREATE TABLE project_duty (
    tenant TEXT NOT NULL,
    project UUID NOT NULL,
    person UUID NOT NULL,
    duty TEXT NOT NULL,
    CONSTRAINT project_duty_pkey PRIMARY KEY (tenant, project, person),
    CONSTRAINT project_duty_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT project_duty_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT project_duty_duty_check CHECK (duty IN ('apply', 'review', 'approve'))
);

CREATE TABLE session (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    person UUID NOT NULL,
    post UUID NOT NULL,
    form_key TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT session_pkey PRIMARY KEY (tenant, digest),
    CONSTRAINT session_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT session_tenant_post_fkey FOREIGN KEY(tenant, post) REFERENCES post (tenant, id),
    CONSTRAINT session_digest_check CHECK (length(digest) = 32)
);

CREATE INDEX session_open_idx ON session (tenant, person) WHERE ended_at IS NULL;

CREATE TABLE task (
    tenant TEXT NOT NULL,
    project UUID NOT NULL,
    office UUID NOT NULL,
    action TEXT NOT NULL,
    label TEXT NOT NULL,
    due_on DATE,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT task_pkey PRIMARY KEY (tenant, project, office, action),
    CONSTRAINT task_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT task_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id)
);

CREATE INDEX task_office_idx ON task (tenant, office, due_on);

CREATE TABLE deadline_entry (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    deadline UUID NOT NULL,
    kind TEXT NOT NULL,
    "on" DATE NOT NULL,
    days INTEGER,
    reason TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT deadline_entry_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT deadline_entry_tenant_deadline_fkey FOREIGN KEY(tenant, deadline) REFERENCES deadline (tenant, id),
    CONSTRAINT deadline_entry_kind_check CHECK (kind IN ('started', 'paused', 'resumed', 'extended', 'waived', 'met', 'expired', 'cancelled')),
    CONSTRAINT deadline_entry_tenant_deadline_kind_on_at_key UNIQUE (tenant, deadline, kind, "on", at)
);

CREATE INDEX deadline_entry_deadline_idx ON deadline_entry (tenant, deadline);

