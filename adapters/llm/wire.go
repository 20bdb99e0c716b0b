package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gendan/bot/chat"
)

// The wire of the chat completions API, as much of it as we use. Source: the OpenAI API reference, "Create chat completion",
// which the compatible endpoints follow.
type (
	wireRequest struct {
		Model       string        `json:"model"`
		Messages    []wireMessage `json:"messages"`
		Tools       []wireTool    `json:"tools,omitempty"`
		ToolChoice  string        `json:"tool_choice,omitempty"`
		Temperature float64       `json:"temperature"`
		MaxTokens   int           `json:"max_tokens"`
		Stream      bool          `json:"stream"`
	}
	wireMessage struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	wireTool struct {
		Type     string       `json:"type"`
		Function wireFunction `json:"function"`
	}
	wireFunction struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	}
	wireAnswer struct {
		Choices []struct {
			Message struct {
				Content   *string `json:"content"`
				ToolCalls []struct {
					Function struct {
						Name      string          `json:"name"`
						Arguments json.RawMessage `json:"arguments"` // JSON in a string; of some endpoints an object
					} `json:"function"`
				} `json:"tool_calls"`
			} `json:"message"`
		} `json:"choices"`
	}
)

// toolName is an action's name as the API takes it, which knows no full stops.
func toolName(action string) string { return strings.ReplaceAll(action, ".", "_") }

// call is one exchange with the endpoint. Its errors hold nothing of what was asked or answered.
func (c *Client) call(ctx context.Context, q chat.ModelRequest) (a chat.ModelAnswer, err error) {
	body := wireRequest{Model: c.c.Model, MaxTokens: q.Most, Messages: []wireMessage{{"system", q.System}, {"user", q.Text}}}
	if body.MaxTokens == 0 {
		body.MaxTokens = mostTokens
	}
	names := map[string]string{}
	for _, t := range q.Tools {
		names[toolName(t.Name)] = t.Name
		body.Tools = append(body.Tools, wireTool{"function", wireFunction{toolName(t.Name), t.Doc, t.Params}})
	}
	if len(body.Tools) > 0 {
		body.ToolChoice = "auto"
	}
	sent, err := json.Marshal(body)
	if err != nil {
		return a, fmt.Errorf("llm: question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.target, bytes.NewReader(sent))
	if err != nil {
		return a, fmt.Errorf("llm: question: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.c.Key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return a, fmt.Errorf("llm: %w", unquoted(ctx, err))
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	switch {
	case err != nil:
		return a, fmt.Errorf("llm: answer broke off: %w", unquoted(ctx, err))
	case res.StatusCode/100 == 3:
		return a, fmt.Errorf("llm: answer %d leads elsewhere, which is not followed", res.StatusCode)
	case res.StatusCode != http.StatusOK:
		return a, fmt.Errorf("llm: answer %d", res.StatusCode)
	case len(data) > mostAnswer:
		return a, fmt.Errorf("llm: answer of more than %d bytes", mostAnswer)
	}
	var got wireAnswer
	if json.Unmarshal(data, &got) != nil {
		return a, errors.New("llm: answer is not what the API promises")
	}
	if len(got.Choices) == 0 {
		return a, errors.New("llm: answer without a choice")
	}
	m := got.Choices[0].Message
	if m.Content != nil {
		a.Text = *m.Content
	}
	for _, t := range m.ToolCalls {
		name, known := names[t.Function.Name]
		if !known {
			name = t.Function.Name // for the caller to drop
		}
		a.Calls = append(a.Calls, chat.ModelCall{Name: name, Params: arguments(t.Function.Arguments)})
	}
	return a, nil
}

// arguments are the parameters of a tool call, which mostly come as JSON inside a string.
func arguments(raw json.RawMessage) json.RawMessage {
	var inside string
	if json.Unmarshal(raw, &inside) == nil {
		return json.RawMessage(inside)
	}
	return raw
}

// unquoted is err without the address, which may hold a key.
func unquoted(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
