package action

import (
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// soundsOtherwise tells whether a name that sounds like said in its brand alone belongs to another firm: whoever says
// 云帆网络 does not mean 云帆科技, though both are 云帆.
func soundsOtherwise(said, name string) bool {
	core := crm.CoreName(said)
	if core == crm.BrandName(said) {
		return false
	}
	return store.Sound(core) != store.Sound(crm.CoreName(name))
}

// soundsSame tells whether two names of firms are read alike as a whole, so that one may be the other, dictated. Names
// with digits or letters are told apart by them.
func soundsSame(a, b string) bool {
	a, b = crm.CoreName(a), crm.CoreName(b)
	sound := store.Sound(a)
	whole := func(name string) bool { return len([]rune(name)) == len(strings.Fields(sound)) }
	return sound != "" && whole(a) && whole(b) && sound == store.Sound(b)
}
