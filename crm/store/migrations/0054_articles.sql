-- The knowledge base (知识库): what the company answers. Every colleague reads it; who sees the whole company writes it.
-- Its words are sealed, for answers are learned from what customers were told. article_revision moves with every change of
-- what is known, so that each process tells by one number whether its index is still right; counting how an answer did
-- moves nothing.

-- +goose Up
CREATE TABLE articles (
    id           bigint PRIMARY KEY DEFAULT nextval('record_numbers'),
    kind         text NOT NULL CHECK (kind IN ('问答', '产品', '话术', '案例')),
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'confirmed')),
    body         bytea NOT NULL,                    -- sealed: question, similar, answer
    source       text NOT NULL DEFAULT 'chat',
    code         text COLLATE "C" NOT NULL DEFAULT '', -- its id in the file it came from
    ticket_id    bigint REFERENCES tickets,         -- the answer to which it was
    created_by   bigint REFERENCES users,           -- null: the command line
    confirmed_by bigint REFERENCES users,
    uses         integer NOT NULL DEFAULT 0,
    helpful      integer NOT NULL DEFAULT 0,
    unhelpful    integer NOT NULL DEFAULT 0,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz
);
CREATE INDEX articles_latest ON articles (updated_at DESC, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX articles_code ON articles (code) WHERE code <> '' AND deleted_at IS NULL;

ALTER TABLE articles ENABLE ROW LEVEL SECURITY;
CREATE POLICY articles_read ON articles FOR SELECT USING ((SELECT gendan_scope()) <> '');
CREATE POLICY articles_add ON articles FOR INSERT WITH CHECK ((SELECT gendan_scope()) IN ('all', 'system'));
CREATE POLICY articles_change ON articles FOR UPDATE USING ((SELECT gendan_scope()) IN ('all', 'system'));
GRANT SELECT, INSERT, UPDATE ON articles TO gendan_app;

CREATE TABLE article_revision (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
);
INSERT INTO article_revision (revision) VALUES (1);
ALTER TABLE article_revision ENABLE ROW LEVEL SECURITY;
CREATE POLICY article_revision_read ON article_revision FOR SELECT USING ((SELECT gendan_scope()) <> '');
GRANT SELECT ON article_revision TO gendan_app;

-- +goose StatementBegin
CREATE FUNCTION gendan_articles_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE article_revision SET revision = revision + 1;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION gendan_articles_changed FROM PUBLIC;
CREATE TRIGGER articles_added AFTER INSERT ON articles FOR EACH STATEMENT EXECUTE FUNCTION gendan_articles_changed();
CREATE TRIGGER articles_changed AFTER UPDATE OF kind, state, body, deleted_at ON articles FOR EACH STATEMENT EXECUTE FUNCTION gendan_articles_changed();

-- A colleague's own last answer, from which an article is proposed.
CREATE INDEX ticket_entries_replies ON ticket_entries (user_id, id) WHERE side = 'reply' AND deleted_at IS NULL;

INSERT INTO record_kinds VALUES ('article', 'articles', $$'#' || r.id$$);
