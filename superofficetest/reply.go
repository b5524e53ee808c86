package superofficetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
)

// File names a file that holds an answer as JSON, for [Server.Reply].
type File string

// Reply makes the server answer one call, such as "Contact/GetContactEntity",
// with something else than its sample:
//
//   - a value, which is marshalled; nil is null;
//   - a [File] with the answer as JSON;
//   - a func(*http.Request) (any, error), which is asked at each call and can
//     read the request's body; its error is answered as a server's failure;
//   - a [Fault], which every call of it then suffers.
//
// Requests are checked all the same. It panics for a call that the API does not
// have, a value that cannot be marshalled, a File that cannot be read, and a
// value or File with a misspelt member: one that the call's result does not
// have beside one that it has and that is missing. Other members that nobody
// knows are those of a newer server. What a function answers is not checked.
func (s *Server) Reply(call string, answer any) {
	op, known := s.operation(call)
	if !known {
		panic(fmt.Sprintf("superofficetest: Reply: there is no call %q; did you mean %q?", call, nearest(call)))
	}
	text, isText := answerText(answer)
	if !isText {
		s.replies.set(strings.ToLower(call), answer)
		return
	}
	tree, err := decodeJSON(text)
	if err != nil {
		panic("superofficetest: Reply: the answer is no JSON: " + err.Error())
	}
	if wrong := theAPI().misspelt(op.call.Result, tree, ""); wrong != "" {
		panic(fmt.Sprintf("superofficetest: Reply: %s: %s", op.name, wrong))
	}
	s.replies.set(strings.ToLower(call), constant(text))
}

// ClearReplies takes back what Reply has set.
func (s *Server) ClearReplies() { s.replies.clear() }

// answerText is the JSON of an answer, which a Fault and a function have not.
func answerText(answer any) (text []byte, ok bool) {
	var err error
	switch answer := answer.(type) {
	case Fault, func(*http.Request) (any, error):
		return nil, false
	case File:
		text, err = os.ReadFile(string(answer))
	default:
		text, err = json.Marshal(answer)
	}
	if err != nil {
		panic("superofficetest: Reply: " + err.Error())
	}
	return text, true
}

// constant answers with the same JSON each time.
func constant(text []byte) func(*http.Request) (any, error) {
	return func(*http.Request) (any, error) { return json.RawMessage(text), nil }
}

// nearest is the call that is written most like name.
func nearest(name string) string {
	best, least := "", -1
	for known, c := range theAPI().calls {
		full := c.Agent + "/" + c.Name
		if d := edits(known, strings.ToLower(name)); least < 0 || d < least || d == least && full < best {
			best, least = full, d
		}
	}
	return best
}

// replyTable holds the answers that were set, by the call in lower case.
type replyTable struct {
	mu     sync.Mutex
	byName map[string]any
}

func (t *replyTable) set(name string, answer any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = make(map[string]any)
	}
	t.byName[name] = answer
}

func (t *replyTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byName = nil
}

func (t *replyTable) has(operation string) bool { return t.of(operation) != nil }

func (t *replyTable) of(operation string) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byName[strings.ToLower(operation)]
}

// asked returns the answer that a function gives to a request.
func asked(answer func(*http.Request) (any, error), c *call) (any, *failure) {
	r := c.Request.Clone(c.Context())
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	value, err := answer(r)
	if err != nil {
		return nil, serviceFailure(http.StatusInternalServerError, "SoServerException", err.Error())
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, serviceFailure(http.StatusInternalServerError, "SoServerException", "the reply cannot be marshalled: "+err.Error())
	}
	tree, err := decodeJSON(text)
	if err != nil {
		return nil, serviceFailure(http.StatusInternalServerError, "SoServerException", "the reply is no JSON: "+err.Error())
	}
	return tree, nil
}
