package action

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gendan/crm"
)

// envName is a name that rules may use.
type envName struct {
	index int
	kind  reflect.Kind
	text  string // what it is
}

var envNames = sync.OnceValue(func() map[string]envName {
	t := reflect.TypeFor[ruleEnv]()
	names := make(map[string]envName, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		names[f.Tag.Get("expr")] = envName{i, f.Type.Kind(), f.Tag.Get("text")}
	}
	return names
})

// envOrder are the names in their order.
func envOrder() []string {
	t := reflect.TypeFor[ruleEnv]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("expr")
	}
	return names
}

// RuleName is a name that conditions and texts of rules may use, for help and documents.
type RuleName struct {
	Name string `json:"name"`
	Type string `json:"type"` // 文字, 数字, 是否, 列表
	Doc  string `json:"doc"`
}

// RuleNames lists what rules may speak of.
func RuleNames() []RuleName {
	var list []RuleName
	for _, name := range envOrder() {
		n := envNames()[name]
		kind := map[reflect.Kind]string{reflect.String: "文字", reflect.Bool: "是否", reflect.Slice: "列表"}[n.kind]
		if kind == "" {
			kind = "数字"
		}
		list = append(list, RuleName{name, kind, n.text})
	}
	return list
}

// moneyNames are the numbers that are yuan, and read as money.
var moneyNames = []string{"金额", "累计消费"}

// envText is the value of a name as people read it; "" when it is not known.
func envText(e ruleEnv, name string) string {
	n, ok := envNames()[name]
	if !ok {
		return ""
	}
	switch v := reflect.ValueOf(e).Field(n.index).Interface().(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, "、")
	case bool:
		if v {
			return "是"
		}
		return "否"
	case float64:
		if slices.Contains(moneyNames, name) {
			return crm.Money(math.Round(v * 100)).String()
		}
		return number(v)
	default:
		return fmt.Sprint(v)
	}
}
