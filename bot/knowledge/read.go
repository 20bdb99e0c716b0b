package knowledge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Text decodes the bytes of a file: UTF-8 with or without a byte order mark, else GB18030.
func Text(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return string(data), nil
	}
	gb, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(gb, utf8.RuneError) {
		return "", errors.New("neither UTF-8 nor GB18030")
	}
	return string(gb), nil
}

// columns are the names under which a column is known.
var columns = map[string]string{
	"id": "id", "编号": "id", "序号": "id", "faq_id": "id",
	"question": "question", "问题": "question", "标准问题": "question", "问": "question", "标题": "question",
	"answer": "answer", "答案": "answer", "回答": "answer", "答": "answer", "内容": "answer",
	"similar": "similar", "相似问": "similar", "相似问题": "similar", "相似问法": "similar", "扩展问": "similar",
}

// ReadCSV reads a list with the columns id, question, answer and optionally similar, in any order. Several similar
// questions in a cell are parted by "|", ";", "；" or new lines. Rows without anything are passed over; a row without an
// answer or with the id of an earlier one is an error that names it.
func ReadCSV(data []byte) ([]Entry, error) {
	text, err := Text(data)
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(text, "\n")
	r := csv.NewReader(strings.NewReader(text))
	if strings.Count(first, "\t") > strings.Count(first, ",") {
		r.Comma = '\t'
	} else if strings.Count(first, ";") > strings.Count(first, ",") {
		r.Comma = ';'
	}
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; its first line names the columns id, question, answer and similar")
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range head {
		if c, ok := columns[strings.ToLower(strings.TrimSpace(name))]; ok {
			if _, twice := at[c]; !twice {
				at[c] = i
			}
		}
	}
	for _, need := range []string{"id", "question", "answer"} {
		if _, ok := at[need]; !ok {
			return nil, fmt.Errorf("line 1 names no column %s; it needs id, question, answer and may have similar", need)
		}
	}
	return rows(r, at)
}

func rows(r *csv.Reader, at map[string]int) ([]Entry, error) {
	var out []Entry
	seen := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		cell := func(c string) string {
			if i, ok := at[c]; ok && i < len(row) {
				return strings.Clone(strings.TrimSpace(row[i]))
			}
			return ""
		}
		e := Entry{ID: cell("id"), Question: cell("question"), Answer: cell("answer"), Similar: Similar(cell("similar"))}
		line, _ := r.FieldPos(0)
		switch {
		case e.ID == "" && e.Question == "" && e.Answer == "":
			continue
		case e.ID == "":
			return nil, fmt.Errorf("line %d has no id", line)
		case e.Answer == "":
			return nil, fmt.Errorf("line %d (%s) has no answer", line, e.ID)
		case seen[e.ID] > 0:
			return nil, fmt.Errorf("line %d has the id of line %d: %s", line, seen[e.ID], e.ID)
		}
		seen[e.ID] = line
		out = append(out, e)
	}
}

// Similar parts the questions of a cell.
func Similar(cell string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("|｜;；\n\r", r) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// maxPassage is how long a passage of a document may be, in characters; what is longer is parted at sentences.
const maxPassage = 400

// ReadDocument parts a document, in Markdown or plain, into passages. A heading with one passage below it is that one's
// question; of several passages it is what they have in common, and their sentences are what they answer.
func ReadDocument(data []byte) ([]Entry, error) {
	text, err := Text(data)
	if err != nil {
		return nil, err
	}
	var out []Entry
	var heads [7]string
	var body []string
	var section []int // of each passage
	sections := 0
	flush := func() {
		whole := strings.TrimSpace(strings.Join(body, "\n"))
		body = body[:0]
		if whole == "" {
			return
		}
		title := ""
		for _, h := range heads {
			if h != "" {
				title = h // the nearest one
			}
		}
		for _, p := range passages(whole) {
			out = append(out, Entry{ID: strconv.Itoa(len(out) + 1), Similar: Similar(title), Answer: p})
			section = append(section, sections)
		}
	}
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n \t")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if level, title := heading(line); level > 0 && !fenced {
			flush()
			sections++
			heads[level] = title
			clear(heads[level+1:])
			continue
		}
		if strings.TrimSpace(line) == "" {
			flush()
			continue
		}
		body = append(body, line)
	}
	flush()
	for i := range out {
		alone := (i == 0 || section[i-1] != section[i]) && (i+1 == len(out) || section[i+1] != section[i])
		if alone && len(out[i].Similar) > 0 {
			out[i].Question, out[i].Similar = out[i].Similar[0], nil
		}
	}
	return out, nil
}

// heading reads # 标题; level 0 is none.
func heading(line string) (level int, title string) {
	for level < len(line) && line[level] == '#' {
		level++
	}
	if level == 0 || level > 6 || level == len(line) || line[level] != ' ' {
		return 0, ""
	}
	return level, strings.TrimSpace(strings.TrimRight(line[level:], "# "))
}

// passages parts a long paragraph at the ends of sentences.
func passages(text string) []string {
	runes := []rune(text)
	var out []string
	for len(runes) > maxPassage {
		cut := maxPassage
		for i := maxPassage; i > maxPassage/2; i-- {
			if strings.ContainsRune("。！？!?；;\n", runes[i-1]) {
				cut = i
				break
			}
		}
		out = append(out, strings.TrimSpace(string(runes[:cut])))
		runes = runes[cut:]
	}
	if rest := strings.TrimSpace(string(runes)); rest != "" {
		out = append(out, rest)
	}
	return out
}
