package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gendan/crm"
)

//go:embed */customers.json
var customersFiles embed.FS

var customersOf sync.Map // pack name → func() (CustomerRules, error)

// CustomerRules are what a pack says of customers: how their value is told. Amounts are fen.
type CustomerRules struct {
	RFM crm.RFMRules `json:"rfm"`
}

// Customers gives the pack's rules. An industry without a file of its own has the default ones.
func (p *Pack) Customers() (CustomerRules, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := customersOf.LoadOrStore(name, sync.OnceValues(func() (CustomerRules, error) { return readCustomers(name) }))
	return f.(func() (CustomerRules, error))()
}

func readCustomers(name string) (rules CustomerRules, err error) {
	text, err := customersFiles.ReadFile(name + "/customers.json")
	if err != nil {
		text, err = customersFiles.ReadFile("default/customers.json")
	}
	if err == nil {
		err = json.Unmarshal(text, &rules)
	}
	if err == nil {
		err = rules.RFM.Check()
	}
	if err != nil {
		return rules, fmt.Errorf("pack %s: customers.json: %w", name, err)
	}
	return rules, nil
}

// MustCustomers is [Pack.Customers] of a pack that comes with the program.
func MustCustomers(p *Pack) CustomerRules {
	rules, err := p.Customers()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
