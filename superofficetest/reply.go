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

// File names a file that holds an answer as JSON, for Server.Reply.
type File string

// Reply makes the server answer one call, such as "Contact/GetContactEntity",
// with something else than its sample:
//
//   - a value, which is marshalled; nil is null;
//   - a File with the answer as JSON;
//   - a func(*http.Request) (any, error), which is asked at each call and can
//     read the request's body; its error is answered as a server's failure;
//   - a Fault, which every call of it then suffers.
//
// Requests are checked all the same. It panics for a call that the API does not
// have, a value that cannot be marshalled and a File that cannot be read.
func (s *Server) Reply(call string, answer any) {
	if _, known := s.operation(call); !known {
		panic(fmt.Sprintf("superofficetest: Reply: there is no call %q; did you mean %q?", call, nearest(call)))
	}
	s.replies.set(strings.ToLower(call), answerFunc(answer))
}

// ClearReplies takes back what Reply has set.
func (s *Server) ClearReplies() { s.replies.clear() }

// answerFunc turns what Reply takes into a function. A Fault stays one.
func answerFunc(answer any) any {
	switch answer := answer.(type) {
	case Fault, func(*http.Request) (any, error):
		return answer
	case File:
		text, err := os.ReadFile(string(answer))
		if err != nil {
			panic("superofficetest: Reply: " + err.Error())
		}
		return constant(text)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic("superofficetest: Reply: " + err.Error())
	}
	return constant(text)
}

// constant answers with the same JSON each time.
func constant(text []byte) func(*http.Request) (any, error) {
	if _, err := decodeJSON(text); err != nil {
		panic("superofficetest: Reply: the answer is no JSON: " + err.Error())
	}
	return func(*http.Request) (any, error) { return json.RawMessage(text), nil }
}

// nearest is the call that is written most like name.
func nearest(name string) string {
	best, least := "", -1
	for known, c := range theAPI().calls {
		full := c.Agent + "/" + c.Name
		if d := distance(known, strings.ToLower(name)); least < 0 || d < least || d == least && full < best {
			best, least = full, d
		}
	}
	return best
}

// distance counts the letters that one of two words has and the other lacks.
func distance(a, b string) (n int) {
	var counts [256]int
	for i := range len(a) {
		counts[a[i]]++
	}
	for i := range len(b) {
		counts[b[i]]--
	}
	for _, c := range counts {
		n += max(c, -c)
	}
	return n
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
