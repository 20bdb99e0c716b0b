package wecomtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Org is who works here.
type Org struct {
	People      []Person
	Departments []Department // none: one root with everybody in it
	Groups      []Group
	Accounts    []KFAccount // of customer service
	Customers   []Customer  // who know them
	Follows     []Follow    // whose contacts they are
	Tags        []Tag       // that members may put on them
}

// Person is a member of the corp (成员).
type Person struct {
	UserID      string `json:"userid"`
	Name        string `json:"name"`
	Mobile      string `json:"mobile,omitempty"` // known to the platform, never handed out
	Position    string `json:"position,omitempty"`
	Departments []int  `json:"departments,omitempty"` // none: the root, 1
	Inactive    bool   `json:"inactive,omitempty"`    // not activated or disabled: cannot be written to
}

// Department is a part of the corp; 1 is the root.
type Department struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Parent int    `json:"parent"`
}

// Group is an internal group chat (内部群) that the bot is in.
type Group struct {
	ChatID  string   `json:"chatid"`
	Name    string   `json:"name"`
	Members []string `json:"members"` // userids
}

// DemoOrg is a small sales house: a manager, two reps, one in service and a group of them.
func DemoOrg() Org {
	return Org{
		Departments: []Department{{1, "云栈科技", 0}, {2, "销售一部", 1}, {3, "客户服务部", 1}},
		People: []Person{
			{UserID: "lilei", Name: "李雷", Mobile: "13900000001", Position: "销售", Departments: []int{2}},
			{UserID: "hanmeimei", Name: "韩梅梅", Mobile: "13900000002", Position: "销售", Departments: []int{2}},
			{UserID: "wangjing", Name: "王静", Mobile: "13900000003", Position: "销售经理", Departments: []int{2}},
			{UserID: "zhaomin", Name: "赵敏", Mobile: "13900000004", Position: "客服", Departments: []int{3}},
		},
		Groups:    []Group{{ChatID: "wrSimSalesGroup0001", Name: "销售一部", Members: []string{"lilei", "hanmeimei", "wangjing"}}},
		Accounts:  []KFAccount{{OpenKFID: "wkSimService0001", Name: "云栈客服", Servicers: []string{"zhaomin", "hanmeimei"}}},
		Customers: []Customer{{ID: "wmSimWangQiang01", Name: "王强", UnionID: "ozSimWangQiang"}, {ID: "wmSimLiuFang0001", Name: "刘芳"}},
	}
}

// person is a member with what the platform remembers of them.
type person struct {
	Person
	mu      sync.Mutex
	open    []*call // messages to the bot that are not answered yet
	entered string  // the day of the last enter_chat event
}

// reset forgets the messages in progress.
func (p *person) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = nil
}

type orgState struct {
	mu     sync.RWMutex
	people map[string]*person
	order  []string
	groups map[string]*Group
	rooms  []string
	depts  []Department
}

func (o *orgState) init(org Org) {
	o.people = map[string]*person{}
	o.groups = map[string]*Group{}
	o.depts = slices.Clone(org.Departments)
	if len(o.depts) == 0 {
		o.depts = []Department{{ID: 1, Name: "公司"}}
	}
	for _, p := range org.People {
		o.add(p)
	}
	for _, g := range org.Groups {
		o.addGroup(g)
	}
}

func (o *orgState) add(p Person) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(p.Departments) == 0 {
		p.Departments = []int{1}
	}
	p.Departments = slices.Clone(p.Departments)
	if o.people[p.UserID] == nil {
		o.order = append(o.order, p.UserID)
	}
	o.people[p.UserID] = &person{Person: p} // a new one: others may be reading the old
}

func (o *orgState) addGroup(g Group) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.groups[g.ChatID] == nil {
		o.rooms = append(o.rooms, g.ChatID)
	}
	g.Members = slices.Clone(g.Members)
	o.groups[g.ChatID] = &g
}

// find returns a person; userids are compared without case, as the platform does.
func (o *orgState) find(userID string) *person {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if p := o.people[userID]; p != nil {
		return p
	}
	for id, p := range o.people {
		if strings.EqualFold(id, userID) {
			return p
		}
	}
	return nil
}

func (o *orgState) group(chatID string) *Group {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.groups[chatID]
}

// groupsOf lists the groups a person is in.
func (o *orgState) groupsOf(userID string) (found []string) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, id := range o.rooms {
		if slices.Contains(o.groups[id].Members, userID) {
			found = append(found, id)
		}
	}
	return found
}

// everybody lists the members in the order they joined.
func (o *orgState) everybody() []Person {
	o.mu.RLock()
	defer o.mu.RUnlock()
	all := make([]Person, len(o.order))
	for i, id := range o.order {
		all[i] = o.people[id].Person
	}
	return all
}

// inDepartment lists members of a department, with those below it if deep.
func (o *orgState) inDepartment(id int, deep bool) (found []Person) {
	ids := []int{id}
	o.mu.RLock()
	for i := 0; deep && i < len(ids); i++ {
		for _, d := range o.depts {
			if d.Parent == ids[i] && !slices.Contains(ids, d.ID) {
				ids = append(ids, d.ID)
			}
		}
	}
	o.mu.RUnlock()
	for _, p := range o.everybody() {
		if slices.ContainsFunc(p.Departments, func(d int) bool { return slices.Contains(ids, d) }) {
			found = append(found, p)
		}
	}
	return found
}

func (o *orgState) hasDepartment(id int) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.ContainsFunc(o.depts, func(d Department) bool { return d.ID == id })
}

// People lists the corp's members.
func (s *Server) People() []Person { return s.org.everybody() }

// AddPerson lets somebody join, or changes a member of that UserID.
func (s *Server) AddPerson(p Person) error {
	if p.UserID == "" || p.Name == "" {
		return fmt.Errorf("wecomtest: a person needs userid and name")
	}
	s.org.add(p)
	return nil
}

// AddGroup makes an internal group with the bot in it, or changes one of that ChatID.
func (s *Server) AddGroup(g Group) error {
	if g.ChatID == "" {
		return fmt.Errorf("wecomtest: a group needs a chatid")
	}
	for _, m := range g.Members {
		if s.org.find(m) == nil {
			return fmt.Errorf("wecomtest: group %s: no member %q", g.ChatID, m)
		}
	}
	s.org.addGroup(g)
	return nil
}

// Groups lists the internal groups that the bot is in.
func (s *Server) Groups() (found []Group) {
	s.org.mu.RLock()
	defer s.org.mu.RUnlock()
	for _, id := range s.org.rooms {
		g := *s.org.groups[id]
		g.Members = slices.Clone(g.Members)
		found = append(found, g)
	}
	return found
}
