package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"go.uber.org/zap"

	"gendan/crm"
)

// coupon is a coupon's page: what it gives, its code to read out, and the same as a QR code to scan.
type coupon struct {
	sheet
	Name   string   `json:"title"`
	Says   string   `json:"says"`
	Limits []string `json:"limits"`
	State  string   `json:"state"`
	Until  string   `json:"until"`
	Ended  string   `json:"ended"`
	Code   string   `json:"code"`
	Gift   string   `json:"gift"`
	QR     string   // the dark modules as a path of SVG; "" leaves it out
	Size   int      // modules in a row
}

const couponGone = "链接不对，或券已经收回了。需要帮助请联系我们的客服。"

// couponPage only shows: what is used up is used up by the shop.
func (d *Door) couponPage(w http.ResponseWriter, r *http.Request) {
	code, err := crm.ReadCouponCode(r.PathValue("token"))
	if err != nil {
		d.gone(w, err, couponGone)
		return
	}
	out, err := d.serve(r.Context(), "coupon.open", map[string]any{"code": code, "seen": person(r)}, "")
	if err != nil {
		d.gone(w, err, couponGone)
		return
	}
	v := coupon{sheet: d.sheet("优惠券")}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.gone(w, crm.ErrNotFound, couponGone)
		return
	}
	if v.State == string(crm.CouponIssued) {
		if v.QR, v.Size, err = qrPath(code); err != nil {
			d.c.Log.Error("qr code", zap.Error(err)) // the code itself can still be read out
		}
	}
	d.render(w, http.StatusOK, "coupon", v)
}

// qrPath draws text as a QR code: the runs of dark modules of each row, and how many modules a row has, with the quiet zone.
func qrPath(text string) (path string, size int, err error) {
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 0, 0, map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_MARGIN: 4, gozxing.EncodeHintType_ERROR_CORRECTION: "M"})
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for y := range m.GetHeight() {
		for x := 0; x < m.GetWidth(); x++ {
			from := x
			for x < m.GetWidth() && m.Get(x, y) {
				x++
			}
			if x > from {
				b.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(x-from) + "v1h-" + strconv.Itoa(x-from) + "z")
			}
		}
	}
	return b.String(), m.GetWidth(), nil
}
