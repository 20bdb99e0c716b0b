// Package model stands between the conversation and an optional language model. It takes personal data out of what is asked
// and puts it back into what is answered, says what may be proposed, and believes no answer: of a proposal it keeps what the
// vocabulary knows and the person has said. It is pure: no clock, no network.
package model
