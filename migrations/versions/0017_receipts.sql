-- What was filed, as it was filed; receipts over it that leave the database; what was compared with them, and the totals.

-- No foreign key to the event: it is written at the very end of the transaction.
CREATE TABLE filing (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    number TEXT NOT NULL,
    project UUID NOT NULL,
    project_number TEXT NOT NULL,
    title TEXT NOT NULL,
    event UUID NOT NULL,
    action TEXT NOT NULL,
    label TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    office UUID NOT NULL,
    law TEXT NOT NULL,
    facts JSONB NOT NULL,
    papers JSONB NOT NULL,
    sm3 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    CONSTRAINT filing_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT filing_tenant_number_key UNIQUE (tenant, number),
    CONSTRAINT filing_tenant_event_key UNIQUE (tenant, event),
    CONSTRAINT filing_tenant_project_fkey FOREIGN KEY(tenant, project) REFERENCES project (tenant, id),
    CONSTRAINT filing_tenant_office_fkey FOREIGN KEY(tenant, office) REFERENCES office (tenant, id),
    CONSTRAINT filing_digests_check CHECK (length(sm3) = 64 AND length(sha256) = 64)
);

CREATE INDEX filing_project_idx ON filing (tenant, project, at);

CREATE TABLE receipt (
    tenant TEXT NOT NULL,
    filing UUID NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    algorithm TEXT NOT NULL,
    key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT receipt_pkey PRIMARY KEY (tenant, filing),
    CONSTRAINT receipt_tenant_filing_fkey FOREIGN KEY(tenant, filing) REFERENCES filing (tenant, id),
    CONSTRAINT receipt_algorithm_check CHECK (algorithm IN ('ed25519', 'sm2'))
);

-- What a nightly comparison looked at and what did not agree.
CREATE TABLE reconciliation (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen BIGINT NOT NULL,
    faults JSONB NOT NULL,
    CONSTRAINT reconciliation_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT reconciliation_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT reconciliation_kind_check CHECK (kind IN ('receipts', 'files', 'numbers'))
);

CREATE INDEX reconciliation_at_idx ON reconciliation (tenant, kind, at);

-- The totals of a day, signed: every project there ever was is in exactly one of the four.
CREATE TABLE tally (
    tenant TEXT NOT NULL,
    day DATE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    seq BIGINT NOT NULL,
    created BIGINT NOT NULL,
    drafts BIGINT NOT NULL,
    submitted BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    decided BIGINT NOT NULL,
    filings BIGINT NOT NULL,
    faults JSONB NOT NULL,
    key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT tally_pkey PRIMARY KEY (tenant, day),
    CONSTRAINT tally_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

SELECT wall('filing', 'receipt', 'reconciliation', 'tally');
SELECT append_only('filing', 'receipt', 'reconciliation', 'tally');

GRANT SELECT ON filing, receipt, reconciliation, tally TO lianshen_web, lianshen_worker;
GRANT INSERT ON filing TO lianshen_web;
GRANT INSERT ON receipt, reconciliation, tally TO lianshen_worker;
