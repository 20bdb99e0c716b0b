package parse

import (
	"regexp"
	"unicode/utf8"
)

// bornWords are the words before the day of a birthday: whose, and 生日是.
var bornWords = regexp.MustCompile(`^([^,，。;；!！?？]{2,12}?)(?:的)?生日(?:就|都)?(?:是|在|为|:|：)?(?:每年)?(?:的)?(?:阳历|公历|新历)? ?`)

// bornOn reads a contact's birthday, perhaps with the wish to be reminded of it: 云帆的王强生日是5月20号，提前三天提醒我. The birthday is kept with
// the contact, and the reminder comes every year.
func (m message) bornOn(s *scan) []*frame {
	text := string(s.norm)
	at := bornWords.FindStringSubmatchIndex(text)
	if at == nil {
		return nil
	}
	i, whose := utf8.RuneCountInString(text[:at[1]]), utf8.RuneCountInString(text[:at[3]])
	if i >= len(s.norm) || s.at[i] == nil || s.at[i].kind != 'T' || s.at[i].when.Grain != Day || s.at[i].when.Bad != "" || !s.at[i].when.NoYear {
		return nil
	}
	day := s.at[i]
	said := s.of([2]int{0, day.j})
	split := s.contactBehind(whose)
	if split[1] > 0 {
		said = s.of([2]int{0, split[0]}).joinedTo(newLine("的联系人")).joinedTo(s.of([2]int{split[1], whose})).joinedTo(newLine("生日")).joinedTo(s.of([2]int{day.i, day.j}))
	}
	_, kept := m.read(said, s.before)
	if len(kept) != 1 || kept[0].params["field"] != "生日" && !kept[0].has("birthday") {
		return nil
	}
	rest := s.of([2]int{day.i, len(s.norm)})
	for k := day.j - day.i; k+1 < len(rest.norm); k++ {
		if n := rest.anyAt(k, "每年的", "每年都", "每年"); n > 0 {
			rest = rest.of([2]int{0, k}, [2]int{k + n, len(rest.norm)})
		}
	}
	_, rings := m.read(rest, s.before)
	if len(rings) != 1 || rings[0].action != "reminder.create" || !rings[0].has("at") {
		if s.trimmed(day.j) && split[1] > 0 && missing(kept) == "" {
			return kept
		}
		return nil
	}
	ring := rings[0]
	who, _ := kept[0].params["contact"].(string)
	if who == "" {
		who, _ = kept[0].params["customer"].(string)
	}
	ring.set("content", who+"生日")
	ring.set("repeat", "yearly")
	if c, ok := kept[0].params["customer"]; ok {
		ring.set("customer", c)
	}
	return append(kept, ring)
}

// contactBehind splits what ends at j into a customer and one of its people: where the customer ends and the person begins, or nothing.
func (s *scan) contactBehind(j int) (at [2]int) {
	i, _ := s.trimSpace(0, j)
	if n := s.v.known.at(s.line, i); n > 0 && i+n < j {
		k := i + n
		if s.hasAt(k, "的") {
			k++
		}
		if s.at[k] == nil && s.person(k, j) == j {
			return [2]int{i + n, k}
		}
	}
	for k := i + 2; k+2 < j; k++ {
		if s.norm[k] == '的' && s.at[k] == nil && s.at[k+1] == nil && s.person(k+1, j) == j {
			return [2]int{k, k + 1}
		}
	}
	return [2]int{}
}

// trimmed reports whether nothing but stops stands from i on.
func (s *scan) trimmed(i int) bool {
	for ; i < len(s.norm); i++ {
		if !isEdge(s.norm[i]) {
			return false
		}
	}
	return true
}
