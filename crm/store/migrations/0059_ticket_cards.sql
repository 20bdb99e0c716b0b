-- The cards of a ticket that people have before them, so that all of them say who has taken it, or that it is closed, where
-- the platform lets a shown card change; and so that a bare 「我来处理」 means the ticket that was shown last.

-- +goose Up
CREATE TABLE ticket_cards (
    card      text COLLATE "C" PRIMARY KEY, -- chat.Card.ID
    ticket_id bigint NOT NULL REFERENCES tickets,
    user_id   bigint NOT NULL REFERENCES users,
    peer      text NOT NULL,                -- whose screen it is on
    shown_at  timestamptz NOT NULL
);
CREATE INDEX ticket_cards_ticket ON ticket_cards (ticket_id);
CREATE INDEX ticket_cards_user ON ticket_cards (user_id, shown_at);
ALTER TABLE ticket_cards ENABLE ROW LEVEL SECURITY;
CREATE POLICY ticket_cards_own ON ticket_cards
    USING ((SELECT gendan_scope()) = 'system' OR user_id = gendan_actor());
GRANT SELECT, INSERT ON ticket_cards TO gendan_app;

-- gendan_forget_ticket_cards forgets cards that show an end and will not change again.
-- +goose StatementBegin
CREATE FUNCTION gendan_forget_ticket_cards(cards text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM ticket_cards WHERE card = ANY (cards) AND (gendan_scope() = 'system' OR user_id = gendan_actor())
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_forget_ticket_cards FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gendan_forget_ticket_cards TO gendan_app;
