package action

// KindSame is the kind of an outbox row that asks the owners of two customers known by the same name whether they are one: Subject
// is the proposal, see [store.MergeProposal].
const KindSame = "same"
