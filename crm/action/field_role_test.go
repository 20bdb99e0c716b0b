package action_test

import (
	"testing"

	"gendan/crm"
)

// Service and sales look after devices and send technicians; marketing only reads, and orders are sales' alone.
func TestWhoMayDoWhatAfterTheSale(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "北京长风汽车"}))
	clock := map[string]string{"李雷": "09", "周主管": "10", "钱总": "13", "孙客服": "14", "郑管理": "15", "冯市场": "16"}
	for _, who := range []string{"李雷", "周主管", "钱总", "孙客服", "郑管理", "冯市场"} {
		at := "2026-11-20T" + clock[who] + ":00:00+08:00"
		for name, c := range map[string]struct {
			p   params
			may bool
		}{
			"device.create":      {params{"customer": "长风汽车", "serial": "SN" + clock[who] + "777"}, who != "冯市场"},
			"appointment.create": {params{"customer": "长风汽车", "at": at, "technician": "孙客服", "minutes": 60}, who != "冯市场"},
			"order.create":       {params{"customer": "长风汽车", "product": "空压机"}, who != "冯市场" && who != "孙客服"},
			"health.view":        {params{"customer": "长风汽车"}, true},
			"device.list":        {params{"customer": "长风汽车"}, true},
		} {
			if c.may {
				h.must(who, call(name, c.p))
			} else {
				h.refused(who, crm.ErrDenied, nil, call(name, c.p))
			}
		}
	}
}
