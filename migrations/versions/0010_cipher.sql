-- Personal data under each tenant's key: the keys, wrapped by a master key that the database never sees.
CREATE TABLE data_key (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    wrapped BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT data_key_pkey PRIMARY KEY (tenant, id),
    CONSTRAINT data_key_purpose_check CHECK (purpose IN ('seal', 'index', 'integrity')),
    CONSTRAINT data_key_state_check CHECK (state IN ('active', 'outgoing', 'retired')),
    CONSTRAINT data_key_wrapped_check CHECK ((state = 'retired') = (wrapped IS NULL)),
    CONSTRAINT data_key_retired_check CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);

CREATE UNIQUE INDEX data_key_one_active_idx ON data_key (tenant, purpose) WHERE state = 'active';

SELECT wall('data_key');

-- The key that protects now. Rotating and retiring take the same lock exclusively, so nothing is written under a key
-- that was given up meanwhile. VOLATILE: the SELECT sees what was committed while the lock was waited for.
CREATE FUNCTION active_key(wanted text) RETURNS TABLE (id uuid, wrapped bytea)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('data_key'), current_tenant()::int);
    RETURN QUERY SELECT k.id, k.wrapped FROM data_key k
        WHERE k.tenant = current_tenant() AND k.purpose = wanted AND k.state = 'active';
END $$;

REVOKE EXECUTE ON FUNCTION active_key(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION active_key(text) TO lianshen_web, lianshen_worker;
GRANT SELECT, INSERT ON data_key TO lianshen_web, lianshen_worker;
