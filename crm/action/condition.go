package action

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"gendan/crm"
)

// ruleEnv is what conditions and texts of rules may speak of, by its Chinese names. It has no methods: whatever it had, a
// condition could call.
type ruleEnv struct {
	Name    string   `expr:"客户" text:"客户名"`
	Contact string   `expr:"称呼" text:"联系人，没有就是客户名"`
	Owner   string   `expr:"负责人" text:"客户的负责人"`
	Level   string   `expr:"级别" text:"客户级别"`
	Trade   string   `expr:"行业" text:"行业"`
	Region  string   `expr:"地区" text:"地区"`
	Source  string   `expr:"来源" text:"客户的来源"`
	Tags    []string `expr:"标签" text:"标签，用 \"抹茶\" in 标签"`
	RFM     string   `expr:"分层" text:"价值分层，比如 沉睡"`
	Member  bool     `expr:"会员" text:"是不是会员"`

	Orders       int     `expr:"订单数" text:"买过几次"`
	Spent        float64 `expr:"累计消费" text:"一共花了多少元"`
	QuietOrder   int     `expr:"未下单天数" text:"多少天没下单"`
	QuietContact int     `expr:"未联系天数" text:"多少天没联系"`
	LastProduct  string  `expr:"最近购买" text:"最近一次买的"`
	Birthday     string  `expr:"生日" text:"MM-DD"`
	Complaints   int     `expr:"投诉数" text:"投诉次数"`
	OpenTickets  int     `expr:"未结工单" text:"没关的工单数"`
	Health       int     `expr:"健康度" text:"0 到 100，没算过是 -1"`
	Risk         float64 `expr:"流失风险" text:"0 到 100，没算过是 -1"`

	DealTitle string  `expr:"商机" text:"商机的名字"`
	DealID    int     `expr:"商机编号" text:"商机的编号"`
	Deals     int     `expr:"商机数" text:"没结束的商机数"`
	Stage     string  `expr:"阶段" text:"商机的阶段"`
	Standing  int     `expr:"停留天数" text:"商机在这个阶段几天了"`
	Amount    float64 `expr:"金额" text:"订单或商机的金额，元"`

	Event    string  `expr:"事件" text:"发生了什么，比如 order.created"`
	Record   int     `expr:"编号" text:"事件里那条记录的编号"`
	Product  string  `expr:"产品" text:"事件里的产品，没有就是最近买的"`
	Category string  `expr:"品类" text:"事件里产品的品类"`
	Quantity float64 `expr:"数量" text:"事件里的数量"`
	Channel  string  `expr:"渠道" text:"事件里的渠道"`
	Kind     string  `expr:"类型" text:"工单的类型"`
	Priority string  `expr:"优先级" text:"工单的优先级"`
	Score    float64 `expr:"分数" text:"评价的分数"`
	Points   float64 `expr:"积分" text:"事件里的积分"`
	Before   string  `expr:"原阶段" text:"商机原来的阶段"`

	Today   string `expr:"今天" text:"2026-11-18"`
	Month   int    `expr:"月" text:"1 到 12"`
	Day     int    `expr:"日" text:"1 到 31"`
	Weekday int    `expr:"星期" text:"1 到 7"`
	Hour    int    `expr:"时" text:"0 到 23"`
}

// makeEnv puts what is known of a customer and an event into the names of conditions.
func makeEnv(f crm.RuleFacts, now time.Time, zone *time.Location) ruleEnv {
	local := now.In(zone)
	e := ruleEnv{Name: f.Name, Contact: f.Contact, Owner: f.OwnerName, Level: f.Level, Trade: f.Industry, Region: f.Region, Source: f.Source, Tags: f.Tags,
		RFM: f.RFM, Member: f.Member, Orders: f.Orders, Spent: f.Spent.Yuan(), QuietOrder: f.QuietOrder(now), QuietContact: f.QuietContact(now),
		LastProduct: f.LastProduct, Complaints: f.Complaints, OpenTickets: f.OpenTickets, Health: f.Health, Risk: f.Churn,
		DealTitle: f.DealTitle, DealID: int(f.Deal), Deals: f.Deals, Stage: f.Stage, Amount: f.Amount.Yuan(),
		Event: f.Event, Record: int(f.Record.ID), Today: local.Format(time.DateOnly), Month: int(local.Month()), Day: local.Day(),
		Weekday: (int(local.Weekday())+6)%7 + 1, Hour: local.Hour()}
	if e.Contact == "" {
		e.Contact = f.Name
	}
	if len(f.Birthdays) > 0 {
		e.Birthday = f.Birthdays[0]
	}
	if !f.StageSince.IsZero() {
		e.Standing = int(now.Sub(f.StageSince) / (24 * time.Hour))
	}
	e.Product = f.LastProduct
	text := func(key string, into *string) {
		if v, ok := f.Data[key].(string); ok && v != "" {
			*into = v
		}
	}
	number := func(key string, into *float64) {
		if v, ok := f.Data[key].(float64); ok {
			*into = v
		}
	}
	text("product", &e.Product)
	if f.Record.Kind == crm.KindProduct {
		text("name", &e.Product)
	}
	text("category", &e.Category)
	text("channel", &e.Channel)
	text("kind", &e.Kind)
	text("priority", &e.Priority)
	number("amount", &e.Amount)
	number("quantity", &e.Quantity)
	number("score", &e.Score)
	number("points", &e.Points)
	if f.Event == "deal.stage_changed" {
		text("from", &e.Before)
		text("to", &e.Stage)
	}
	return e
}

// The limits of a condition: what it may cost at most.
const (
	exprNodes  = 200
	exprMemory = 10_000
)

// exprBuiltins are the functions that conditions may call; none of them makes much out of little, or asks the clock.
var exprBuiltins = []string{"all", "none", "any", "one", "count", "len", "abs", "ceil", "floor", "round", "int", "float", "string", "trim", "upper", "lower",
	"hasPrefix", "hasSuffix", "indexOf", "max", "min"}

// condition is a compiled one. Safe for concurrent use.
type condition struct {
	program *vm.Program
	names   []string // that it speaks of, each once
}

// compileCondition compiles a condition; what is wrong with it is told in Chinese. "" is nil, which always holds.
func compileCondition(text string) (*condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if n := len([]rune(text)); n > crm.RuleExprMost {
		return nil, crm.Refuse(crm.ErrInvalid, "条件太长了（%d 个字），请控制在 %d 个字以内。", n, crm.RuleExprMost)
	}
	seen := &exprLook{}
	options := []expr.Option{expr.Env(ruleEnv{}), expr.AsBool(), expr.MaxNodes(exprNodes), expr.DisableAllBuiltins(), expr.Patch(seen)}
	for _, name := range exprBuiltins {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(text, options...)
	if err != nil {
		return nil, badCondition(err)
	}
	if seen.foreign != "" {
		return nil, crm.Refuse(crm.ErrInvalid, "条件里不能用 %s，可以用：%s。", seen.foreign, strings.Join(exprBuiltins, "、"))
	}
	if seen.nested > 0 {
		return nil, crm.Refuse(crm.ErrInvalid, "条件里的 any、all、count 不能套着写，请拆成几条规则。")
	}
	sort.Strings(seen.names)
	return &condition{program, slices.Compact(seen.names)}, nil
}

// exprLook finds out what a condition speaks of and whether loops are nested.
type exprLook struct {
	names   []string
	nested  int
	foreign string // a function that conditions may not call; the parser lets some through that are turned off
}

// Visit is [ast.Visitor]; it comes to a node after its children.
func (l *exprLook) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if _, ok := envNames()[n.Value]; ok {
			l.names = append(l.names, n.Value)
		}
	case *ast.BuiltinNode:
		if !slices.Contains(exprBuiltins, n.Name) {
			l.foreign = n.Name
		}
		if loops(n) && len(n.Arguments) > 1 {
			inner := &loopFinder{}
			ast.Walk(&n.Arguments[1], inner)
			l.nested += inner.found
		}
	}
}

type loopFinder struct{ found int }

func (l *loopFinder) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.BuiltinNode); ok && loops(n) {
		l.found++
	}
}

func loops(n *ast.BuiltinNode) bool {
	return slices.Contains([]string{"all", "none", "any", "one", "count"}, n.Name)
}

// badCondition tells what is wrong with a condition.
func badCondition(err error) error {
	where := ""
	var at *file.Error
	if errors.As(err, &at) {
		where = fmt.Sprintf("（第 %d 个字附近）", at.Column+1)
	}
	message := err.Error()
	if at != nil {
		message = at.Message
	}
	switch {
	case strings.HasPrefix(message, "unknown name"):
		name := strings.TrimSpace(strings.TrimPrefix(message, "unknown name"))
		return crm.Refuse(crm.ErrInvalid, "条件里不认识「%s」%s，可以用：%s。", name, where, strings.Join(envOrder(), "、"))
	case strings.HasPrefix(message, "invalid operation") || strings.Contains(message, "mismatched types"):
		return crm.Refuse(crm.ErrInvalid, "条件里两边的类型对不上%s：文字要加引号，数字不加，比如 金额 > 100000 and 阶段 == \"商务谈判\"。", where)
	case strings.HasPrefix(message, "expected bool"):
		return crm.Refuse(crm.ErrInvalid, "条件要说出成立不成立，比如 金额 > 100000。")
	case strings.Contains(message, "exceeds maximum allowed nodes"):
		return crm.Refuse(crm.ErrInvalid, "条件太复杂了，请拆成几条规则。")
	}
	return crm.Refuse(crm.ErrInvalid, "条件写错了%s，请核对括号和引号，比如 金额 > 100000 and 阶段 == \"商务谈判\"。", where)
}

// holds tells whether the condition holds, and the values of what it speaks of.
func (c *condition) holds(e ruleEnv) (ok bool, values []string, err error) {
	if c == nil {
		return true, nil, nil
	}
	machine := vm.VM{MemoryBudget: exprMemory}
	v, err := machine.Run(c.program, e)
	if err != nil {
		return false, nil, fmt.Errorf("condition: %w", err)
	}
	for _, name := range c.names {
		values = append(values, name+" "+envText(e, name))
	}
	ok, _ = v.(bool)
	return ok, values, nil
}

// number is how people read a number of a condition.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// conditions keeps compiled ones; rules are few.
type conditions struct {
	mu   sync.Mutex
	kept map[string]*condition
}

func (c *conditions) compile(text string) (*condition, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if got, ok := c.kept[text]; ok {
		return got, nil
	}
	got, err := compileCondition(text)
	if err != nil {
		return nil, err
	}
	if c.kept == nil || len(c.kept) >= 1000 {
		c.kept = map[string]*condition{}
	}
	c.kept[text] = got
	return got, nil
}
