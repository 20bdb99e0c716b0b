package main

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
)

// TestDemoShopHasSomethingOfEverything: the demo company's buyers fall into all the bands that its card explains.
func TestDemoShopHasSomethingOfEverything(t *testing.T) {
	t.Parallel()
	st := storetest.New(t)
	for peer, name := range map[string]string{"wecom:lilei": "李雷", "wecom:hanmeimei": "韩梅梅"} {
		if _, err := st.AddUser(t.Context(), store.NewUser{Name: name, Role: crm.Rep, Peers: []string{peer}}); err != nil {
			t.Fatal(err)
		}
	}
	do := action.New(st, action.Config{Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()), Service: templates.Default().Service})
	if err := demoShop(t.Context(), st, do, time.Now()); err != nil {
		t.Fatal(err)
	}
	bands := map[string]int{}
	err := st.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.AgeRFM(ctx, 1000); err != nil {
			return err
		}
		rows, err := tx.RFMBands(ctx)
		for _, row := range rows {
			bands[row.RFM] = row.Customers
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, band := range []string{"新客", "忠诚", "沉睡"} {
		if bands[band] == 0 {
			t.Errorf("nobody is %s: %v", band, bands)
		}
	}
	if bands["高价值"]+bands["潜力"] == 0 || len(bands) < 5 {
		t.Errorf("%v", bands)
	}
}
