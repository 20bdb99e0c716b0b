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

// KindAppointment is the kind of the timers of an appointment: its subject is the appointment, its dedupe key
// [AppointmentKey].
const KindAppointment = "appointment"

// The rings of an appointment.
const (
	RingEvening = "eve"  // the evening before, to both sides
	RingSoon    = "soon" // a while before, to the technician
)

// AppointmentKey is the dedupe key of a ring; another version of the appointment rings anew, and what rang for the one
// before says nothing.
func AppointmentKey(id crm.AppointmentID, version int, ring string) string {
	return "appointment:" + strconv.FormatInt(int64(id), 10) + ":" + strconv.Itoa(version) + ":" + ring
}

// AppointmentCreate makes an appointment of a technician at a customer.
type AppointmentCreate struct {
	Customer   string       `json:"customer,omitempty" doc:"客户名"`
	At         instant      `json:"at" doc:"*什么时候"`
	Minutes    int          `json:"minutes,omitempty" doc:"多久，分钟"`
	Technician string       `json:"technician,omitempty" doc:"谁去：同事或 me"`
	Content    string       `json:"content,omitempty" doc:"去做什么"`
	Address    string       `json:"address,omitempty" doc:"地址，不说就用客户的"`
	Contact    string       `json:"contact,omitempty" doc:"联系人"`
	Ticket     crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Device     crm.DeviceID `json:"device,omitempty" doc:"设备编号"`
}

// AppointmentView is an appointment in a view; also Data of what changes one.
type AppointmentView struct {
	ID         int64  `json:"id,omitempty"`
	Customer   string `json:"customer"`
	Technician string `json:"technician"`
	Mine       bool   `json:"mine,omitempty"` // the actor goes
	When       string `json:"when"`           // "明天 14:00-16:00"
	Content    string `json:"content,omitempty"`
	Address    string `json:"address,omitempty"`
	Contact    string `json:"contact,omitempty"`
	Ticket     int64  `json:"ticket,omitempty"`
}

func (r *run) appointmentView(a store.AppointmentRow) AppointmentView {
	return AppointmentView{ID: a.ID, Customer: a.Customer, Technician: a.Technician, Mine: a.TechnicianID == int64(r.req.Actor.UserID),
		When: r.sayStretch(a.From, a.To), Content: a.Content, Address: a.Address, Contact: a.Contact, Ticket: a.TicketID}
}

// sayStretch is a stretch within a day as people say it: 「明天 14:00-16:00」.
func (r *run) sayStretch(from, to time.Time) string {
	return crm.SayTime(from, r.now, r.zone) + "-" + to.In(r.zone).Format("15:04")
}

func appointmentCreate(ctx context.Context, r *run, p *AppointmentCreate) (*Result, error) {
	if p.At.IsZero() {
		return nil, r.ask("at", "约在什么时候？比如「明天下午2点」。")
	}
	rules := r.x.field.Appointments
	if err := crm.CheckAppointmentTime(p.At.Time, r.now, rules.MaxDays, r.zone); err != nil {
		return nil, r.bad("at", err)
	}
	if p.Minutes < 0 || p.Minutes > 12*60 {
		return nil, r.ask("minutes", "要多久？说个 12 小时以内的，比如「2小时」。")
	}
	length := time.Duration(p.Minutes) * time.Minute
	if length == 0 {
		length = time.Duration(max(rules.Minutes, 30)) * time.Minute
	}
	if len([]rune(p.Content)) > 500 {
		return nil, r.ask("content", "去做什么说短一点，500 个字以内。")
	}
	t, c, err := r.appointmentAbout(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.Technician == "" {
		return nil, r.ask("technician", "谁去%s？说一下同事的名字，自己去就回「我」。", crm.BrandName(c.Name))
	}
	who, via, err := r.person(ctx, "technician", p.Technician)
	if err != nil {
		return nil, err
	}
	a := crm.Appointment{TechnicianID: crm.UserID(who.ID), TicketID: int64(p.Ticket), DeviceID: p.Device, From: p.At.Time, To: p.At.Add(length)}
	if err := r.free(ctx, a, who.Name); err != nil {
		return nil, err
	}
	address, contact, err := r.whereToGo(ctx, c, p)
	if err != nil {
		return nil, err
	}
	content := strings.TrimSpace(p.Content)
	res := &Result{Record: crm.Ref{Kind: crm.KindAppointment, Name: crm.BrandName(c.Name) + "的上门"}}
	res.changes(res.Record, "客户", c.Name, "时间", r.sayStretch(a.From, a.To), "谁去", who.Name, "做什么", content, "地址", address)
	if note := handed(who, via); note != "" {
		res.Notes = append(res.Notes, note)
	}
	row := store.AppointmentRow{CustomerID: c.ID, TechnicianID: who.ID, From: a.From, To: a.To, Customer: c.Name, Seen: true, OwnerID: c.OwnerID, Technician: who.Name,
		TicketID: int64(p.Ticket), Content: content, Address: address, Contact: contact}
	r.then(func(ctx context.Context) error {
		a.CustomerID = crm.CustomerID(c.ID)
		if err := r.stillFree(ctx, a); err != nil {
			return err
		}
		id, err := r.tx.AddAppointment(ctx, a, content, address, contact)
		if err != nil {
			return err
		}
		a.ID, row.ID, row.CustomerID, row.Version = id, int64(id), c.ID, 1
		ref := crm.Ref{Kind: crm.KindAppointment, ID: int64(id), Name: res.Record.Name}
		res.settle(ref)
		r.appointmentTimers(a, 1)
		r.audit("appointment.create", ref, res.Changes)
		r.event("appointment.created", ref, map[string]any{"customer": c.ID, "technician": who.ID, "at": a.From})
		r.history(c, 0, "约了上门："+say(res.Changes[1:]))
		r.tellAppointment(row, AppointmentGiven)
		if t != nil {
			if err := r.appointmentOnTicket(ctx, t, row); err != nil {
				return err
			}
		}
		return r.tellVisit(id, 1, VisitMade)
	})
	r.title("%s的上门预约", c.Name)
	return view(res, r.appointmentView(row))
}

// appointmentAbout is whose appointment it is: the customer that was said, else the ticket's.
func (r *run) appointmentAbout(ctx context.Context, p *AppointmentCreate) (t *ticket, c *customer, err error) {
	if p.Ticket != 0 {
		if t, err = r.workOn(ctx, p.Ticket, ""); err != nil {
			return nil, nil, err
		}
		if p.Content == "" {
			p.Content = briefly(t.Content, 40)
		}
		if p.Device == 0 {
			p.Device = crm.DeviceID(t.DeviceID)
		}
		if p.Customer == "" && t.CustomerID != 0 {
			p.Customer = "#" + strconv.FormatInt(int64(t.CustomerID), 10)
		}
	}
	if p.Device != 0 {
		d, err := r.device(ctx, p.Device, "")
		if err != nil {
			return nil, nil, err
		}
		if p.Customer == "" {
			p.Customer = "#" + strconv.FormatInt(d.CustomerID, 10)
		}
	}
	c, err = r.customer(ctx, p.Customer, orCreate)
	return t, c, err
}

// whereToGo is the address to go to and whom to call there.
func (r *run) whereToGo(ctx context.Context, c *customer, p *AppointmentCreate) (address, contact string, err error) {
	address, contact = strings.TrimSpace(p.Address), p.Contact
	if c.fresh {
		return address, contact, nil
	}
	id := crm.CustomerID(c.ID)
	detail, err := r.tx.CustomerDetail(ctx, id)
	if err != nil {
		return "", "", err
	}
	if address == "" {
		address = detail.Address
	}
	people, err := r.tx.ContactsOf(ctx, id)
	if err != nil {
		return "", "", err
	}
	best := c.contact(p.Contact)
	for _, person := range people {
		if best == nil && p.Contact == "" || best != nil && person.ID == best.ID {
			return address, strings.TrimSpace(person.Name + " " + person.Phone), nil
		}
	}
	if contact == "" {
		contact = detail.Phone
	}
	return address, contact, nil
}

// appointmentOnTicket writes the appointment into the story of its ticket, which the technician follows from then on.
func (r *run) appointmentOnTicket(ctx context.Context, t *ticket, a store.AppointmentRow) error {
	t.Watch(crm.UserID(a.TechnicianID))
	if err := r.saveTicket(ctx, t); err != nil {
		return err
	}
	_, err := r.tx.AddTicketEntry(ctx, &store.TicketEntry{TicketID: t.ID, UserID: r.req.Actor.UserID, Side: crm.SideChange,
		Content: fmt.Sprintf("约了%s %s 上门", a.Technician, r.sayStretch(a.From, a.To))})
	return err
}

// appointmentTimers makes a rings: the evening before, and a while before it begins. Those that are past do not ring.
func (r *run) appointmentTimers(a crm.Appointment, version int) {
	rules := r.x.field.Appointments
	day := a.From.In(r.zone)
	evening := time.Date(day.Year(), day.Month(), day.Day()-1, rules.Evening/60, rules.Evening%60, 0, 0, r.zone)
	for ring, at := range map[string]time.Time{RingEvening: evening, RingSoon: a.From.Add(-time.Duration(rules.Before) * time.Minute)} {
		if at.After(r.now) {
			r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindAppointment, Subject: int64(a.ID), Due: at.UTC(), Dedupe: AppointmentKey(a.ID, version, ring)})
		}
	}
}

// tellAppointment tells the technician and whose customer it is what became of an appointment.
func (r *run) tellAppointment(a store.AppointmentRow, topic Topic) {
	n := News{Topic: topic, Record: crm.Ref{Kind: crm.KindAppointment, ID: a.ID, Name: a.Content}, Customer: a.Customer, To: a.Technician, At: a.From, Content: a.Address, Phone: a.Contact}
	n.To = "" // that is the reader
	r.inform(a.TechnicianID, n)
	n.To = a.Technician
	if n.Content, n.Phone = "", ""; a.OwnerID != a.TechnicianID {
		r.inform(a.OwnerID, n)
	}
	if a.CreatedBy != a.TechnicianID && a.CreatedBy != a.OwnerID {
		r.inform(a.CreatedBy, n)
	}
}
