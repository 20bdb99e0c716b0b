package main

import (
	"context"
	"time"

	"gendan/adapters/llm"
	"gendan/bot/chat"
)

// model asks the language model one word. Without one, or when it does not answer, everything else goes on.
func (d *doctor) model(ctx context.Context, set settings) {
	if set.LLMURL == "" {
		d.note("语言模型", "没有设置，不影响使用；想让它猜听不懂的话，请设 LLM_URL、LLM_MODEL、LLM_KEY")
		return
	}
	m, err := llm.New(llm.Config{URL: set.LLMURL, Model: set.LLMModel, Key: set.LLMKey})
	if err != nil {
		d.say(false, "语言模型", oneLine(err.Error()))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := m.Ask(ctx, chat.ModelRequest{System: "只回一个字。", Text: "好", Most: 8}); err != nil {
		d.note("语言模型", "没有回答（"+oneLine(err.Error())+"），请检查 LLM_URL、LLM_MODEL、LLM_KEY；期间一切照常，只是没有它的猜测")
		return
	}
	d.say(true, "语言模型", "")
}
