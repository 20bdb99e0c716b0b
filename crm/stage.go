package crm

import (
	"slices"
	"strings"
)

// The states of a deal.
const (
	DealOpen = "open"
	DealWon  = "won"
	DealLost = "lost"
)

// The names people use for the two ends of the pipeline.
const (
	StageWon  = "赢单"
	StageLost = "输单"
)

// Pipeline (销售管道) is the list of stages an open deal goes through, first to last.
type Pipeline []string

// DefaultPipeline is used where no industry pack says otherwise.
var DefaultPipeline = Pipeline{"初步接触", "需求分析", "方案报价", "商务谈判", "合同签订"}

// First is where a new deal stands.
func (p Pipeline) First() string { return p[0] }

// Find gives the stage that said means: its own name, or a part of exactly one name. It refuses with
// ErrInvalid, listing the stages.
func (p Pipeline) Find(said string) (string, error) {
	folded := Fold(said)
	for _, stage := range append(slices.Clone(p), StageWon, StageLost) {
		if Fold(stage) == folded {
			return stage, nil
		}
	}
	var hits []string
	if runeCount(folded) >= 2 {
		for _, stage := range p {
			if strings.Contains(Fold(stage), folded) {
				hits = append(hits, stage)
			}
		}
	}
	if len(hits) == 1 {
		return hits[0], nil
	}
	return "", Refuse(ErrInvalid, "没有「%s」这个阶段，可选：%s。", said, strings.Join(p, "、"))
}

// Probability is how likely a deal in the stage is won, as long as nobody said better: evenly spread
// over the pipeline, between 10% and 90%.
func (p Pipeline) Probability(stage string) float64 {
	switch stage {
	case StageWon:
		return 1
	case StageLost:
		return 0
	}
	i := slices.Index(p, stage)
	if i < 0 || len(p) < 2 {
		return 0.1
	}
	percent := 10 + 80*i/(len(p)-1)
	return float64(percent) / 100
}
