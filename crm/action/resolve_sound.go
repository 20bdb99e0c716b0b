package action

import (
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

// soundsSame tells whether two names of firms are read alike as a whole, so that one may be the other, dictated.
func soundsSame(a, b string) bool {
	sound := store.Sound(crm.CoreName(a))
	return sound != "" && sound == store.Sound(crm.CoreName(b))
}
