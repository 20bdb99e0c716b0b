-- How customers have asked what an article answers, as it was learned: from a colleague's answer, from a choice they tapped,
-- from an answer that helped. One that did not help is kept as wrong, so that the article is not given for it again. The
-- words are sealed; mark is the blind index of them, so that an article has each once.

-- +goose Up
CREATE TABLE article_wordings (
    article_id bigint NOT NULL REFERENCES articles,
    mark       bytea NOT NULL,
    words      bytea NOT NULL,                  -- sealed
    wrong      boolean NOT NULL DEFAULT false,
    source     text NOT NULL CHECK (source IN ('reply', 'tap', 'helped', 'said', 'unsolved')),
    at         timestamptz NOT NULL,
    PRIMARY KEY (article_id, mark)
);
ALTER TABLE article_wordings ENABLE ROW LEVEL SECURITY;
CREATE POLICY article_wordings_read ON article_wordings FOR SELECT USING ((SELECT gendan_scope()) <> '');
CREATE POLICY article_wordings_add ON article_wordings FOR INSERT WITH CHECK ((SELECT gendan_scope()) <> '');
CREATE POLICY article_wordings_change ON article_wordings FOR UPDATE USING ((SELECT gendan_scope()) <> '');
GRANT SELECT, INSERT, UPDATE ON article_wordings TO gendan_app;
CREATE TRIGGER article_wordings_changed AFTER INSERT OR UPDATE OF wrong ON article_wordings
    FOR EACH STATEMENT EXECUTE FUNCTION gendan_articles_changed();
