-- Passkeys beside one-time passwords, and the challenges that they answer.
ALTER TABLE factor
    DROP CONSTRAINT factor_kind_check,
    ADD CONSTRAINT factor_kind_check CHECK (kind IN ('totp', 'passkey')),
    ADD COLUMN name TEXT,
    ADD COLUMN credential BYTEA,
    ADD COLUMN used_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT factor_passkey_check CHECK ((kind = 'passkey') = (credential IS NOT NULL)
                                               AND (kind = 'passkey') = (name IS NOT NULL));
-- Ever: what was revoked is not entered anew.
CREATE UNIQUE INDEX factor_credential_idx ON factor (tenant, credential) WHERE credential IS NOT NULL;
GRANT UPDATE (used_at) ON factor TO lianshen_web;

CREATE TABLE passkey_challenge (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    person UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT passkey_challenge_pkey PRIMARY KEY (tenant, digest),
    CONSTRAINT passkey_challenge_tenant_fkey FOREIGN KEY(tenant) REFERENCES tenant (tenant),
    CONSTRAINT passkey_challenge_tenant_person_fkey FOREIGN KEY(tenant, person) REFERENCES person (tenant, id),
    CONSTRAINT passkey_challenge_digest_check CHECK (length(digest) = 32),
    CONSTRAINT passkey_challenge_purpose_check CHECK (purpose IN ('enter', 'prove', 'sign_in')),
    CONSTRAINT passkey_challenge_person_check CHECK ((purpose = 'sign_in') = (person IS NULL))
);
CREATE INDEX passkey_challenge_at_idx ON passkey_challenge (tenant, created_at);

SELECT wall('passkey_challenge');
GRANT SELECT, INSERT, DELETE ON passkey_challenge TO lianshen_web;
GRANT UPDATE (used_at) ON passkey_challenge TO lianshen_web;
