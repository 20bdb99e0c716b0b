package action

// KindSame is the kind of an outbox row that asks the owners of two customers known by the same name whether they are one: Subject
// is the proposal, see [store.MergeProposal].
const KindSame = "same"

// sameDaily is how many pairs of customers owners are asked about in a day who shared a name before such names were watched.
const sameDaily = 10
