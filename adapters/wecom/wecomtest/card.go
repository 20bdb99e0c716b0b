package wecomtest

// Card is a template card (模板卡片) as it goes over the wire in JSON, for both doors.
type Card struct {
	CardType        string       `json:"card_type"`
	Source          *CardSource  `json:"source,omitempty"`
	ActionMenu      *CardMenu    `json:"action_menu,omitempty"`
	MainTitle       *CardTitle   `json:"main_title,omitempty"`
	Quote           *CardQuote   `json:"quote_area,omitempty"`
	Emphasis        *CardTitle   `json:"emphasis_content,omitempty"`
	SubTitle        string       `json:"sub_title_text,omitempty"`
	Horizontal      []CardField  `json:"horizontal_content_list,omitempty"`
	Vertical        []CardTitle  `json:"vertical_content_list,omitempty"`
	Image           *CardImage   `json:"card_image,omitempty"`
	ImageText       *CardQuote   `json:"image_text_area,omitempty"`
	Jumps           []CardJump   `json:"jump_list,omitempty"`
	Action          *CardJump    `json:"card_action,omitempty"`
	ButtonSelection *CardSelect  `json:"button_selection,omitempty"`
	Buttons         []CardButton `json:"button_list,omitempty"`
	Checkbox        *CardSelect  `json:"checkbox,omitempty"`
	Selects         []CardSelect `json:"select_list,omitempty"`
	Submit          *CardButton  `json:"submit_button,omitempty"`
	TaskID          string       `json:"task_id,omitempty"`
	ReplaceText     string       `json:"replace_text,omitempty"` // update only: what the buttons turn into
	Feedback        *Feedback    `json:"feedback,omitempty"`     // AI bot only
}

// CardSource is the small line on top.
type CardSource struct {
	IconURL   string `json:"icon_url,omitempty"`
	Desc      string `json:"desc,omitempty"`
	DescColor int    `json:"desc_color,omitempty"`
}

// CardMenu is the menu at the upper right corner.
type CardMenu struct {
	Desc    string       `json:"desc,omitempty"`
	Actions []CardButton `json:"action_list"`
}

// CardTitle is a title with a description, wherever a card has such a pair.
type CardTitle struct {
	Title string `json:"title,omitempty"`
	Desc  string `json:"desc,omitempty"`
}

// CardQuote is the quoted block, and the picture-and-text block of news cards.
type CardQuote struct {
	Type      int    `json:"type,omitempty"`
	URL       string `json:"url,omitempty"`
	AppID     string `json:"appid,omitempty"`
	PagePath  string `json:"pagepath,omitempty"`
	Title     string `json:"title,omitempty"`
	QuoteText string `json:"quote_text,omitempty"`
	Desc      string `json:"desc,omitempty"`
	ImageURL  string `json:"image_url,omitempty"`
}

// CardField is a line of key and value; Type 0 text, 1 link, 2 file, 3 member.
type CardField struct {
	KeyName string `json:"keyname"`
	Value   string `json:"value,omitempty"`
	Type    int    `json:"type,omitempty"`
	URL     string `json:"url,omitempty"`
	MediaID string `json:"media_id,omitempty"`
	UserID  string `json:"userid,omitempty"`
}

// CardImage is the picture of a news card.
type CardImage struct {
	URL         string  `json:"url"`
	AspectRatio float64 `json:"aspect_ratio,omitempty"`
}

// CardJump is a link; Type 1 URL, 2 mini program, 3 (AI bot) a question to the bot.
type CardJump struct {
	Type     int    `json:"type,omitempty"`
	Title    string `json:"title,omitempty"`
	URL      string `json:"url,omitempty"`
	AppID    string `json:"appid,omitempty"`
	PagePath string `json:"pagepath,omitempty"`
	Question string `json:"question,omitempty"`
}

// CardSelect is a choice: drop-down, or the options of a vote.
type CardSelect struct {
	QuestionKey string       `json:"question_key"`
	Title       string       `json:"title,omitempty"`
	Mode        int          `json:"mode,omitempty"`
	SelectedID  string       `json:"selected_id,omitempty"`
	Disable     bool         `json:"disable,omitempty"`
	Options     []CardOption `json:"option_list"`
}

// CardOption is one of a choice's options.
type CardOption struct {
	ID        string `json:"id"`
	Text      string `json:"text"`
	IsChecked bool   `json:"is_checked,omitempty"`
}

// CardButton is a button or a menu line; Type 0 calls back, 1 opens URL.
type CardButton struct {
	Type  int    `json:"type,omitempty"`
	Text  string `json:"text"`
	Style int    `json:"style,omitempty"`
	Key   string `json:"key,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Feedback asks for a verdict on an AI bot's answer.
type Feedback struct {
	ID string `json:"id"`
}

// hasKey tells whether tapping key would call back, and whether it stands in the menu.
func (c *Card) hasKey(key string) (found, menu bool) {
	for _, b := range c.Buttons {
		if b.Type == 0 && b.Key == key {
			return true, false
		}
	}
	if c.Submit != nil && c.Submit.Key == key {
		return true, false
	}
	if c.ActionMenu != nil {
		for _, a := range c.ActionMenu.Actions {
			if a.Key == key {
				return true, true
			}
		}
	}
	return false, false
}

// callsBack tells whether the card has anything to tap that comes back as an event.
func (c *Card) callsBack() bool {
	return len(c.Buttons) > 0 || c.Submit != nil || c.ActionMenu != nil && len(c.ActionMenu.Actions) > 0
}
