package crm

import "slices"

// AnyChannel stands for all channels in a [Consent].
const AnyChannel = "*"

// Consent is what a customer allows, by purpose and channel.
type Consent struct {
	Purpose string
	Channel string // AnyChannel for all
	Allowed bool
}

// Consents are all that a customer has said. What nobody said is the policy's assumption.
type Consents []Consent

// said is the answer for exactly that purpose and channel.
func (c Consents) said(purpose, channel string) (allowed, known bool) {
	for _, one := range c {
		if one.Purpose == purpose && one.Channel == channel {
			return one.Allowed, true
		}
	}
	return false, false
}

// Stopped tells whether the customer wants nothing of that purpose, by whatever channel.
func (c Consents) Stopped(purpose string) bool {
	allowed, known := c.said(purpose, AnyChannel)
	return known && !allowed
}

// Allows tells whether that channel may be used for that purpose. A no counts before a yes, whichever is the wider one; where
// nobody has said anything, p tells what is assumed.
func (c Consents) Allows(purpose, channel string, p *ReachPolicy) bool {
	if c.Stopped(purpose) {
		return false
	}
	if allowed, known := c.said(purpose, channel); known {
		return allowed
	}
	if allowed, known := c.said(purpose, AnyChannel); known {
		return allowed
	}
	return slices.Contains(p.Assumed[purpose], channel)
}
