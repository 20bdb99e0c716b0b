package chat

import "encoding/json"

// ModelRequest is a question to a language model. Who asks has replaced all personal data in it.
type ModelRequest struct {
	Person string      // whose budget it counts against; it is not sent
	System string      // what the model is to do
	Text   string      // what it is to do it with: data, never orders
	Tools  []ModelTool // what it may propose; nil asks for words
	Most   int         // tokens of the answer at most; 0 is 800
}

// ModelTool is an action that a model may propose.
type ModelTool struct {
	Name   string
	Doc    string
	Params json.RawMessage // JSON schema of the parameters
}

// ModelAnswer is what a model has answered. Nothing in it is to be believed.
type ModelAnswer struct {
	Text  string
	Calls []ModelCall
}

// ModelCall is an action that a model proposes.
type ModelCall struct {
	Name   string
	Params json.RawMessage // as the model wrote them: they may be no JSON at all
}
