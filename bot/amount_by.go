package bot

import (
	"fmt"
	"regexp"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// amountMoved is a change of the amount of the deal last spoken of by so much: 「再加5万」, 「少2万」, 「降了三千」.
var amountMoved = regexp.MustCompile(`^(?:金额|价格|总价)?(?:再|又|还要|还|得)?(加|涨|多|增加|提高|追加|减|降|少|便宜|优惠|让|砍)(?:了|个|掉)?\s*([0-9零一二两三四五六七八九十百千万亿半.,，]+(?:万|千|百|亿|w|W|k|K)?[零一二两三四五六七八九]?)(?:块钱?|元)?(?:吧|了)*$`)

// movedAmount adds to the amount of the deal last spoken of, or takes from it. It reports whether text said so.
func (t *turn) movedAmount(text string) (bool, error) {
	m := amountMoved.FindStringSubmatch(text)
	if m == nil || t.mind.Focus.Deal.ID == 0 {
		return false, nil
	}
	by, ok := parse.Amount(m[2])
	if !ok || by.Vague != "" || by.Yuan <= 0 {
		return false, nil
	}
	d, err := t.tx.DealByID(t.ctx, crm.DealID(t.mind.Focus.Deal.ID))
	if err != nil {
		return false, fmt.Errorf("amount by: %w", err)
	}
	yuan := float64(d.Amount) / 100
	switch m[1] {
	case "减", "降", "少", "便宜", "优惠", "让", "砍":
		yuan -= by.Yuan
	default:
		yuan += by.Yuan
	}
	if d.Amount == 0 || yuan <= 0 {
		return false, nil
	}
	call := action.Call{Name: "deal.update", Params: mustJSON(map[string]any{"deal": d.ID, "amount": yuan})}
	return true, t.run(pending{Calls: []action.Call{call}, Text: text}, 1)
}
