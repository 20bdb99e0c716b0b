package bot

import (
	"errors"

	"gendan/crm"
)

// ownDevice is the device of the guest's own customer whose serial number stands in text; 0 when it is none or several.
func (q *guestTurn) ownDevice(text string) (id int64, err error) {
	rows, err := q.tx.DevicesSaid(q.ctx, text)
	if err != nil {
		return 0, err
	}
	for _, d := range rows {
		switch {
		case crm.CustomerID(d.CustomerID) != q.g.Customer:
		case id != 0:
			return 0, nil
		default:
			id = int64(d.ID)
		}
	}
	return id, nil
}

// deviceName is what a ticket's device is called; "" when it has none.
func (q *guestTurn) deviceName(id int64) (string, error) {
	if id == 0 {
		return "", nil
	}
	d, err := q.tx.DeviceByID(q.ctx, crm.DeviceID(id))
	if errors.Is(err, crm.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return oneLine(d.Product + " " + d.Serial), nil
}
