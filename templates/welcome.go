package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"gendan/crm"
)

//go:embed */welcome.json
var welcomeFiles embed.FS

// welcomes are the greetings that were read, by pack.
var welcomes sync.Map

// Welcome is how a customer is greeted who has become a contact of a colleague: a text for [crm.FillOffer], with {{称呼}}, {{品牌}}
// and {{顾问}}. An industry without one of its own has the default's; "" greets nobody.
func (p *Pack) Welcome() (string, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := welcomes.LoadOrStore(name, sync.OnceValues(func() (string, error) { return readWelcome(name) }))
	return f.(func() (string, error))()
}

func readWelcome(name string) (string, error) {
	var w struct {
		Welcome *string `json:"welcome"`
	}
	for _, n := range []string{"default", name} {
		text, err := fs.ReadFile(welcomeFiles, n+"/welcome.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, &w)
		}
		if err != nil {
			return "", fmt.Errorf("welcome of pack %s: %w", n, err)
		}
	}
	if w.Welcome == nil {
		return "", fmt.Errorf("welcome of pack %s: %w", name, crm.ErrInvalid)
	}
	return *w.Welcome, nil
}
