package dingtalktest

import (
	"net/http"
	"slices"
	"sort"
	"strings"
)

func (s *Server) contactRoutes(m *http.ServeMux) {
	const scope = "qyapi_get_member"
	s.legacy(m, "POST /topapi/v2/user/get", scope, s.userGet)
	s.legacy(m, "POST /topapi/v2/user/list", scope, s.userList)
	s.legacy(m, "POST /topapi/v2/user/getbymobile", scope, s.userByMobile)
	s.legacy(m, "POST /topapi/user/getbyunionid", scope, s.userByUnion)
	s.legacy(m, "POST /topapi/user/listid", scope, s.userIDs)
	s.legacy(m, "POST /topapi/user/count", scope, s.userCount)
	s.legacy(m, "POST /topapi/v2/department/listsub", scope, s.departmentSubs)
	s.legacy(m, "POST /topapi/v2/department/listsubid", scope, s.departmentSubIDs)
	s.legacy(m, "POST /topapi/v2/department/get", scope, s.departmentGet)
	s.api(m, "POST /v1.0/contact/users/search", "qyapi_addresslist_search", s.userSearch)
}

// visible tells whether the application may see the person.
func (u *User) visible() bool { return u != nil && !u.Hidden && !u.External }

// fields is a person in the words of the contact API. mobile and email are sensitive scopes.
func (u *User) fields(s *Server) map[string]any {
	out := map[string]any{
		"userid": u.UserID, "unionid": u.UnionID, "name": u.Name, "title": u.Title, "dept_id_list": u.Departments,
		"active": !u.Inactive, "admin": u.Admin, "boss": false, "senior": false, "avatar": "", "job_number": "", "state_code": "86",
	}
	if s.granted("fieldMobile") {
		out["mobile"] = u.Mobile
	}
	if s.granted("fieldEmail") {
		out["email"], out["org_email"] = u.Email, u.Email
	}
	return out
}

func (s *Server) granted(scope string) bool {
	return s.cfg.Scopes == nil || slices.Contains(s.cfg.Scopes, scope)
}

var noUser = refuse(0, "60121", "找不到该用户")

func (s *Server) userGet(c *call) (any, *refusal) {
	var in struct{ UserID string }
	if no := c.into(&in, "40035"); no != nil {
		return nil, no
	}
	if in.UserID == "" {
		return nil, refuse(0, "33012", "无效的USERID")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.people[in.UserID]
	if !u.visible() {
		return nil, noUser
	}
	return u.fields(s), nil
}

func (s *Server) userByMobile(c *call) (any, *refusal) {
	var in struct{ Mobile string }
	if no := c.into(&in, "40035"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.people[s.byMobile[in.Mobile]]
	if in.Mobile == "" || !u.visible() {
		return nil, noUser
	}
	return map[string]any{"userid": u.UserID}, nil
}

func (s *Server) userByUnion(c *call) (any, *refusal) {
	var in struct{ UnionID string }
	if no := c.into(&in, "40035"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.people[s.byUnion[in.UnionID]]
	if in.UnionID == "" || !u.visible() {
		return nil, refuse(0, "60122", "找不到该unionid")
	}
	return map[string]any{"userid": u.UserID, "contact_type": 0}, nil
}

// members are the visible people directly in a department, by UserID. The caller holds s.mu.
func (s *Server) members(department int64) []*User {
	var out []*User
	for _, u := range s.people {
		if u.visible() && slices.Contains(u.Departments, department) {
			out = append(out, u)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].UserID < out[j].UserID })
	return out
}

// departmentIn reads dept_id. The caller does not hold s.mu.
func (s *Server) departmentIn(c *call) (int64, *refusal) {
	var in struct {
		ID int64 `json:"dept_id"`
	}
	if len(c.body) > 0 {
		if no := c.into(&in, "40035"); no != nil {
			return 0, no
		}
	}
	if in.ID == 0 {
		in.ID = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.departments[in.ID] == nil {
		return 0, refuse(0, "60003", "部门不存在")
	}
	return in.ID, nil
}

func (s *Server) userList(c *call) (any, *refusal) {
	var in struct {
		Cursor int `json:"cursor"`
		Size   int `json:"size"`
	}
	if no := c.into(&in, "40035"); no != nil {
		return nil, no
	}
	if in.Size < 1 || in.Size > 100 {
		return nil, refuse(0, "40035", "size 必须是 1 到 100")
	}
	id, no := s.departmentIn(c)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.members(id)
	from := min(max(in.Cursor, 0), len(all))
	to := min(from+in.Size, len(all))
	list := []map[string]any{}
	for _, u := range all[from:to] {
		list = append(list, u.fields(s))
	}
	out := map[string]any{"has_more": to < len(all), "list": list}
	if to < len(all) {
		out["next_cursor"] = to
	}
	return out, nil
}

func (s *Server) userIDs(c *call) (any, *refusal) {
	id, no := s.departmentIn(c)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for _, u := range s.members(id) {
		ids = append(ids, u.UserID)
	}
	return map[string]any{"userid_list": ids}, nil
}

func (s *Server) userCount(c *call) (any, *refusal) {
	var in struct {
		OnlyActive bool `json:"only_active"`
	}
	if no := c.into(&in, "40035"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, u := range s.people {
		if u.visible() && !(in.OnlyActive && u.Inactive) {
			n++
		}
	}
	return map[string]any{"count": n}, nil
}

// subs are the direct children of a department, by ID. The caller holds s.mu.
func (s *Server) subs(parent int64) []*Department {
	var out []*Department
	for _, d := range s.departments {
		if d.ParentID == parent {
			out = append(out, d)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

func (s *Server) departmentSubs(c *call) (any, *refusal) {
	id, no := s.departmentIn(c)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []map[string]any{}
	for _, d := range s.subs(id) {
		list = append(list, map[string]any{"dept_id": d.ID, "name": d.Name, "parent_id": d.ParentID, "auto_add_user": true, "create_dept_group": true})
	}
	return list, nil
}

func (s *Server) departmentSubIDs(c *call) (any, *refusal) {
	id, no := s.departmentIn(c)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []int64{}
	for _, d := range s.subs(id) {
		ids = append(ids, d.ID)
	}
	return map[string]any{"dept_id_list": ids}, nil
}

func (s *Server) departmentGet(c *call) (any, *refusal) {
	id, no := s.departmentIn(c)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.departments[id]
	return map[string]any{"dept_id": d.ID, "name": d.Name, "parent_id": d.ParentID, "member_count": len(s.members(id)), "dept_manager_userid_list": []string{}}, nil
}

func (s *Server) userSearch(c *call) (any, *refusal) {
	var in struct {
		QueryWord      string `json:"queryWord"`
		Offset         int    `json:"offset"`
		Size           int    `json:"size"`
		FullMatchField int    `json:"fullMatchField"`
	}
	if no := c.into(&in, "param.invalid"); no != nil {
		return nil, no
	}
	if in.QueryWord == "" || in.Size < 1 || in.Size > 20 {
		return nil, bad("param.invalid", "queryWord 或 size 不正确")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for _, u := range s.people {
		if u.visible() && (u.Name == in.QueryWord || in.FullMatchField != 1 && strings.Contains(u.Name, in.QueryWord)) {
			ids = append(ids, u.UserID)
		}
	}
	slices.Sort(ids)
	from := min(max(in.Offset, 0), len(ids))
	to := min(from+in.Size, len(ids))
	return map[string]any{"list": ids[from:to], "totalCount": len(ids), "hasMore": to < len(ids)}, nil
}
