package wecomtest

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var taskIDShape = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`)

// check finds the first fault that the platform refuses a card for, by the official error table. Lengths
// of visible texts are advice (longer ones are cut on the screen, see [Card.Overlong]) and no error.
func (c *Card) check() *apiError {
	title := c.MainTitle != nil && c.MainTitle.Title != ""
	needsTask := c.ActionMenu != nil
	switch c.CardType {
	case "text_notice":
		if !title && c.SubTitle == "" {
			return fail(42033, "main_title.title or sub_title_text missing")
		}
	case "news_notice":
		if !title {
			return fail(42033, "main_title.title missing")
		}
		if c.Image == nil && c.ImageText == nil || c.Image != nil && c.Image.URL == "" {
			return fail(42044, "card_image.url missing")
		}
		if c.Image != nil && c.Image.AspectRatio != 0 && (c.Image.AspectRatio < 1.3 || c.Image.AspectRatio > 2.25) {
			return fail(40058, "card_image.aspect_ratio out of 1.3..2.25")
		}
	case "button_interaction":
		needsTask = true
		if !title {
			return fail(42033, "main_title.title missing")
		}
	case "vote_interaction", "multiple_interaction":
		needsTask = true
		if !title {
			return fail(42033, "main_title.title missing")
		}
		if c.Submit == nil || c.Submit.Text == "" {
			return fail(42049, "submit_button.text missing")
		}
		if c.Submit.Key == "" || len(c.Submit.Key) > 1024 {
			return fail(42046, "submit_button.key missing or too long")
		}
	default:
		return fail(42031, "invalid card_type")
	}
	if needsTask && c.TaskID == "" || c.TaskID != "" && !taskIDShape.MatchString(c.TaskID) {
		return fail(42014, "invalid task_id")
	}
	if strings.HasSuffix(c.CardType, "_notice") {
		if err := c.Action.checkAction(); err != nil {
			return err
		}
	}
	for _, err := range []*apiError{c.checkLists(), c.checkButtons(), c.checkChoices()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *CardJump) checkAction() *apiError {
	if a == nil || a.Type != 1 && a.Type != 2 {
		return fail(42045, "card_action missing or invalid")
	}
	if a.Type == 1 && a.URL == "" {
		return fail(42028, "card_action.url missing")
	}
	if a.Type == 2 && a.AppID == "" {
		return fail(42030, "card_action.appid missing")
	}
	return nil
}

func (c *Card) checkLists() *apiError {
	if len(c.Horizontal) > 6 {
		return fail(42035, "horizontal_content_list longer than 6")
	}
	for _, h := range c.Horizontal {
		switch {
		case h.KeyName == "":
			return fail(42027, "horizontal_content_list.keyname missing")
		case h.Type == 1 && h.URL == "":
			return fail(42028, "horizontal_content_list.url missing")
		case h.Type == 2 && h.MediaID == "":
			return fail(42029, "horizontal_content_list.media_id missing")
		}
	}
	if len(c.Vertical) > 4 {
		return fail(42036, "vertical_content_list longer than 4")
	}
	if len(c.Jumps) > 3 {
		return fail(42042, "jump_list longer than 3")
	}
	for _, j := range c.Jumps {
		switch {
		case j.Type == 1 && j.URL == "":
			return fail(42028, "jump_list.url missing")
		case j.Type == 2 && j.AppID == "":
			return fail(42030, "jump_list.appid missing")
		case j.Type == 3 && (j.Question == "" || len(j.Question) > 200):
			return fail(40058, "jump_list.question missing or longer than 200 bytes")
		}
	}
	return nil
}

func (c *Card) checkButtons() *apiError {
	if c.CardType == "button_interaction" && (len(c.Buttons) < 1 || len(c.Buttons) > 6) {
		return fail(42017, "button_list must have 1 to 6 buttons")
	}
	for _, b := range c.Buttons {
		switch {
		case b.Text == "":
			return fail(42038, "button_list.text missing")
		case b.Type == 1 && b.URL == "":
			return fail(42028, "button_list.url missing")
		case b.Type == 0 && b.Key == "":
			return fail(42039, "button_list.key missing")
		case len(b.Key) > 1024:
			return fail(42018, "button_list.key longer than 1024 bytes")
		}
	}
	if c.ActionMenu != nil {
		if n := len(c.ActionMenu.Actions); n < 1 || n > 3 {
			return fail(40058, "action_menu.action_list must have 1 to 3 lines")
		}
		for _, a := range c.ActionMenu.Actions {
			if a.Text == "" {
				return fail(42038, "action_list.text missing")
			}
			if a.Key == "" || len(a.Key) > 1024 {
				return fail(42039, "action_list.key missing or too long")
			}
		}
	}
	return nil
}

func (c *Card) checkChoices() *apiError {
	if c.ButtonSelection != nil {
		if err := c.ButtonSelection.check(10, 42037); err != nil {
			return err
		}
	}
	if c.CardType == "vote_interaction" {
		if c.Checkbox == nil {
			return fail(42037, "checkbox missing")
		}
		if err := c.Checkbox.check(20, 42037); err != nil {
			return err
		}
	}
	if c.CardType == "multiple_interaction" {
		if len(c.Selects) < 1 || len(c.Selects) > 3 {
			return fail(42047, "select_list must have 1 to 3 choices")
		}
		for i := range c.Selects {
			if err := c.Selects[i].check(10, 42037); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *CardSelect) check(most, code int) *apiError {
	if q.QuestionKey == "" || len(q.QuestionKey) > 1024 {
		return fail(42043, "question_key missing or too long")
	}
	if len(q.Options) < 1 || len(q.Options) > most {
		return fail(code, "option_list must have 1 to %d options", most)
	}
	for _, o := range q.Options {
		if o.ID == "" || len(o.ID) > 128 {
			return fail(42040, "option_list.id missing or too long")
		}
		if o.Text == "" {
			return fail(42041, "option_list.text missing")
		}
	}
	return nil
}

// Overlong lists the texts that the screen would cut, as "main_title.title 40>36" (characters), by the
// advice for the door.
func (c *Card) Overlong(door string) (cut []string) {
	bot := door == DoorBot
	pick := func(app, aibot int) int {
		if bot {
			return aibot
		}
		return app
	}
	look := func(name, text string, most int) {
		if n := utf8.RuneCountInString(text); n > most {
			cut = append(cut, fmt.Sprintf("%s %d>%d", name, n, most))
		}
	}
	if c.Source != nil {
		look("source.desc", c.Source.Desc, pick(20, 13))
	}
	if c.MainTitle != nil {
		title, desc := pick(36, 26), pick(44, 30)
		if c.CardType == "vote_interaction" && !bot {
			title, desc = 16, 160
		}
		look("main_title.title", c.MainTitle.Title, title)
		look("main_title.desc", c.MainTitle.Desc, desc)
	}
	if c.Emphasis != nil {
		look("emphasis_content.title", c.Emphasis.Title, pick(14, 10))
		look("emphasis_content.desc", c.Emphasis.Desc, pick(22, 15))
	}
	look("sub_title_text", c.SubTitle, pick(160, 112))
	for _, h := range c.Horizontal {
		look("horizontal_content_list.keyname", h.KeyName, 5)
		look("horizontal_content_list.value", h.Value, pick(30, 26))
	}
	for _, v := range c.Vertical {
		look("vertical_content_list.title", v.Title, pick(38, 26))
		look("vertical_content_list.desc", v.Desc, pick(160, 112))
	}
	for _, j := range c.Jumps {
		look("jump_list.title", j.Title, 13)
	}
	for _, b := range c.Buttons {
		look("button_list.text", b.Text, 10)
	}
	return cut
}
