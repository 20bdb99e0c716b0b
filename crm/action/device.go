package action

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindDevice is the kind of the timer that rings some days before a device's warranty or life ends: its subject is the
// device, its dedupe key [DeviceKey].
const KindDevice = "device"

// DeviceCreate registers a device of a customer.
type DeviceCreate struct {
	Customer  string `json:"customer" doc:"*客户名"`
	Serial    string `json:"serial" doc:"*序列号"`
	Product   string `json:"product,omitempty" doc:"产品"`
	Bought    date   `json:"bought,omitempty" doc:"购买日期"`
	Installed date   `json:"installed,omitempty" doc:"安装日期，不说就是今天"`
	Warranty  date   `json:"warranty,omitempty" doc:"保修到哪天，不说按产品算"`
}

func deviceCreate(ctx context.Context, r *run, p *DeviceCreate) (*Result, error) {
	if strings.TrimSpace(p.Serial) == "" {
		return nil, r.ask("serial", "序列号是多少？照铭牌上说，比如「SN20260318」。")
	}
	if err := crm.CheckSerial(p.Serial); err != nil {
		return nil, r.bad("serial", err)
	}
	for param, day := range map[string]date{"bought": p.Bought, "installed": p.Installed, "warranty": p.Warranty} {
		if err := day.check(); err != nil {
			return nil, r.bad(param, err)
		}
	}
	d := crm.Device{Serial: strings.TrimSpace(p.Serial), Product: strings.TrimSpace(p.Product), Bought: string(p.Bought), Installed: string(p.Installed),
		Warranty: string(p.Warranty)}
	today := r.now.In(r.zone).Format(time.DateOnly)
	if d.Bought > today || d.Installed > today {
		return nil, r.ask("installed", "安装日期还没到，是哪天装的？比如「3月1日」。")
	}
	if d.Since() == "" {
		d.Installed = today
	}
	d = d.Dated(crm.ProductOf(r.x.field.Products, d.Product))
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	if h, ok, err := r.tx.DeviceHolder(ctx, d.Serial); err != nil {
		return nil, err
	} else if ok {
		return nil, deviceTaken(d.Serial, h)
	}
	name := deviceName(d)
	res := &Result{Record: crm.Ref{Kind: crm.KindDevice, Name: name}, Owner: c.foreign(r.req.Actor)}
	res.changes(res.Record, "设备", d.Product, "序列号", d.Serial, "客户", c.Name, "购买", d.Bought, "安装", d.Installed, "保修到", d.Warranty, "建议更换", d.Life)
	r.then(func(ctx context.Context) error {
		d.CustomerID = crm.CustomerID(c.ID)
		id, err := r.tx.AddDevice(ctx, d)
		if err != nil {
			return err
		}
		d.ID = id
		ref := crm.Ref{Kind: crm.KindDevice, ID: int64(id), Name: name}
		res.settle(ref)
		r.deviceTimers(d)
		r.audit("device.create", ref, res.Changes)
		r.event("device.created", ref, map[string]any{"customer": c.ID})
		r.history(c, 0, "登记设备："+name)
		r.informOwners(c, nil, News{Topic: DeviceAdded, Record: ref})
		return nil
	})
	r.title("登记设备「%s」", name)
	return res, nil
}

// deviceTaken says whose a serial number is.
func deviceTaken(serial string, h store.DeviceHolder) error {
	return crm.Refuse(crm.ErrConflict, "序列号 %s 已经登记在%s名下（%s负责），核对一下再说一遍。", serial, h.Name, h.Owner)
}

// deviceName is what a device is called: its product and its serial number.
func deviceName(d crm.Device) string { return strings.TrimSpace(d.Product + " " + d.Serial) }

// DeviceKey is the dedupe key of the timer of a device's end: "warranty" or "life", and its day. A day that was changed
// since makes the ring say nothing.
func DeviceKey(id crm.DeviceID, what, day string) string {
	return "device:" + strconv.FormatInt(int64(id), 10) + ":" + what + ":" + day
}

// deviceTimers makes the ends of d ring some days before, at nine in the morning. Ends that are nearer than that ring not:
// whoever registers the device sees them then.
func (r *run) deviceTimers(d crm.Device) {
	for what, day := range map[string]string{"warranty": d.Warranty, "life": d.Life} {
		end, err := time.ParseInLocation(time.DateOnly, day, r.zone)
		if err != nil {
			continue
		}
		at := end.AddDate(0, 0, -r.x.field.Notice).Add(9 * time.Hour)
		if !at.After(r.now) {
			continue
		}
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindDevice, Subject: int64(d.ID), Due: at.UTC(), Dedupe: DeviceKey(d.ID, what, day)})
	}
}

// DeviceGet shows a device.
type DeviceGet struct {
	Serial string       `json:"serial,omitempty" doc:"序列号"`
	Device crm.DeviceID `json:"device,omitempty" doc:"设备编号"`
}

// DeviceView is a device in a view; also Data of device.view.
type DeviceView struct {
	ID        int64  `json:"id"`
	Serial    string `json:"serial"`
	Product   string `json:"product,omitempty"`
	Customer  string `json:"customer,omitempty"`
	Owner     string `json:"owner,omitempty"`
	Bought    string `json:"bought,omitempty"`
	Installed string `json:"installed,omitempty"`
	Warranty  string `json:"warranty"`       // in words
	Covered   bool   `json:"covered"`        // repaired for nothing today
	Life      string `json:"life,omitempty"` // in words, when its end is near
	Tickets   int    `json:"tickets,omitempty"`
}

func (r *run) deviceView(d store.DeviceRow) DeviceView {
	dev, today := d.Device(), r.now.In(r.zone)
	return DeviceView{ID: d.ID, Serial: d.Serial, Product: d.Product, Customer: d.Customer, Owner: d.OwnerName, Bought: d.Bought, Installed: d.Installed,
		Warranty: dev.SayWarranty(today), Covered: dev.InWarranty(today), Life: dev.SayLife(today)}
}

func deviceGet(ctx context.Context, r *run, p *DeviceGet) (*Result, error) {
	d, err := r.device(ctx, p.Device, p.Serial)
	if err != nil {
		return nil, err
	}
	v := r.deviceView(d)
	if v.Tickets, err = r.tx.TicketsOfDevice(ctx, crm.DeviceID(d.ID)); err != nil {
		return nil, err
	}
	r.focus = Focus{Customer: crm.Ref{Kind: crm.KindCustomer, ID: d.CustomerID, Name: d.Customer}}
	return view(&Result{Record: crm.Ref{Kind: crm.KindDevice, ID: d.ID, Name: deviceName(d.Device())}}, v)
}

// device finds the device that is meant: by number, else by serial number. Of one that the actor does not see it says
// whose it is.
func (r *run) device(ctx context.Context, id crm.DeviceID, serial string) (d store.DeviceRow, err error) {
	if id != 0 {
		if d, err = r.tx.DeviceByID(ctx, id); notFound(err) {
			return d, r.otherKind(ctx, int64(id), crm.KindDevice)
		}
		return d, err
	}
	if strings.TrimSpace(serial) == "" {
		return d, r.ask("serial", "哪台设备？说一下序列号。")
	}
	if err := crm.CheckSerial(serial); err != nil {
		return d, r.bad("serial", err)
	}
	rows, err := r.tx.DevicesSaid(ctx, serial)
	if err != nil {
		return d, err
	}
	if len(rows) > 0 {
		return rows[0], nil
	}
	h, ok, err := r.tx.DeviceHolder(ctx, serial)
	switch {
	case err != nil:
		return d, err
	case ok:
		return d, &crm.Refusal{Cause: crm.ErrDenied, Sentence: fmt.Sprintf("%s 是%s的设备，由%s负责，回「申请协作」请TA让你一起跟。", serial, h.Name, h.Owner),
			Wall: crm.Ref{Kind: crm.KindCustomer, ID: h.Customer, Name: h.Name}}
	}
	return d, crm.Refuse(crm.ErrNotFound, "没有登记过序列号 %s，核对一下；要登记就说「云帆登记设备 空压机 序列号 %s」。", serial, serial)
}

// DeviceList lists the devices of a customer.
type DeviceList struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// DeviceListView is Data of device.list.
type DeviceListView struct {
	Customer string       `json:"customer"`
	Rows     []DeviceView `json:"rows,omitempty"`
	Total    int          `json:"total"`
}

func deviceList(ctx context.Context, r *run, p *DeviceList) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	rows, total, err := r.tx.DevicesOf(ctx, crm.CustomerID(c.ID), pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := DeviceListView{Customer: c.Name, Total: total}
	for _, d := range rows {
		v.Rows = append(v.Rows, r.deviceView(d))
	}
	return view(&Result{Record: c.ref()}, v)
}

// deviceSaid gives a ticket the device whose serial number stands in its text, and with it the customer that nobody named.
// A customer's own words are no proof of whose a device is: where the service itself writes a ticket, nothing is taken
// from them.
func (r *run) deviceSaid(ctx context.Context, p *TicketCreate) error {
	if p.Device != 0 || r.req.Actor.Scope == crm.ScopeSystem {
		return nil
	}
	rows, err := r.tx.DevicesSaid(ctx, p.Content)
	if err != nil || len(rows) != 1 {
		return err
	}
	d := rows[0]
	if p.Customer == "" {
		p.Customer = "#" + strconv.FormatInt(d.CustomerID, 10)
	} else if c, err := r.softCustomer(ctx, p.Customer); err != nil || c == nil || c.ID != d.CustomerID {
		return err
	}
	p.Device = d.ID
	return nil
}

// deviceLine is a device and its warranty in a line; "" for none, or one that the actor does not see.
func (r *run) deviceLine(ctx context.Context, id int64) (string, error) {
	if id == 0 {
		return "", nil
	}
	d, err := r.tx.DeviceByID(ctx, crm.DeviceID(id))
	if notFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return deviceName(d.Device()) + "，" + d.Device().SayWarranty(r.now.In(r.zone)), nil
}
