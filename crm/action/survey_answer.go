package action

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// SurveyOpen reads how a survey stands, for its page.
type SurveyOpen struct {
	Link string `json:"link" doc:"*链接的哈希"`
}

// SurveyAnswerView is what a customer sees of a survey: no name, no number, no word of what it is about.
type SurveyAnswerView struct {
	Metric   string `json:"metric"`
	Answered bool   `json:"answered"`
	Score    int    `json:"score"`
	Worded   bool   `json:"worded"`
	Expired  bool   `json:"expired"`
	Counted  bool   `json:"counted"` // this very run gave the score
	Low      bool   `json:"low"`
}

func surveyOpen(ctx context.Context, r *run, p *SurveyOpen) (*Result, error) {
	row, err := r.surveyOf(ctx, 0, p.Link, 0)
	if err != nil {
		return nil, err
	}
	return view(&Result{}, r.surveyView(row))
}

func (r *run) surveyView(row store.SurveyRow) SurveyAnswerView {
	v := SurveyAnswerView{Metric: row.Metric, Worded: row.Words != "", Expired: r.now.After(row.ExpiresAt)}
	if row.Score != nil {
		v.Answered, v.Score, v.Low = true, *row.Score, r.x.surveys.IsLow(row.Metric, *row.Score)
	}
	return v
}

func linkHash(link string) (hash []byte, ok bool) {
	hash, err := hex.DecodeString(link)
	return hash, err == nil && len(hash) == 32
}

// SurveyAnswer is a customer's score, and a word to it. The first score counts; so does the first word.
type SurveyAnswer struct {
	Link   string      `json:"link,omitempty" doc:"链接的哈希"`
	Survey int64       `json:"survey,omitempty" doc:"调查编号，和 guest 一起"`
	Guest  crm.GuestID `json:"guest,omitempty" doc:"客户侧会话"`
	Score  *int        `json:"score,omitempty" doc:"分数"`
	Words  string      `json:"words,omitempty" doc:"客户的话"`
	Via    string      `json:"via,omitempty" doc:"从哪里答的：link、kf"`
}

// mostSurveyWords is how long a word may be, in characters.
const mostSurveyWords = 500

func surveyAnswer(ctx context.Context, r *run, p *SurveyAnswer) (*Result, error) {
	row, err := r.surveyOf(ctx, p.Survey, p.Link, p.Guest)
	if err != nil {
		return nil, err
	}
	words := strings.TrimSpace(p.Words)
	if n := []rune(words); len(n) > mostSurveyWords {
		words = string(n[:mostSurveyWords])
	}
	v := r.surveyView(row)
	switch {
	case v.Expired:
		if v.Answered {
			return view(&Result{}, v)
		}
		return nil, errNoSurvey
	case p.Score != nil:
		if err := crm.CheckScore(row.Metric, *p.Score); err != nil {
			return nil, r.bad("score", err)
		}
	case !v.Answered:
		return nil, r.ask("score", "请点一个分数。")
	}
	res := &Result{}
	r.then(func(ctx context.Context) error {
		counted, worded := false, false
		if p.Score != nil && !v.Answered {
			if counted, err = r.tx.AnswerSurvey(ctx, row.ID, *p.Score, words, p.Via); err != nil {
				return err
			}
		}
		if !counted && words != "" && !v.Worded {
			if worded, err = r.tx.WordSurvey(ctx, row.ID, words); err != nil {
				return err
			}
		}
		if counted || worded {
			if row, err = r.tx.SurveyByID(ctx, row.ID); err != nil {
				return err
			}
			if err := r.surveyAnswered(ctx, &row, counted); err != nil {
				return err
			}
		} else if row.Score == nil { // another one was faster: say what stands
			if row, err = r.tx.SurveyByID(ctx, row.ID); err != nil {
				return err
			}
		}
		v = r.surveyView(row)
		v.Counted = counted
		_, err := view(res, v)
		return err
	})
	return view(res, v)
}

// surveyAnswered writes an answer back: into the ticket's story, the customer's history, and as a call-back when it is low.
func (r *run) surveyAnswered(ctx context.Context, row *store.SurveyRow, counted bool) error {
	said := r.saidOfSurvey(row, counted)
	ref := crm.Ref{Kind: crm.KindCustomer, ID: int64(row.CustomerID), Name: row.Customer}
	if row.TicketID != 0 {
		ref = crm.Ref{Kind: crm.KindTicket, ID: int64(row.TicketID)}
		if _, err := r.tx.AddTicketEntry(ctx, &store.TicketEntry{TicketID: row.TicketID, Side: crm.SideChange, Content: said}); err != nil {
			return err
		}
	}
	if row.CustomerID != 0 {
		content := said
		if row.TicketID != 0 {
			content = fmt.Sprintf("工单 #%d %s", row.TicketID, said)
		}
		r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, store.ActivityRow{Customer: row.CustomerID, Contact: row.ContactID, Type: "change", Content: content, At: r.now})
	}
	r.audit("survey.answer", ref, []Change{{Record: ref, Field: surveyName(row.Metric), New: fmt.Sprint(*row.Score)}})
	r.event("survey.answered", ref, map[string]any{"survey": row.ID, "score": *row.Score, "metric": row.Metric, "customer": row.CustomerID, "agent": row.AgentID})
	if !r.x.surveys.IsLow(row.Metric, *row.Score) {
		return nil
	}
	return r.callBack(ctx, row, counted)
}

// saidOfSurvey is an answer in a line of history.
func (r *run) saidOfSurvey(row *store.SurveyRow, counted bool) string {
	what := "客户评价"
	if row.Metric == crm.NPS {
		what = "客户推荐意愿"
	}
	switch {
	case !counted:
		return fmt.Sprintf("%s %d 分，补充：%s", what, *row.Score, row.Words)
	case row.Words != "":
		return fmt.Sprintf("%s %d 分：%s", what, *row.Score, row.Words)
	}
	return fmt.Sprintf("%s %d 分", what, *row.Score)
}

// callBack gives whoever the customer belongs to a task to call, and tells them at once.
func (r *run) callBack(ctx context.Context, row *store.SurveyRow, counted bool) error {
	owner, err := r.callBackBy(ctx, row)
	if err != nil || owner == 0 {
		return err
	}
	who := row.Customer
	if who == "" {
		who = "客户"
	}
	if row.Contact != "" {
		who += "的" + row.Contact
	}
	if counted {
		content := fmt.Sprintf("回访%s：%s", who, r.saidOfSurvey(row, true))
		if row.TicketID != 0 {
			content = fmt.Sprintf("回访%s：工单 #%d %s", who, row.TicketID, r.saidOfSurvey(row, true))
		}
		day, err := time.Parse(time.DateOnly, r.callBackDay().Format(time.DateOnly))
		if err != nil {
			return fmt.Errorf("survey %d: %w", row.ID, err)
		}
		if row.TaskID, err = r.tx.AddTask(ctx, crm.Task{UserID: owner, CreatedBy: owner, CustomerID: row.CustomerID, Content: briefly(content, 900), Due: &day}); err != nil {
			return err
		}
		if err := r.tx.SurveyTask(ctx, row.ID, row.TaskID); err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindTask, ID: int64(row.TaskID), Name: briefly(content, 40)}
		r.audit("task.create", ref, []Change{{Record: ref, Field: "任务", New: content}})
		r.event("task.created", ref, map[string]any{"user": owner, "survey": row.ID})
	}
	payload, err := json.Marshal(SurveyLow{Survey: row.ID, Task: row.TaskID, Ticket: row.TicketID, Customer: row.Customer, Contact: row.Contact, Agent: row.AgentName,
		Metric: row.Metric, Score: *row.Score, Words: row.Words, Later: !counted})
	if err != nil {
		return fmt.Errorf("survey %d: %w", row.ID, err)
	}
	r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("survey.low:%d", owner), Kind: KindSurveyLow, Subject: int64(owner), Payload: payload,
		Key: fmt.Sprintf("survey.low:%d:%t", row.ID, counted)})
	return nil
}

// callBackDay is the working day on which the customer is to be called: today, else the next one.
func (r *run) callBackDay() time.Time {
	day := r.now.In(r.zone)
	for range 15 {
		if r.x.calendar.Workday(day) {
			break
		}
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// callBackBy is who calls: whose the customer is, else whose work it was, else a lead of theirs or a manager.
func (r *run) callBackBy(ctx context.Context, row *store.SurveyRow) (crm.UserID, error) {
	people, _, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return 0, err
	}
	here := map[crm.UserID]bool{}
	var lead, manager crm.UserID
	for _, p := range people {
		id := crm.UserID(p.ID)
		here[id] = true
		if crm.Role(p.Role) == crm.TeamLead && row.TeamID != 0 && p.TeamID == int64(row.TeamID) && lead == 0 {
			lead = id
		}
		if (crm.Role(p.Role) == crm.Manager || crm.Role(p.Role) == crm.Admin) && (manager == 0 || id < manager) {
			manager = id
		}
	}
	for _, id := range []crm.UserID{row.OwnerID, row.AgentID, lead, manager} {
		if id != 0 && here[id] {
			return id, nil
		}
	}
	return 0, nil
}
