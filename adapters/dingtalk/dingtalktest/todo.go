package dingtalktest

import (
	"net/http"
	"slices"
)

// Todo is a task in people's todo list. All ids of people are unionIds.
type Todo struct {
	ID          string   `json:"id"`
	SourceID    string   `json:"sourceId"`
	Subject     string   `json:"subject"`
	Description string   `json:"description"`
	CreatorID   string   `json:"creatorId"`
	ExecutorIDs []string `json:"executorIds"`
	DueTime     int64    `json:"dueTime"` // ms
	Priority    int      `json:"priority"`
	Done        bool     `json:"done"`
	CreatedTime int64    `json:"createdTime"` // ms
	ModTime     int64    `json:"modifiedTime"`
}

// maxTodos bounds the tasks kept.
const maxTodos = 10000

// Todos lists the tasks of a person, oldest first.
func (s *Server) Todos(userID string) []Todo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Todo
	if u := s.people[userID]; u != nil {
		for _, id := range s.todoOrder {
			if t := s.todos[id]; t != nil && slices.Contains(t.ExecutorIDs, u.UnionID) {
				out = append(out, *t)
			}
		}
	}
	return out
}

func (s *Server) todoRoutes(m *http.ServeMux) {
	const path = "/v1.0/todo/users/{unionId}/tasks"
	s.api(m, "POST "+path, "Todo.Todo.Write", s.todoCreate)
	s.api(m, "PUT "+path+"/{id}", "Todo.Todo.Write", s.todoUpdate)
	s.api(m, "GET "+path+"/{id}", "Todo.Todo.Read", s.todoGet)
	s.api(m, "GET "+path+"/sources/{source}", "Todo.Todo.Read", s.todoBySource)
	s.api(m, "DELETE "+path+"/{id}", "Todo.Todo.Write", s.todoDelete)
}

var noTodo = bad("ResourceNotFound.TaskNotExist", "待办不存在")

// unions refuses ids that are no unionIds of the organisation. The caller holds s.mu.
func (s *Server) unions(ids ...string) *refusal {
	for _, id := range ids {
		if s.byUnion[id] == "" {
			return bad("todo.taskCreate.paramError", "%s 不是有效的 unionId", id)
		}
	}
	return nil
}

func (s *Server) todoCreate(c *call) (any, *refusal) {
	var in Todo
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if no := s.unions(append([]string{c.r.PathValue("unionId")}, in.ExecutorIDs...)...); no != nil {
		return nil, no
	}
	if in.Subject == "" {
		return nil, bad("todo.taskCreate.paramError", "subject 为空")
	}
	if in.SourceID != "" {
		for _, t := range s.todos {
			if t.SourceID == in.SourceID {
				return nil, bad("todo.taskCreate.paramError", "sourceId 已存在")
			}
		}
	}
	in.ID, in.CreatedTime, in.Done = s.id("task"), s.now().UnixMilli(), false
	in.ModTime = in.CreatedTime
	if in.CreatorID == "" {
		in.CreatorID = c.r.PathValue("unionId")
	}
	s.todos[in.ID] = &in
	s.todoOrder = append(s.todoOrder, in.ID)
	if len(s.todoOrder) > maxTodos {
		delete(s.todos, s.todoOrder[0])
		s.todoOrder = s.todoOrder[1:]
	}
	return in, nil
}

func (s *Server) todoUpdate(c *call) (any, *refusal) {
	var in struct {
		Subject     *string  `json:"subject"`
		Description *string  `json:"description"`
		DueTime     *int64   `json:"dueTime"`
		Done        *bool    `json:"done"`
		ExecutorIDs []string `json:"executorIds"`
	}
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.todos[c.r.PathValue("id")]
	if t == nil {
		return nil, noTodo
	}
	if no := s.unions(in.ExecutorIDs...); no != nil {
		return nil, no
	}
	if in.ExecutorIDs != nil {
		t.ExecutorIDs = in.ExecutorIDs
	}
	if in.Subject != nil {
		t.Subject = *in.Subject
	}
	if in.Description != nil {
		t.Description = *in.Description
	}
	if in.DueTime != nil {
		t.DueTime = *in.DueTime
	}
	if in.Done != nil {
		t.Done = *in.Done
	}
	t.ModTime = s.now().UnixMilli()
	return map[string]any{"result": true, "requestId": randomHex(8)}, nil
}

func (s *Server) todoGet(c *call) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.todos[c.r.PathValue("id")]; t != nil {
		return *t, nil
	}
	return nil, noTodo
}

func (s *Server) todoBySource(c *call) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.todos {
		if t.SourceID == c.r.PathValue("source") {
			return *t, nil
		}
	}
	return nil, noTodo
}

func (s *Server) todoDelete(c *call) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := c.r.PathValue("id")
	if s.todos[id] == nil {
		return nil, noTodo
	}
	delete(s.todos, id)
	s.todoOrder = slices.DeleteFunc(s.todoOrder, func(x string) bool { return x == id })
	return map[string]any{"result": true, "requestId": randomHex(8)}, nil
}
