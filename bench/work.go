package bench

import (
	"errors"
	"time"
)

// The request of the work.
const (
	agentPath = "/api/v1/Agents/User/GetExternalTokens"
	key       = "quos"
	user      = "bench"
	password  = "in the open"

	requestBody = `{"Key":"quos"}`
	// Authorization is the credential that the server takes.
	Authorization = "Basic YmVuY2g6aW4gdGhlIG9wZW4="
)

// limit bounds one call in every peer.
const limit = time.Minute

// Sample is the answer that the vendor documents.
const Sample = `{"Provider":"nesciunt","AccessToken":"quidem","RefreshToken":"perferendis",` +
	`"TableRight":{"Mask":"Delete","Reason":""},` +
	`"FieldProperties":{"fieldName":{"FieldRight":{"Mask":"FULL","Reason":""},"FieldType":"System.Int32","FieldLength":721}}}`

// tokens is the answer as those who write their calls by hand would type it.
type tokens struct {
	Provider        string
	AccessToken     string
	RefreshToken    string
	Claims          string
	TableRight      *right
	FieldProperties map[string]field
}

type right struct {
	Mask   string
	Reason string
}

type field struct {
	FieldRight  *right
	FieldType   string
	FieldLength int
}

// errOtherAnswer is an answer that was not decoded into what the server sent.
var errOtherAnswer = errors.New("the answer is not the documented sample")

// check looks at a value at each depth of the answer.
func (t *tokens) check() error {
	if t.Provider == "nesciunt" && t.TableRight != nil && t.TableRight.Mask == "Delete" && t.FieldProperties["fieldName"].FieldLength == 721 {
		return nil
	}
	return errOtherAnswer
}
