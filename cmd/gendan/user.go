package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/store"
)

const userHelp = `gendan user manages colleagues and their chat identities. It works beside a running serve.

Examples:
  gendan user add --name 李雷 --role rep --team 销售一部 --wecom lilei --dingtalk manager1234
  gendan user list
  gendan user brief --name 李雷 --at 08:30        (off: no morning brief)
  gendan user role --name 李雷 --role lead
  gendan user team --name 李雷 --team 销售二部        (whose lead sees from now on what 李雷 owns; no --team: in none)
  gendan user disable --name 李雷
  gendan user token 李雷            (prints a new key to /api/v1; --revoke 李雷 ends all of that colleague's keys)

Commands: add, list, role, team, brief, token, disable, enable. Roles: rep 销售, lead 主管, service 客服, marketer 市场, manager 经理, admin 管理员.`

func userCommand(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(s.out, userHelp)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	flags := flag.NewFlagSet("user "+args[0], flag.ContinueOnError)
	flags.SetOutput(s.err)
	var n store.NewUser
	var id int64
	var weCom, dingTalk, role, at string
	flags.StringVar(&n.Name, "name", "", "the colleague's name")
	flags.StringVar(&role, "role", "", "rep, lead, service, marketer, manager or admin")
	flags.StringVar(&n.Team, "team", "", "team; made when there is none of that name")
	flags.StringVar(&weCom, "wecom", "", "WeCom userid")
	flags.StringVar(&dingTalk, "dingtalk", "", "DingTalk staffId")
	flags.StringVar(&n.Mobile, "mobile", "", "mobile number, for matching the platforms' directories; kept sealed")
	flags.StringVar(&n.Email, "email", "", "mail address, likewise")
	flags.StringVar(&at, "at", "", "brief: hour and minute of the morning brief on working days, or off")
	revoke := flags.Bool("revoke", false, "token: end all keys instead of making one")
	flags.Int64Var(&id, "id", 0, "the colleague's number, where the name is not enough")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), userHelp+"\n\nFlags:")
		flags.PrintDefaults()
	}
	if code, ok := parseFlags(flags, args[1:]); !ok {
		return code
	}
	if n.Name == "" && args[0] == "token" { // user token 李雷, user token 李雷 --revoke
		n.Name = flags.Arg(0)
		if code, ok := parseFlags(flags, flags.Args()[min(1, flags.NArg()):]); !ok {
			return code
		}
	}
	n.Role = crm.Role(role)
	for platform, peer := range map[string]string{"wecom": weCom, "dingtalk": dingTalk} {
		if peer != "" {
			n.Peers = append(n.Peers, platform+":"+peer)
		}
	}
	return withStore(ctx, s, func(st *store.Store) error {
		switch args[0] {
		case "add":
			return userAdd(ctx, s, st, n)
		case "list":
			return userList(ctx, s, st)
		case "disable", "enable":
			return userSwitch(ctx, s, st, args[0], crm.UserID(id), n.Name)
		case "role":
			return userRole(ctx, s, st, crm.UserID(id), n.Name, n.Role)
		case "team":
			return userTeam(ctx, s, st, crm.UserID(id), n.Name, n.Team)
		case "brief":
			return userBrief(ctx, s, st, crm.UserID(id), n.Name, at)
		case "token":
			return userToken(ctx, s, st, crm.UserID(id), n.Name, *revoke)
		}
		return fmt.Errorf("no command %q; gendan user --help lists them", "user "+args[0])
	})
}

// withStore opens the store as a command beside serve does, runs work and closes it.
func withStore(ctx context.Context, s streams, work func(*store.Store) error) int {
	set, err := readSettings(os.Getenv)
	if err != nil {
		return fail(s, err)
	}
	sv, err := open(ctx, set, zap.NewNop(), time.Now, true)
	if err != nil {
		return fail(s, err)
	}
	defer sv.close()
	if err := work(sv.store); err != nil {
		return fail(s, err)
	}
	return 0
}

func userAdd(ctx context.Context, s streams, st *store.Store, n store.NewUser) error {
	if n.Name == "" || n.Role == "" {
		return fmt.Errorf("user add needs --name and --role")
	}
	if n.Role.Scope() == crm.ScopeNone {
		return fmt.Errorf("no role %q; one of rep, lead, service, marketer, manager, admin", n.Role)
	}
	id, err := st.AddUser(ctx, n)
	if err != nil {
		return fmt.Errorf("user add %s: %w", n.Name, err)
	}
	fmt.Fprintf(s.out, "%s (%s) is colleague %d; %s\n", n.Name, n.Role, id, reachable(n.Peers))
	return nil
}

func reachable(peers []string) string {
	if len(peers) == 0 {
		return "no chat identity yet: give --wecom or --dingtalk"
	}
	return "known as " + strings.Join(peers, ", ")
}

func userList(ctx context.Context, s streams, st *store.Store) error {
	users, err := st.ListUsers(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tROLE\tTEAM\tACTIVE\tBRIEF\tIDENTITIES")
	for _, u := range users {
		brief := "none"
		if u.BriefMinute >= 0 {
			brief = fmt.Sprintf("%02d:%02d", u.BriefMinute/60, u.BriefMinute%60)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%t\t%s\t%s\n", u.ID, u.Name, u.Role, u.Team, u.Active, brief, strings.Join(u.Peers, " "))
	}
	return w.Flush()
}

// userNamed finds a colleague by number, or by a name that only one has.
func userNamed(ctx context.Context, st *store.Store, id crm.UserID, name string) (crm.UserID, error) {
	if id != 0 {
		return id, nil
	}
	users, err := st.ListUsers(ctx)
	if err != nil {
		return 0, err
	}
	for _, u := range users {
		if u.Name != name {
			continue
		}
		if id != 0 {
			return 0, fmt.Errorf("several colleagues are called %s: give --id", name)
		}
		id = u.ID
	}
	if id == 0 {
		return 0, fmt.Errorf("nobody is called %q; gendan user list shows everybody", name)
	}
	return id, nil
}

// userSwitch disables or enables a colleague.
func userSwitch(ctx context.Context, s streams, st *store.Store, verb string, id crm.UserID, name string) error {
	id, err := userNamed(ctx, st, id, name)
	if err != nil {
		return err
	}
	change := st.DisableUser
	if verb == "enable" {
		change = st.EnableUser
	}
	if err := change(ctx, id); err != nil {
		return fmt.Errorf("user %s %d: %w", verb, id, err)
	}
	fmt.Fprintln(s.out, "colleague "+strconv.FormatInt(int64(id), 10)+": "+verb+"d")
	return nil
}

// userRole gives a colleague another role; what they may do and see follows at once.
func userRole(ctx context.Context, s streams, st *store.Store, id crm.UserID, name string, role crm.Role) error {
	if role.Scope() == crm.ScopeNone {
		return fmt.Errorf("no role %q; one of rep, lead, service, marketer, manager, admin", role)
	}
	id, err := userNamed(ctx, st, id, name)
	if err != nil {
		return err
	}
	if err := st.SetRole(ctx, id, role); err != nil {
		return fmt.Errorf("user role %d: %w", id, err)
	}
	fmt.Fprintf(s.out, "colleague %d is %s now\n", id, role)
	return nil
}

// userTeam moves a colleague, and with them who leads what they own.
func userTeam(ctx context.Context, s streams, st *store.Store, id crm.UserID, name, team string) error {
	id, err := userNamed(ctx, st, id, name)
	if err != nil {
		return err
	}
	if err := st.SetTeam(ctx, id, team); err != nil {
		return fmt.Errorf("user team %d: %w", id, err)
	}
	if team == "" {
		team = "no team"
	}
	fmt.Fprintf(s.out, "colleague %d is in %s now\n", id, team)
	return nil
}

// userBrief sets when a colleague's morning brief comes; it holds from the next working day on.
func userBrief(ctx context.Context, s streams, st *store.Store, id crm.UserID, name, at string) error {
	minute := -1
	if at != "off" {
		t, err := time.Parse("15:04", at)
		if err != nil {
			return fmt.Errorf("--at %q: give hour and minute, as 08:30, or off", at)
		}
		minute = t.Hour()*60 + t.Minute()
	}
	id, err := userNamed(ctx, st, id, name)
	if err != nil {
		return err
	}
	if err := st.SetBriefMinute(ctx, id, minute); err != nil {
		return fmt.Errorf("user brief %d: %w", id, err)
	}
	fmt.Fprintf(s.out, "colleague %d: morning brief %s\n", id, at)
	return nil
}

// userToken makes a key to the HTTP door, which opens what the colleague may do, or ends all of the colleague's keys. The
// key alone goes to stdout, so that a script can take it.
func userToken(ctx context.Context, s streams, st *store.Store, id crm.UserID, name string, revoke bool) error {
	id, err := userNamed(ctx, st, id, name)
	if err != nil {
		return err
	}
	if revoke {
		n, err := st.RevokeTokens(ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "colleague %d: %d keys ended\n", id, n)
		return nil
	}
	token, err := st.AddToken(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.err, "This key is shown once. Send it as: Authorization: Bearer KEY")
	fmt.Fprintln(s.out, token)
	return nil
}
