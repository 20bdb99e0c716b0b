package wecom

import (
	"context"
	"fmt"
	"net/url"

	"gendan/bot/chat"

	"github.com/silenceper/wechat/v2/work/addresslist"
	workcontext "github.com/silenceper/wechat/v2/work/context"
)

// People lists the members in the app's visible range (可见范围), department by department. Apps made since
// mid 2022 see names and departments only: no phone numbers. Without an app nobody is listed.
func (a *Adapter) People(ctx context.Context) ([]chat.Person, error) {
	if a.app == nil {
		return nil, nil
	}
	var departments []*addresslist.Department
	err := a.app.sdk(ctx, func(c *workcontext.Context) (err error) {
		departments, err = addresslist.NewClient(c).DepartmentList()
		return err
	})
	if err != nil {
		return nil, a.report(fmt.Errorf("department/list: %w", err))
	}
	at := map[string]int{}
	var people []chat.Person
	for _, d := range departments {
		members, err := a.app.members(ctx, d.ID)
		if err != nil {
			return nil, a.report(err)
		}
		for _, m := range members {
			i, seen := at[m.UserID]
			if !seen {
				i = len(people)
				at[m.UserID] = i
				people = append(people, chat.Person{
					Peer: personID(m.UserID), Name: m.Name, Mobile: digits(m.Mobile), Email: m.Email,
					Active: m.Status == 0 || m.Status == 1,
				})
			}
			people[i].Departments = append(people[i].Departments, d.Name)
		}
	}
	a.setTrouble("")
	return people, nil
}

// member is an entry of user/list.
type member struct {
	UserID string `json:"userid"`
	Name   string `json:"name"`
	Mobile string `json:"mobile"`
	Email  string `json:"email"`
	Status int    `json:"status"` // 1 active, 2 disabled, 4 not activated, 5 left; 0 when not told
}

// members lists a department without those below it. The SDK has simplelist only, which does not tell who
// is active.
func (a *api) members(ctx context.Context, department int) ([]member, error) {
	var out struct {
		UserList []member `json:"userlist"`
	}
	err := a.call(ctx, "user/list", url.Values{"department_id": {itoa(department)}}, nil, &out)
	return out.UserList, err
}

// digits keeps the digits of a phone number.
func digits(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		}
	}
	return string(b)
}
