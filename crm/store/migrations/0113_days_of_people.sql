-- What somebody did on a day is asked now and then, over tables that only grow by what has just happened: an index over the blocks of
-- a day is enough and costs the writers nothing. Who gave a task asks for the open
-- ones that others have of them; and which tasks are call-backs after a low score, the answers know.

-- +goose Up
CREATE INDEX activities_day ON activities USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ticket_entries_day ON ticket_entries USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX tasks_given ON tasks (created_by, due) WHERE deleted_at IS NULL AND state = 'open' AND created_by <> user_id;
CREATE INDEX survey_answers_task ON survey_answers (task_id) WHERE task_id IS NOT NULL;
