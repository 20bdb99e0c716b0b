package parse

import (
	"regexp"
	"strings"
)

// channelSign is how the opening of a report shows its channel.
type channelSign struct {
	channel string
	re      *regexp.Regexp
}

// channelSigns compiles the pack's openings: "电话 PATTERN".
func channelSigns(rows []string) (all []channelSign) {
	for _, row := range rows {
		channel, pattern, _ := strings.Cut(row, " ")
		all = append(all, channelSign{channel, regexp.MustCompile(pattern)})
	}
	return all
}

// channelOpening reads the way of contact from what stands before what was said, without the names, in whatever words it is
// put (刚接完…樊姐的电话; 微信上; 开了个短会); it reports whether it found one. What was said itself may speak of any call or meeting.
func (f *frame) channelOpening() bool {
	if f.action != "activity.log" || f.has("channel") || !f.has("customer") {
		return false
	}
	end := f.end()
	if said, _ := f.params["content"].(string); said != "" {
		if i, _ := f.where(said, nil); i >= f.start() {
			end = i
		}
	}
	var b strings.Builder
	b.WriteByte('^')
	for i := f.start(); i < end && i < f.end(); {
		if n := f.nameAt(i); n > 0 {
			b.WriteString("〇")
			i += n
			continue
		}
		if sp := f.at[i]; sp != nil && sp.kind != 'C' {
			b.WriteRune(openMask[sp.kind])
			i = sp.j
			continue
		}
		b.WriteRune(f.norm[i])
		i++
	}
	text := b.String()
	for _, c := range f.v.channelSigns {
		if c.re.MatchString(text) {
			f.set("channel", c.channel)
			f.trail = append(f.trail, "  the opening says "+c.channel+": "+c.re.String())
			return true
		}
	}
	return false
}

// nameAt gives the length of the frame's customer or contact when one of them stands at i.
func (f *frame) nameAt(i int) int {
	for _, param := range []string{"customer", "contact"} {
		if name, _ := f.params[param].(string); name != "" {
			if n := newLine(name).norm; f.hasAt(i, string(n)) {
				return len(n)
			}
		}
	}
	return 0
}
