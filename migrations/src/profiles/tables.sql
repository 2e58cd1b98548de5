ALTER TABLE users ADD COLUMN first_name text, ADD COLUMN last_name text;

-- A person's profile in a tenant. It can be there before the person is: then it waits for whoever proves to own the address.
CREATE TABLE profiles (
    -- UUIDv7: sorts by time.
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    user_id uuid,
    -- As it was given, and in the form in which two spellings are equal.
    email text,
    email_folded text,
    name text CHECK (char_length(name) BETWEEN 1 AND 100),
    cohort text NOT NULL CHECK (char_length(cohort) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    linked_at timestamptz,
    CONSTRAINT profiles_of_person UNIQUE (tenant_id, user_id),
    CONSTRAINT profiles_of_address UNIQUE (tenant_id, email_folded),
    CONSTRAINT profiles_email_is_folded CHECK ((email IS NULL) = (email_folded IS NULL)),
    CONSTRAINT profiles_wait_or_are_linked CHECK ((user_id IS NULL) = (linked_at IS NULL)),
    -- Nobody could ever come for one without an address.
    CONSTRAINT profiles_wait_for_an_address CHECK (user_id IS NOT NULL OR email IS NOT NULL)
);

CREATE INDEX profiles_waiting ON profiles (email_folded) WHERE user_id IS NULL;
-- A tenant's profiles, newest first.
CREATE INDEX profiles_of_tenant ON profiles (tenant_id, id DESC);
CREATE INDEX profiles_of_user ON profiles (user_id);

-- When the identity provider last changed a person, an organization or a membership, as far as it was told. What was
-- changed before is passed over; what is gone stays gone, whatever is told late.
CREATE TABLE directory_entries (
    kind text NOT NULL CHECK (kind IN ('user', 'organization', 'membership')),
    -- The user's, the tenant's or the membership's id.
    id uuid NOT NULL,
    -- The provider's id of a membership: a person who comes back has another one.
    external_id text,
    -- Whose membership it is, so that what is known of it can go with the person.
    user_id uuid CHECK (user_id IS NULL OR kind = 'membership'),
    -- None where an entry was only made to be locked.
    changed_at timestamptz,
    deleted_at timestamptz,
    -- A person is welcomed once, whatever becomes of their profiles.
    welcomed_at timestamptz CHECK (welcomed_at IS NULL OR kind = 'user'),
    PRIMARY KEY (kind, id)
);

CREATE INDEX directory_entries_of_user ON directory_entries (user_id) WHERE user_id IS NOT NULL;

-- Which notices were taken, so that one that is sent again changes nothing.
CREATE TABLE webhook_deliveries (
    issuer text NOT NULL,
    id text NOT NULL CHECK (char_length(id) BETWEEN 1 AND 255),
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, id)
);

CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (received_at);
