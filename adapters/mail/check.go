package mail

import (
	"context"
	"fmt"
)

// CheckIn signs in to the mailbox and opens it, for the administrator's check; nothing is read.
func (a *Adapter) CheckIn(ctx context.Context) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Terminate() //nolint:errcheck // after Logout there is nothing to end
	if err := c.Login(a.in.user, a.in.password); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	if _, err := c.Select(a.box, true); err != nil {
		return fmt.Errorf("%s: %w", a.box, err)
	}
	_ = c.Logout()
	return nil
}

// CheckOut signs in to the mail server; nothing is sent.
func (a *Adapter) CheckOut(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return err
	}
	return c.Close()
}
