package wecomtest

import (
	"strings"
	"unicode/utf8"
)

// content is the part of a message that its msgtype names.
type content struct {
	Text     *textBody    `json:"text"`
	Markdown *textBody    `json:"markdown"`
	Image    *mediaBody   `json:"image"`
	Voice    *mediaBody   `json:"voice"`
	Video    *mediaBody   `json:"video"`
	File     *mediaBody   `json:"file"`
	TextCard *textCard    `json:"textcard"`
	News     *newsBody    `json:"news"`
	MPNews   *newsBody    `json:"mpnews"`
	Mini     *miniProgram `json:"miniprogram_notice"`
	Card     *Card        `json:"template_card"`
}

type textBody struct {
	Content string `json:"content"`
}

type mediaBody struct {
	MediaID     string `json:"media_id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type textCard struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	BtnTxt      string `json:"btntxt"`
}

type newsBody struct {
	Articles []article `json:"articles"`
}

type article struct {
	Title        string `json:"title"`
	Description  string `json:"description"`
	URL          string `json:"url"`
	PicURL       string `json:"picurl"`
	AppID        string `json:"appid"`
	ThumbMediaID string `json:"thumb_media_id"`
	Content      string `json:"content"`
	Digest       string `json:"digest"`
}

type miniProgram struct {
	AppID string      `json:"appid"`
	Page  string      `json:"page"`
	Title string      `json:"title"`
	Desc  string      `json:"description"`
	Items []CardTitle `json:"content_item"`
}

// bubble checks a message of an app and draws it; most is the byte limit of text and markdown.
func (s *Server) bubble(kind string, c *content, most int) (*Bubble, *apiError) {
	b := &Bubble{Kind: kind}
	missing := func() (*Bubble, *apiError) { return nil, fail(40058, "missing field `%s`", kind) }
	switch kind {
	case "text", "markdown":
		body := c.Text
		if kind == "markdown" {
			body = c.Markdown
		}
		if body == nil {
			return missing()
		}
		if strings.TrimSpace(body.Content) == "" {
			return nil, fail(44004, "text content is empty")
		}
		if !utf8.ValidString(body.Content) {
			return nil, fail(40033, "invalid characters")
		}
		if len(body.Content) > most {
			return nil, fail(45002, "content size out of limit")
		}
		b.Text = body.Content
	case "image", "voice", "video", "file":
		body := map[string]*mediaBody{"image": c.Image, "voice": c.Voice, "video": c.Video, "file": c.File}[kind]
		if body == nil {
			return missing()
		}
		if len(body.Title) > 128 || len(body.Description) > 512 {
			return nil, fail(45002, "title or description size out of limit")
		}
		f, err := s.media.ref(body.MediaID, kind, s.Now())
		if err != nil {
			return nil, err
		}
		b.File, b.Title, b.Text = f, body.Title, body.Description
	case "textcard":
		t := c.TextCard
		if t == nil || t.Title == "" || t.Description == "" || t.URL == "" {
			return nil, fail(40058, "textcard needs title, description and url")
		}
		if runes(t.Title) > 128 || runes(t.Description) > 512 || len(t.URL) > 2048 || runes(t.BtnTxt) > 4 {
			return nil, fail(45002, "textcard size out of limit")
		}
		b.Title, b.Text, b.URL = t.Title, t.Description, t.URL
	case "news", "mpnews":
		body := c.News
		if kind == "mpnews" {
			body = c.MPNews
		}
		if body == nil {
			return missing()
		}
		if len(body.Articles) < 1 || len(body.Articles) > 8 {
			return nil, fail(45008, "articles must be 1 to 8")
		}
		return s.articles(b, body.Articles)
	case "miniprogram_notice":
		m := c.Mini
		if m == nil || m.AppID == "" {
			return missing()
		}
		if n := runes(m.Title); n < 4 || n > 12 || len(m.Items) > 10 {
			return nil, fail(45002, "miniprogram_notice: title of 4 to 12 characters, at most 10 items")
		}
		b.Title, b.Text = m.Title, m.Desc
	case "template_card":
		if c.Card == nil {
			return missing()
		}
		if err := c.Card.check(); err != nil {
			return nil, err
		}
		b.Card = c.Card
	default:
		return nil, fail(40008, "invalid message type")
	}
	return b, nil
}

func (s *Server) articles(b *Bubble, list []article) (*Bubble, *apiError) {
	var lines []string
	for _, a := range list {
		if a.Title == "" || b.Kind == "news" && a.URL == "" && a.AppID == "" {
			return nil, fail(40058, "article needs title and url")
		}
		if len(a.Title) > 128 || len(a.Description) > 512 || len(a.Digest) > 512 || len(a.Content) > 666<<10 {
			return nil, fail(45002, "article size out of limit")
		}
		if b.Kind == "mpnews" {
			if _, err := s.media.ref(a.ThumbMediaID, "image", s.Now()); err != nil {
				return nil, err
			}
		}
		lines = append(lines, a.Title, a.Description+a.Digest, a.URL)
	}
	b.Title, b.URL = list[0].Title, list[0].URL
	b.Text = strings.Join(lines, "\n")
	return b, nil
}

func runes(s string) int { return utf8.RuneCountInString(s) }
