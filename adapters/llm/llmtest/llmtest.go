// Package llmtest is an OpenAI-compatible endpoint for tests: it speaks the chat completions API over a real socket, keeps
// what it was sent, and misbehaves when told to.
package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Question is a request as the endpoint understood it.
type Question struct {
	Model        string
	System, Text string
	Tools        []string // names, in their order
	Body         string   // all of it, as it came over the wire
	Header       http.Header
}

// Answer writes an answer to a question.
type Answer func(w http.ResponseWriter, r *http.Request, q Question)

// Server is the endpoint.
type Server struct {
	URL string // of the API

	mu     sync.Mutex
	answer Answer
	asked  []Question
}

// New starts an endpoint that ends with t and says nothing of use until it is told what to answer.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{answer: Says("")}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		h.CloseClientConnections() // an answer that hangs must not hold the test up
		h.Close()
	})
	s.URL = h.URL + "/v1"
	return s
}

// Answer sets what is answered from now on.
func (s *Server) Answer(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

// Asked is everything that was asked so far.
func (s *Server) Asked() []Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Question(nil), s.asked...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		http.Error(w, `{"error":{"message":"no such address"}}`, http.StatusNotFound)
		return
	}
	var in struct {
		Model    string `json:"model"`
		Messages []struct{ Role, Content string }
		Tools    []struct {
			Type     string
			Function struct {
				Name       string
				Parameters map[string]any
			}
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		http.Error(w, `{"error":{"message":"no JSON"}}`, http.StatusBadRequest)
		return
	}
	q := Question{Model: in.Model, Body: string(body), Header: r.Header}
	for _, m := range in.Messages {
		switch m.Role {
		case "system":
			q.System = m.Content
		case "user":
			q.Text = m.Content
		}
	}
	for _, t := range in.Tools {
		if strings.ContainsAny(t.Function.Name, ". ") || t.Function.Parameters["type"] != "object" {
			http.Error(w, `{"error":{"message":"a tool is not as the API wants it"}}`, http.StatusBadRequest)
			return
		}
		q.Tools = append(q.Tools, t.Function.Name)
	}
	s.mu.Lock()
	s.asked = append(s.asked, q)
	answer := s.answer
	s.mu.Unlock()
	answer(w, r, q)
}

// Call is a tool call of an answer. Arguments go out as they are.
type Call struct{ Name, Arguments string }

// Calls answers with tool calls.
func Calls(calls ...Call) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Question) {
		list := []map[string]any{}
		for i, c := range calls {
			list = append(list, map[string]any{"id": fmt.Sprintf("call_%d", i), "type": "function", "function": map[string]any{"name": c.Name, "arguments": c.Arguments}})
		}
		write(w, map[string]any{"role": "assistant", "content": nil, "tool_calls": list}, "tool_calls")
	}
}

// Says answers with words.
func Says(text string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Question) {
		write(w, map[string]any{"role": "assistant", "content": text}, "stop")
	}
}

func write(w http.ResponseWriter, message map[string]any, why string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "model": "test",
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": why}},
	})
}

// Raw answers with a body of its own.
func Raw(status int, body string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Question) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Hangs answers nothing until the asker has gone.
func Hangs() Answer {
	return func(_ http.ResponseWriter, r *http.Request, _ Question) { <-r.Context().Done() }
}

// BreaksOff promises more than it sends.
func BreaksOff() Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Question) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"我`)
	}
}

// Huge never stops talking.
func Huge() Answer {
	return func(w http.ResponseWriter, r *http.Request, _ Question) {
		_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"`)
		chunk := strings.Repeat("x", 64<<10)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}
}

// Redirects leads to another address.
func Redirects(to string) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ Question) {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}
}
