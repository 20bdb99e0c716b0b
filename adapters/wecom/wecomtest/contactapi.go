package wecomtest

import (
	"slices"
	"strconv"
	"time"
)

// contactAPI adds the calls of customer contact below externalcontact/.
func (s *Server) contactAPI(api map[string]handler) {
	for path, h := range map[string]handler{
		"get_follow_user_list":     s.apiFollowUsers,
		"list":                     s.apiContactList,
		"get":                      s.apiContact,
		"batch/get_by_user":        s.apiContacts,
		"remark":                   s.apiRemark,
		"mark_tag":                 s.apiMarkTag,
		"get_corp_tag_list":        s.apiTags,
		"send_welcome_msg":         s.apiWelcome,
		"add_msg_template":         s.apiGroupSend,
		"remind_groupmsg_send":     s.apiGroupRemind,
		"cancel_groupmsg_send":     s.apiGroupCancel,
		"get_groupmsg_list_v2":     s.apiGroupList,
		"get_groupmsg_task":        s.apiGroupTask,
		"get_groupmsg_send_result": s.apiGroupResult,
	} {
		api["externalcontact/"+path] = h
	}
}

func (s *Server) apiFollowUsers(*apiCall) (map[string]any, *apiError) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	list := []string{}
	for _, p := range s.org.everybody() {
		if !p.Inactive && !s.contact.unlicensed[p.UserID] {
			list = append(list, p.UserID)
		}
	}
	return map[string]any{"follow_user": list}, nil
}

func (s *Server) apiContactList(c *apiCall) (map[string]any, *apiError) {
	p := s.org.find(c.query("userid"))
	if p == nil {
		return nil, fail(60111, "userid not found")
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	if s.contact.unlicensed[p.UserID] {
		return nil, fail(701008, "no license")
	}
	list := []string{}
	for _, f := range s.contact.of(func(f *Follow) bool { return f.UserID == p.UserID }) {
		list = append(list, f.Customer)
	}
	if len(list) == 0 {
		return nil, fail(84061, "not external contact")
	}
	return map[string]any{"external_userid": list}, nil
}

// profile is external_contact. What only a member of another corp has is an object or missing, never a text.
func (c *Customer) profile() map[string]any {
	out := map[string]any{"external_userid": c.ID, "name": c.Name, "avatar": kfAvatar(c.ID), "type": 1, "gender": 0}
	if c.UnionID != "" {
		out["unionid"] = c.UnionID
	}
	if c.WeCom {
		out["type"], out["corp_name"], out["corp_full_name"], out["position"] = 2, c.Company, c.Company, c.Position
		out["external_profile"] = map[string]any{"external_attr": []any{map[string]any{"type": 0, "name": "职务", "text": map[string]any{"value": c.Position}}}}
	}
	return out
}

// info is what both ways of reading say of a follow.
func (f *Follow) info() map[string]any {
	mobiles := f.Mobiles
	if mobiles == nil {
		mobiles = []string{}
	}
	out := map[string]any{
		"userid": f.UserID, "remark": f.Remark, "description": f.Description, "createtime": f.At.Unix(), "remark_corp_name": f.Company,
		"remark_mobiles": mobiles, "oper_userid": f.UserID, "add_way": f.AddWay, "state": f.State,
	}
	if f.Channel != "" {
		out["wechat_channels"] = map[string]any{"nickname": f.Channel, "source": 1}
	}
	return out
}

// followerPage is how many followers externalcontact/get tells at a time.
const followerPage = 500

func (s *Server) apiContact(c *apiCall) (map[string]any, *apiError) {
	id := c.query("external_userid")
	who := s.customer(id)
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	follows := s.contact.of(func(f *Follow) bool { return f.Customer == id })
	if who == nil || len(follows) == 0 {
		return nil, fail(84061, "not external contact")
	}
	from, _ := strconv.Atoi(c.query("cursor"))
	from = min(max(from, 0), len(follows))
	to := min(from+followerPage, len(follows))
	list := []map[string]any{}
	for _, f := range follows[from:to] {
		info := f.info()
		tags := []map[string]any{}
		for _, t := range s.contact.tags {
			if slices.Contains(f.Tags, t.ID) {
				tags = append(tags, map[string]any{"group_name": t.Group, "tag_name": t.Name, "tag_id": t.ID, "type": 1})
			}
		}
		info["tags"] = tags
		list = append(list, info)
	}
	out := map[string]any{"external_contact": who.profile(), "follow_user": list}
	if to < len(follows) {
		out["next_cursor"] = strconv.Itoa(to)
	}
	return out, nil
}

// apiContacts is batch/get_by_user: the follows of up to 100 members, page by page.
func (s *Server) apiContacts(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		Users  []string `json:"userid_list"`
		Cursor string   `json:"cursor"`
		Limit  int      `json:"limit"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if len(req.Users) == 0 || len(req.Users) > 100 || req.Limit < 0 || req.Limit > 100 {
		return nil, fail(40058, "userid_list has 1 to 100 members, limit is at most 100")
	}
	if req.Limit == 0 {
		req.Limit = 50
	}
	for _, u := range req.Users {
		if s.org.find(u) == nil {
			return nil, fail(60111, "userid not found")
		}
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	unlicensed := []string{}
	for _, u := range req.Users {
		if s.contact.unlicensed[u] {
			unlicensed = append(unlicensed, u)
		}
	}
	if len(unlicensed) == len(req.Users) {
		return nil, fail(701008, "no license")
	}
	follows := s.contact.of(func(f *Follow) bool {
		return slices.Contains(req.Users, f.UserID) && !s.contact.unlicensed[f.UserID]
	})
	if len(follows) == 0 {
		return nil, fail(84061, "not external contact")
	}
	from, _ := strconv.Atoi(req.Cursor)
	from = min(max(from, 0), len(follows))
	to, next := min(from+req.Limit, len(follows)), ""
	if to < len(follows) {
		next = strconv.Itoa(to)
	}
	list := []map[string]any{}
	for _, f := range follows[from:to] {
		info := f.info()
		info["tag_id"] = append([]string{}, f.Tags...)
		if who := s.customer(f.Customer); who != nil {
			list = append(list, map[string]any{"external_contact": who.profile(), "follow_info": info})
		}
	}
	return map[string]any{"external_contact_list": list, "next_cursor": next, "fail_info": map[string]any{"unlicensed_userid_list": unlicensed}}, nil
}

// apiRemark writes down what a member could in the phone. It fires no event.
func (s *Server) apiRemark(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		User        string   `json:"userid"`
		Customer    string   `json:"external_userid"`
		Remark      *string  `json:"remark"`
		Description *string  `json:"description"`
		Company     *string  `json:"remark_company"`
		Mobiles     []string `json:"remark_mobiles"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	long := func(s *string, most int) bool { return s != nil && len([]rune(*s)) > most }
	if long(req.Remark, 20) || long(req.Company, 20) || long(req.Description, 150) {
		return nil, fail(40058, "too long")
	}
	if req.Remark == nil && req.Description == nil && req.Company == nil && req.Mobiles == nil {
		return nil, fail(40058, "nothing to write down")
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	f := s.contact.find(req.User, req.Customer)
	if f == nil {
		return nil, fail(84061, "not external contact")
	}
	for _, v := range []struct{ to, from *string }{{&f.Remark, req.Remark}, {&f.Description, req.Description}, {&f.Company, req.Company}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if len(req.Mobiles) > 0 {
		f.Mobiles = slices.DeleteFunc(slices.Clone(req.Mobiles), func(m string) bool { return m == "" })
	}
	return nil, nil
}

// apiMarkTag puts tags of the corp on a follow and takes them off. It fires no event.
func (s *Server) apiMarkTag(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		User     string   `json:"userid"`
		Customer string   `json:"external_userid"`
		Add      []string `json:"add_tag"`
		Remove   []string `json:"remove_tag"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	f := s.contact.find(req.User, req.Customer)
	if f == nil {
		return nil, fail(84061, "not external contact")
	}
	for _, id := range req.Add {
		if !slices.ContainsFunc(s.contact.tags, func(t Tag) bool { return t.ID == id }) {
			return nil, fail(40068, "invalid tagid")
		}
	}
	f.Tags = slices.DeleteFunc(f.Tags, func(id string) bool { return slices.Contains(req.Remove, id) || slices.Contains(req.Add, id) })
	f.Tags = append(f.Tags, req.Add...)
	return nil, nil
}

func (s *Server) apiTags(*apiCall) (map[string]any, *apiError) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	groups, order := map[string][]map[string]any{}, []string{}
	for _, t := range s.contact.tags {
		if groups[t.Group] == nil {
			order = append(order, t.Group)
		}
		groups[t.Group] = append(groups[t.Group], map[string]any{"id": t.ID, "name": t.Name, "create_time": time.Now().Unix(), "order": 0, "deleted": false})
	}
	list := []map[string]any{}
	for _, g := range order {
		list = append(list, map[string]any{"group_id": "etg" + g, "group_name": g, "create_time": time.Now().Unix(), "order": 0, "deleted": false, "tag": groups[g]})
	}
	return map[string]any{"tag_group": list}, nil
}
