-- OpenID providers, who is who there, and browsers on their way there and back.
CREATE TABLE provider (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BYTEA,
    hosts TEXT[] NOT NULL,
    private BOOLEAN NOT NULL,
    amr TEXT[] NOT NULL,
    acr TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT provider_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT provider_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant)
);
CREATE UNIQUE INDEX provider_name_idx ON provider (tenant, name) WHERE ended_at IS NULL;

CREATE TABLE provider_link (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    provider UUID NOT NULL,
    subject TEXT NOT NULL,
    person UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT provider_link_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT provider_link_tenant_provider_fkey FOREIGN KEY(tenant, provider) REFERENCES provider (tenant, id),
    CONSTRAINT provider_link_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id)
);
CREATE UNIQUE INDEX provider_link_subject_idx ON provider_link (tenant, provider, subject) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX provider_link_person_idx ON provider_link (tenant, person, provider) WHERE ended_at IS NULL;

CREATE TABLE provider_visit (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    provider UUID NOT NULL,
    person UUID,
    wanted TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT provider_visit_pkey PRIMARY KEY (tenant, digest),
    CONSTRAINT provider_visit_tenant_provider_fkey FOREIGN KEY(tenant, provider) REFERENCES provider (tenant, id),
    CONSTRAINT provider_visit_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT provider_visit_digest_check CHECK (length(digest) = 32)
);

SELECT wall('provider', 'provider_link', 'provider_visit');
-- Never the issuer: what links say would come to mean somebody else.
GRANT SELECT, INSERT ON provider, provider_link, provider_visit TO lianshen_web;
GRANT UPDATE (client_id, client_secret, hosts, private, amr, acr, ended_at) ON provider TO lianshen_web;
GRANT UPDATE (ended_at) ON provider_link TO lianshen_web;
GRANT UPDATE (used_at), DELETE ON provider_visit TO lianshen_web;
GRANT SELECT (tenant, id, client_secret), UPDATE (client_secret) ON provider TO lianshen_worker;
