-- The outbox that `polar-sync relay` sends from: for PostgreSQL 14 or newer, Supabase's too.
-- Run it as somebody who may have triggers on the users' table; it may be run again.

BEGIN;

CREATE SCHEMA IF NOT EXISTS polar_sync;
REVOKE ALL ON SCHEMA polar_sync FROM PUBLIC;

CREATE TABLE IF NOT EXISTS polar_sync.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The same on each try: by it the bridge knows a repetition.
    webhook_id text NOT NULL UNIQUE DEFAULT 'msg_' || gen_random_uuid(),
    -- What is signed and sent, byte for byte.
    body text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    -- When the bridge refused it for good. Set it to NULL, and it is sent again.
    refused_at timestamptz
);
-- An index for what is to be sent: refused rows cost nothing.
CREATE INDEX IF NOT EXISTS outbox_to_send ON polar_sync.outbox (attempts, id)
    WHERE refused_at IS NULL;

-- For a trigger: arguments are the column of the user's id and, where there is one, that of the
-- external id at Polar. It writes in the transaction of the deletion: both happen, or neither does.
CREATE OR REPLACE FUNCTION polar_sync.user_deleted() RETURNS trigger
    LANGUAGE plpgsql
    -- Whoever may delete a user need not be able to write here, and cannot say what names mean.
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone jsonb := to_jsonb(OLD);
BEGIN
    IF gone ->> TG_ARGV[0] IS NULL THEN
        RAISE EXCEPTION 'polar_sync: % has no column %, or it is null', TG_RELID::regclass, TG_ARGV[0]
            USING HINT = 'Name the column of the user''s id in the trigger polar_sync_user_deleted.';
    END IF;
    INSERT INTO polar_sync.outbox (body) VALUES (jsonb_build_object(
        'type', 'user.deleted',
        -- The transaction may have begun long before.
        'timestamp', clock_timestamp(),
        'data', jsonb_strip_nulls(jsonb_build_object(
            'user_id', gone ->> TG_ARGV[0],
            'external_id', gone ->> TG_ARGV[1]
        ))
    )::text);
    PERFORM pg_notify('polar_sync_outbox', '');
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION polar_sync.user_deleted() FROM PUBLIC;

-- What the relay logs in as. It can send, remove and mark, and read nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'polar_sync_relay') THEN
        CREATE ROLE polar_sync_relay LOGIN;
    END IF;
END;
$$;
GRANT USAGE ON SCHEMA polar_sync TO polar_sync_relay;
GRANT SELECT, DELETE, UPDATE (attempts, error, refused_at) ON polar_sync.outbox TO polar_sync_relay;

-- Your table of users, and the column of its id.
CREATE OR REPLACE TRIGGER polar_sync_user_deleted AFTER DELETE ON auth.users
    FOR EACH ROW EXECUTE FUNCTION polar_sync.user_deleted('id');

COMMIT;
