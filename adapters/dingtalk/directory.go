package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
)

// rootDepartment is the id of the organisation itself in the department tree.
const rootDepartment = 1

// directoryPatience bounds how long the listing waits for the platform's rate limits, in all.
const directoryPatience = 5 * time.Minute

// department is a node of the tree.
type department struct {
	ID   int64  `json:"dept_id"`
	Name string `json:"name"`
}

// member is a person in a department, as topapi/v2/user/list shows one.
type member struct {
	UserID   string `json:"userid"`
	Name     string `json:"name"`
	Mobile   string `json:"mobile"`
	Email    string `json:"email"`
	OrgEmail string `json:"org_email"`
	Active   *bool  `json:"active"`
}

// People walks the departments that the application may see and lists everybody once, however many departments they
// belong to. Mobile and Email are empty without the sensitive permissions. It costs one call a department and one a
// hundred people.
func (a *Adapter) People(ctx context.Context) ([]chat.Person, error) {
	ctx, cancel := context.WithTimeout(ctx, directoryPatience)
	defer cancel()
	var people []chat.Person
	index := map[string]int{}
	seen := map[int64]bool{rootDepartment: true}
	for queue := []department{{ID: rootDepartment}}; len(queue) > 0; queue = queue[1:] {
		d := queue[0]
		subs, err := a.departments(ctx, d.ID)
		if err != nil {
			if d.ID == rootDepartment || !hidden(err) {
				return nil, a.directoryError(err)
			}
			a.log.Info("department not visible", zap.Int64("department", d.ID))
			continue
		}
		for _, s := range subs {
			if !seen[s.ID] {
				seen[s.ID] = true
				queue = append(queue, s)
			}
		}
		err = a.members(ctx, d.ID, func(m member) {
			i, ok := index[m.UserID]
			if !ok {
				i = len(people)
				index[m.UserID] = i
				people = append(people, m.person())
			}
			if d.Name != "" {
				people[i].Departments = append(people[i].Departments, d.Name)
			}
		})
		if err != nil && (d.ID == rootDepartment || !hidden(err)) {
			return nil, a.directoryError(err)
		}
	}
	return people, nil
}

// hidden reports a department outside the application's authorised range.
func hidden(err error) bool {
	var e *apiError
	return errors.As(err, &e) && match([]string{"60003", "50004", "60011", "88.60011", "88.50004", "88.60003"}, e.Code)
}

func (a *Adapter) directoryError(err error) error {
	f := fault(fmt.Errorf("directory: %w", err), true)
	if hidden(err) {
		f.Advice = "读不到钉钉通讯录，请到开放平台「权限管理」开通通讯录部门和成员读取权限，并把权限范围设为全部员工。"
	}
	a.notice(f)
	return f
}

func (a *Adapter) departments(ctx context.Context, parent int64) ([]department, error) {
	var out struct {
		Result []department `json:"result"`
	}
	err := a.patiently(ctx, func() error {
		return a.legacy(ctx, "/topapi/v2/department/listsub", map[string]int64{"dept_id": parent}, &out)
	})
	return out.Result, err
}

// members calls each with everybody in a department, page by page.
func (a *Adapter) members(ctx context.Context, dept int64, each func(member)) error {
	for cursor := int64(0); ; {
		var out struct {
			Result struct {
				HasMore    bool     `json:"has_more"`
				NextCursor int64    `json:"next_cursor"`
				List       []member `json:"list"`
			} `json:"result"`
		}
		in := map[string]int64{"dept_id": dept, "cursor": cursor, "size": 100}
		err := a.patiently(ctx, func() error { return a.legacy(ctx, "/topapi/v2/user/list", in, &out) })
		if err != nil {
			return err
		}
		for _, m := range out.Result.List {
			if m.UserID != "" {
				each(m)
			}
		}
		if !out.Result.HasMore || out.Result.NextCursor <= cursor {
			return nil
		}
		cursor = out.Result.NextCursor
	}
}

// patiently repeats do, which only reads, a few times while the trouble is passing: nobody waits for a directory listing.
func (a *Adapter) patiently(ctx context.Context, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil {
			return nil
		}
		f := fault(err, true)
		if f.Fault != chat.Retry || f.After > time.Minute || attempt == 5 {
			return err
		}
		if sleep(ctx, max(f.After, time.Duration(attempt)*200*time.Millisecond)) != nil {
			return err
		}
	}
}

func (m member) person() chat.Person {
	p := chat.Person{Peer: peer(m.UserID, ""), Name: m.Name, Email: first(m.Email, m.OrgEmail), Active: m.Active == nil || *m.Active}
	p.Mobile = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, m.Mobile)
	if len(p.Mobile) == 13 && strings.HasPrefix(p.Mobile, "86") {
		p.Mobile = p.Mobile[2:] // written with the country code
	}
	return p
}
