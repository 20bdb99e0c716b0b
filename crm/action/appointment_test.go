package action_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

func TestAnAppointmentNeedsAFreeTechnician(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "地址", "value": "张江路 1 号"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	at := func(clock string) string { return "2026-11-20T" + clock + ":00+08:00" }
	out := h.must("李雷", call("appointment.create", params{"customer": "云帆", "at": at("14:00"), "technician": "孙客服", "content": "检修", "minutes": 120}))
	id := out.Results[0].Record.ID
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'appointment' AND subject = $1 AND due IN ('2026-11-19 19:00+08', '2026-11-20 13:00+08')`, id); n != 2 {
		t.Errorf("%d timers", n)
	}
	// Another rep learns that the technician is busy, and when not, but not at whose.
	sentence := h.refused("韩梅梅", nil, []string{"孙客服", "14:00-16:00", "当天还空"}, call("appointment.create", params{"customer": "星河", "at": at("15:00"), "technician": "孙客服"}))
	for _, secret := range []string{"云帆", "检修"} {
		if strings.Contains(sentence, secret) {
			t.Errorf("%q tells %q", sentence, secret)
		}
	}
	slots := data[action.SlotListView](t, h.must("韩梅梅", call("slot.list", params{"owner": "孙客服", "period": "2026-11-20", "minutes": 60})))
	if slots.Busy != "14:00-16:00" || strings.Contains(slots.Free, "14:") && !strings.Contains(slots.Free, "-14:00") {
		t.Errorf("%+v", slots)
	}
	h.must("韩梅梅", call("appointment.create", params{"customer": "星河", "at": at("16:00"), "technician": "孙客服", "minutes": 60}))
	// The technician sees both, with address and number, although 星河 is not theirs.
	list := data[action.AppointmentListView](t, h.must("孙客服", call("appointment.list", params{"period": "2026-11-20"})))
	if list.Total != 2 || list.Rows[0].Customer != "上海云帆科技" || list.Rows[0].Address != "张江路 1 号" || list.Rows[0].Contact != "王强 13812345678" {
		t.Errorf("%+v", list)
	}
	h.refused("韩梅梅", nil, nil, call("appointment.cancel", params{"appointment": id}))
	// Moving looks again, and rings anew; taking it back rings as before.
	h.refused("李雷", nil, []string{"16:00-17:00"}, call("appointment.move", params{"appointment": id, "at": at("15:30")}))
	moved := h.must("李雷", call("appointment.move", params{"appointment": id, "at": at("10:00")}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'appointment' AND subject = $1 AND state = 0 AND due IN ('2026-11-19 19:00+08', '2026-11-20 09:00+08')`, id); n != 2 {
		t.Errorf("%d timers after the move", n)
	}
	h.must("李雷", call("undo", params{"code": moved.UndoCode}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'appointment' AND subject = $1 AND state = 0 AND due IN ('2026-11-19 19:00+08', '2026-11-20 13:00+08')`, id); n != 2 {
		t.Errorf("%d timers after taking the move back", n)
	}
	h.must("孙客服", call("appointment.done", params{"appointment": id, "result": "换了滤芯"}))
	h.refused("孙客服", crm.ErrConflict, []string{"已经完成"}, call("appointment.cancel", params{"appointment": id}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'appointment' AND subject = $1 AND state = 0`, id); n != 0 {
		t.Errorf("%d timers after the end", n)
	}
}

// Out of hours a person is asked first; several who make appointments of one technician at one time get one through.
func TestOneTechnicianIsAtOnePlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	req := h.request("李雷", call("appointment.create", params{"customer": "云帆", "at": "2026-11-22T10:00:00+08:00", "technician": "孙客服"})) // a Sunday
	req.Hold = true
	if out, err := h.run(req); err != nil || out.Risk != action.High || h.count(`SELECT count(*) FROM appointments`) != 0 {
		t.Errorf("%+v %v", out, err)
	}
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			req := action.Request{Actor: h.who["李雷"], Key: time.Duration(i).String(), Via: "chat", Now: h.now,
				Calls: []action.Call{call("appointment.create", params{"customer": "云帆", "at": "2026-11-20T10:00:00+08:00", "technician": "孙客服"})}}
			if _, err := h.x.Run(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := h.count(`SELECT count(*) FROM appointments`); n != 1 {
		t.Errorf("%d appointments at one time", n)
	}
}
