package bottest

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"gendan/adapters/llm"
	"gendan/adapters/llm/llmtest"
	"gendan/bot"
)

// modelPatience is the time limit of the stories' model: long enough for a busy machine, short enough to wait for.
const modelPatience = 2 * time.Second

// languageModel starts an endpoint and gives the real client of it.
func (w *world) languageModel(log *zap.Logger) bot.AskModel {
	w.model = llmtest.New(w.t)
	client, err := llm.New(llm.Config{URL: w.model.URL, Model: "test", Key: "sk-story", Timeout: modelPatience, PerHour: -1, PerDay: -1, Now: w.clock.Now, Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	return client.Ask
}

// misbehave are the faults of a model that a story may ask for.
var misbehave = map[string]llmtest.Answer{
	"!hangs": llmtest.Hangs(), "!500": llmtest.Raw(500, "oops"), "!429": llmtest.Raw(429, `{"error":{"message":"slow down"}}`), "!html": llmtest.Raw(200, "<html>"),
	"!empty": llmtest.Raw(200, `{"choices":[]}`), "!broken": llmtest.BreaksOff(), "!huge": llmtest.Huge(), "!elsewhere": llmtest.Redirects("http://127.0.0.1:1/v1/chat/completions"),
}

// modelAnswer reads what stands behind @model.
func modelAnswer(t testing.TB, text string) llmtest.Answer {
	if strings.HasPrefix(text, "!") {
		a, ok := misbehave[text]
		if !ok {
			t.Fatalf("@model %s: no such fault", text)
		}
		return a
	}
	if !strings.Contains(text, "{") {
		return llmtest.Says(text)
	}
	var calls []llmtest.Call
	for _, c := range strings.Split(text, " / ") {
		name, arguments, _ := strings.Cut(strings.TrimSpace(c), " ")
		calls = append(calls, llmtest.Call{Name: name, Arguments: arguments})
	}
	return llmtest.Calls(calls...)
}
