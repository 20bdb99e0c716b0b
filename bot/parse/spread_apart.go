package parse

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// anew stands between two sentences of a message, with the words that say that another thing comes now.
var anew = regexp.MustCompile(`[。；;\n!！]+ *(?:然后|另外|再|顺便|还有|接着|对了)?[，, ]*|[，, ]+(?:然后|另外|接着|对了|还有|再|顺便)[，, ]*`)

// referring are words with which a sentence takes up what the one before it was about.
var referring = []string{"他", "她", "它", "这单", "那单", "这家", "该", "都", "其中", "也", "上面", "前面", "刚才", "刚刚"}

// apart reads a message in its sentences where each is a whole order with a customer or a record of its own, so that nothing of the one goes to
// the other: 合同易到签约了；麦吉士那条线索转成客户. What a sentence says alone must leave no doubt.
func (m message) apart(s *scan, whole []*frame) []*frame {
	text := string(s.norm)
	cuts := anew.FindAllStringIndex(text, 4)
	if len(cuts) == 0 || len(cuts) > 3 {
		return nil
	}
	var all []*frame
	var whose []any
	from := 0
	for n := 0; n <= len(cuts); n++ {
		to, next := len(text), len(text)
		if n < len(cuts) {
			to, next = cuts[n][0], cuts[n][1]
		}
		i, j := utf8Len(text[:from]), utf8Len(text[:to])
		from = next
		if n == len(cuts) && j-i < 2 { // the last stop ends the message
			break
		}
		if n > 0 && hasAny(string(s.norm[i:j]), referring) {
			return nil
		}
		one, frames := m.read(s.of([2]int{i, j}), said{})
		if len(frames) == 0 || one.moody || one.negated || missing(frames) != "" || result("", frames).Confidence < aloneEnough {
			return nil
		}
		probe, learnt := m.read(s.of([2]int{i, j}), said{}) // what was learned must see the same name
		probe.roles(learnt)
		if len(learnt) == 0 || learnt[0].params["customer"] != frames[0].params["customer"] || result("", learnt).Confidence < aloneEnough {
			return nil
		}
		own := frames[0].params["customer"]
		if record := recordOf[frames[0].action]; own == nil && record != "" {
			own = frames[0].params[record]
		}
		if own == nil || slices.Contains(whose, own) || frames[0].hit.phrase < 0 || frames[0].action == "activity.log" || strings.HasSuffix(frames[0].action, ".create") && frames[0].hit.weight < 5 {
			return nil
		}
		whose, all = append(whose, own), append(all, frames...)
	}
	if len(whose) < 2 || repeats(all) || len(all) == len(whole) && slices.EqualFunc(all, whole, func(f, g *frame) bool { return f.action == g.action && reflect.DeepEqual(f.params, g.params) }) {
		return nil
	}
	return all
}

// aloneEnough is how sure a sentence must be that is read by itself.
const aloneEnough = 0.85
