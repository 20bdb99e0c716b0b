package wecomtest

import "strconv"

// entry is a member as user/get shows it to an app made today: no mobile, no mail.
func (p *Person) entry() map[string]any {
	status := 1
	if p.Inactive {
		status = 4
	}
	return map[string]any{
		"userid": p.UserID, "name": p.Name, "department": p.Departments, "position": p.Position,
		"status": status, "isleader": 0, "enable": 1, "main_department": p.Departments[0], "alias": "", "order": make([]int, len(p.Departments)),
		"is_leader_in_dept": make([]int, len(p.Departments)), "extattr": map[string]any{"attrs": []any{}},
	}
}

func (s *Server) apiUser(c *apiCall) (map[string]any, *apiError) {
	p := s.org.find(c.query("userid"))
	if p == nil {
		return nil, fail(60111, "userid not found")
	}
	return p.Person.entry(), nil
}

func (s *Server) apiUserList(c *apiCall) (map[string]any, *apiError) {
	id, err := strconv.Atoi(c.query("department_id"))
	if err != nil || !s.org.hasDepartment(id) {
		return nil, fail(60123, "invalid party id")
	}
	list := []map[string]any{}
	for _, p := range s.org.inDepartment(id, c.query("fetch_child") == "1") {
		if c.path == "user/simplelist" {
			list = append(list, map[string]any{"userid": p.UserID, "name": p.Name, "department": p.Departments})
		} else {
			list = append(list, p.entry())
		}
	}
	return map[string]any{"userlist": list}, nil
}

func (s *Server) apiUserIDs(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		Cursor string `json:"cursor"`
		Limit  int    `json:"limit"`
	}
	if len(c.body) > 0 {
		if err := c.decode(&req); err != nil {
			return nil, err
		}
	}
	from := 0
	if req.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(req.Cursor); err != nil || from < 0 {
			return nil, fail(40035, "invalid cursor")
		}
	}
	if req.Limit < 0 || req.Limit > 10_000 {
		return nil, fail(40035, "invalid limit")
	}
	if req.Limit == 0 {
		req.Limit = 10_000
	}
	type place struct {
		UserID     string `json:"userid"`
		Department int    `json:"department"`
	}
	all := []place{}
	for _, p := range s.org.everybody() {
		for _, d := range p.Departments {
			all = append(all, place{p.UserID, d})
		}
	}
	from = min(from, len(all))
	to, next := min(from+req.Limit, len(all)), ""
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return map[string]any{"dept_user": all[from:to], "next_cursor": next}, nil
}

func (s *Server) apiUserByMobile(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		Mobile string `json:"mobile"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	for _, p := range s.org.everybody() {
		if p.Mobile != "" && p.Mobile == req.Mobile {
			return map[string]any{"userid": p.UserID}, nil
		}
	}
	return nil, fail(46004, "no such user")
}

func (s *Server) apiDepartments(c *apiCall) (map[string]any, *apiError) {
	s.org.mu.RLock()
	defer s.org.mu.RUnlock()
	list := []map[string]any{}
	for _, d := range s.org.depts {
		list = append(list, map[string]any{"id": d.ID, "name": d.Name, "parentid": d.Parent, "order": 100})
	}
	return map[string]any{"department": list}, nil
}

func (s *Server) apiDepartmentIDs(c *apiCall) (map[string]any, *apiError) {
	s.org.mu.RLock()
	defer s.org.mu.RUnlock()
	list := []map[string]any{}
	for _, d := range s.org.depts {
		list = append(list, map[string]any{"id": d.ID, "parentid": d.Parent, "order": 100})
	}
	return map[string]any{"department_id": list}, nil
}

func (s *Server) apiCallbackIP(*apiCall) (map[string]any, *apiError) {
	return map[string]any{"ip_list": []string{"127.0.0.1", "101.226.103.*"}}, nil
}
