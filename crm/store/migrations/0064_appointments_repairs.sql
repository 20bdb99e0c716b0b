-- A technician's hours at customers, and where things are that customers sent in. An appointment is seen by its technician
-- even where the customer is not: what they need (whose it is, where, whom to call) stands in it, sealed. Two appointments
-- of one technician never overlap: whoever makes one takes a lock of that technician's first and looks again.

-- +goose Up
CREATE TABLE appointments (
    id            bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    customer_id   bigint NOT NULL REFERENCES customers,
    technician_id bigint NOT NULL REFERENCES users,
    ticket_id     bigint REFERENCES tickets,
    device_id     bigint REFERENCES devices,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL CHECK (ends_at > starts_at),
    content       bytea,
    address       bytea,
    contact       bytea,       -- name and number to call
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
    result        bytea,
    version       integer NOT NULL DEFAULT 1,
    created_by    bigint NOT NULL REFERENCES users,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz
);
CREATE INDEX appointments_technician ON appointments (technician_id, starts_at) WHERE deleted_at IS NULL AND state = 'open';
CREATE INDEX appointments_customer ON appointments (customer_id, starts_at) WHERE deleted_at IS NULL;
CREATE INDEX appointments_ticket ON appointments (ticket_id) WHERE ticket_id IS NOT NULL AND deleted_at IS NULL;

ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;
CREATE POLICY appointments_seen ON appointments
    USING ((SELECT gendan_scope()) IN ('all', 'system')
        OR technician_id = gendan_actor()
        OR created_by = gendan_actor()
        OR EXISTS (SELECT FROM customers c WHERE c.id = appointments.customer_id));
GRANT SELECT, INSERT, UPDATE ON appointments TO gendan_app;

-- gendan_busy tells when a colleague is at customers, not at which: whoever makes an appointment may know that much.
-- +goose StatementBegin
CREATE FUNCTION gendan_busy(technician bigint, since timestamptz, until timestamptz)
RETURNS TABLE (id bigint, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT a.id, a.starts_at, a.ends_at FROM appointments a
        WHERE a.technician_id = technician AND a.state = 'open' AND a.deleted_at IS NULL AND gendan_scope() <> ''
        AND a.starts_at < until AND a.starts_at > since - interval '2 days' AND a.ends_at > since
        ORDER BY a.starts_at
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_busy FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_busy TO gendan_app;

CREATE TABLE repairs (
    id         bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    ticket_id  bigint NOT NULL REFERENCES tickets,
    flow       text NOT NULL,     -- the pack's, by the ticket's kind
    step       text NOT NULL,
    told       text NOT NULL DEFAULT '', -- the last step the customer was told of
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX repairs_ticket ON repairs (ticket_id) WHERE deleted_at IS NULL;

ALTER TABLE repairs ENABLE ROW LEVEL SECURITY;
CREATE POLICY repairs_seen ON repairs
    USING ((SELECT gendan_scope()) IN ('all', 'system') OR EXISTS (SELECT FROM tickets t WHERE t.id = repairs.ticket_id));
GRANT SELECT, INSERT, UPDATE ON repairs TO gendan_app;

INSERT INTO record_kinds VALUES ('appointment', 'appointments', $$'#' || r.id$$), ('repair', 'repairs', $$'#' || r.ticket_id$$);
