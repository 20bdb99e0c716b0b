package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
)

// RuleTell tells a colleague something, in one message and without a task: what rules have to say.
type RuleTell struct {
	To       string `json:"to" doc:"*告诉谁：同事、部门或 me"`
	Content  string `json:"content" doc:"*要说的话"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
}

// RuleSaid is the topic of what a rule tells a colleague.
const RuleSaid Topic = "rule.said"

func ruleTell(ctx context.Context, r *run, p *RuleTell) (*Result, error) {
	content := strings.TrimSpace(p.Content)
	switch n := len([]rune(content)); {
	case n == 0:
		return nil, r.ask("content", "要告诉TA什么？")
	case n > 500:
		return nil, r.ask("content", "话太长了（%d 个字），请控制在 500 个字以内。", n)
	}
	if p.To == "" {
		return nil, r.ask("to", "告诉谁？说一下同事的名字。")
	}
	to, via, err := r.person(ctx, "to", p.To)
	if err != nil {
		return nil, err
	}
	c, err := r.softCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindUser, ID: to.ID, Name: to.Name}
	res := &Result{Record: ref}
	res.changes(ref, "告诉", to.Name, "内容", content)
	if note := handed(to, via); note != "" {
		res.Notes = append(res.Notes, note)
	}
	if to.Platform == "" {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还没有绑定企业微信或钉钉，收不到。", to.Name))
	}
	r.then(func(ctx context.Context) error {
		r.audit("rule.tell", ref, res.Changes)
		n := News{Topic: RuleSaid, Record: ref, Content: content}
		if c != nil {
			n.Record, n.Customer = c.ref(), c.Name
		}
		r.inform(to.ID, n)
		return nil
	})
	return res, nil
}
