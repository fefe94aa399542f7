-- Checkpoints and daily roots; where from, with what result and under which version of the law an event happened.

-- Events so far are of encoding 1, which knows nothing of the new columns; new ones say which they are of.
ALTER TABLE event
    ADD COLUMN encoding SMALLINT NOT NULL DEFAULT 1,
    ADD COLUMN result TEXT NOT NULL DEFAULT 'done',
    ADD COLUMN source TEXT NOT NULL DEFAULT '',
    ADD COLUMN law TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT event_result_check CHECK (result IN ('done', 'refused', 'failed')),
    ADD CONSTRAINT event_encoding_check CHECK (encoding IN (1, 2));
ALTER TABLE event
    ALTER COLUMN encoding DROP DEFAULT, ALTER COLUMN result DROP DEFAULT,
    ALTER COLUMN source DROP DEFAULT, ALTER COLUMN law DROP DEFAULT;
CREATE INDEX event_at_idx ON event (tenant, at, seq);
CREATE INDEX event_person_idx ON event (tenant, person, seq);
CREATE INDEX event_action_idx ON event (tenant, action, seq);

-- Roots of whole subtrees of 256, 65,536 … events, so that a root or a proof reads a few hundred hashes.
CREATE TABLE tree_node (
    tenant TEXT NOT NULL,
    level SMALLINT NOT NULL,
    position BIGINT NOT NULL,
    sm3 BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    CONSTRAINT tree_node_pkey PRIMARY KEY (tenant, level, position),
    CONSTRAINT tree_node_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT tree_node_digests_check CHECK (length(sm3) = 32 AND length(sha256) = 32)
);

CREATE TABLE checkpoint (
    tenant TEXT NOT NULL,
    size BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    sm3 BYTEA NOT NULL,
    sha256 BYTEA NOT NULL,
    algorithm TEXT NOT NULL,
    key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    note TEXT NOT NULL,
    token BYTEA,
    CONSTRAINT checkpoint_pkey PRIMARY KEY (tenant, size),
    CONSTRAINT checkpoint_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT checkpoint_size_check CHECK (size > 0),
    CONSTRAINT checkpoint_algorithm_check CHECK (algorithm IN ('ed25519', 'sm2'))
);

CREATE INDEX checkpoint_at_idx ON checkpoint (tenant, at);

CREATE TABLE ledger_check (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    events BIGINT NOT NULL,
    checkpoints BIGINT NOT NULL,
    damage TEXT,
    place TEXT,
    CONSTRAINT ledger_check_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT ledger_check_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT ledger_check_damage_check CHECK ((damage IS NULL) = (place IS NULL))
);

CREATE INDEX ledger_check_at_idx ON ledger_check (tenant, at);

-- What the level below has filed: the tenant is the one above, who keeps it.
CREATE TABLE received_root (
    tenant TEXT NOT NULL,
    child TEXT NOT NULL,
    day DATE NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    public_key TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT received_root_pkey PRIMARY KEY (tenant, child, day),
    CONSTRAINT received_root_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);

SELECT wall('tree_node', 'checkpoint', 'ledger_check', 'received_root');
SELECT append_only('tree_node', 'checkpoint', 'ledger_check', 'received_root');

GRANT SELECT ON tree_node, checkpoint, ledger_check, received_root TO lianshen_web, lianshen_worker;
GRANT INSERT ON tree_node, checkpoint, ledger_check, received_root TO lianshen_worker;

