package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"gendan/crm"
)

// survey is a survey's page: a question and its scores; after the tap, room for a word.
type survey struct {
	sheet
	Metric   string `json:"metric"`   // csat, nps
	Answered bool   `json:"answered"` // the score is in
	Score    int    `json:"score"`
	Worded   bool   `json:"worded"`  // and so is a word
	Expired  bool   `json:"expired"` // nobody may answer any more
	Scores   []int
	Just     bool // this very request gave the score
}

func (v *survey) fill() {
	v.Scores = crm.SurveyScores(v.Metric)
}

const surveyGone = "链接不对或已经过期，谢谢您的关注。"

// showSurvey only shows: mail programs open links by themselves, and that must not count as an answer.
func (d *Door) showSurvey(w http.ResponseWriter, r *http.Request) {
	out, err := d.serve(r.Context(), "survey.open", map[string]string{"link": linkHash(r.PathValue("token"))}, "")
	if err != nil {
		d.gone(w, err, surveyGone)
		return
	}
	v := survey{sheet: d.sheet("服务评价")}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.gone(w, crm.ErrNotFound, surveyGone)
		return
	}
	d.showAnswered(w, http.StatusOK, v)
}

func (d *Door) showAnswered(w http.ResponseWriter, status int, v survey) {
	v.fill()
	if v.Expired && !v.Answered {
		d.notice(w, http.StatusGone, "已经结束", surveyGone)
		return
	}
	d.render(w, status, "survey", v)
}

// takeSurvey takes a tapped score, and afterwards a word. What was answered stays answered.
func (d *Door) takeSurvey(w http.ResponseWriter, r *http.Request) {
	params := map[string]any{"link": linkHash(r.PathValue("token")), "via": "link"}
	if said := r.PostForm.Get("score"); said != "" {
		score, err := strconv.Atoi(said)
		if err != nil || score < 0 || score > 10 {
			d.notice(w, http.StatusUnprocessableEntity, "没有提交", "请返回点一个分数。")
			return
		}
		params["score"] = score
	}
	words := strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.PostForm.Get("words"), "\x00", ""), ""))
	if utf8.RuneCountInString(words) > mostRemark {
		words = string([]rune(words)[:mostRemark])
	}
	params["words"] = words
	out, err := d.serve(r.Context(), "survey.answer", params, "")
	if err != nil {
		d.gone(w, err, surveyGone)
		return
	}
	v := survey{sheet: d.sheet("服务评价")}
	if out.Ask != nil || len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.notice(w, http.StatusUnprocessableEntity, "没有提交", "请返回点一个分数。")
		return
	}
	v.Just = true
	d.showAnswered(w, http.StatusOK, v)
}
