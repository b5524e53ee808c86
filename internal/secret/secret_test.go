package secret_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/secret"
)

func TestBlotterKnowsJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain text", `"quoted\"`, "<a & b>", "lines\u2028and\u2029more<", "\x00\b\f\n\r\t\x1f\x7f", "b\xffd \U0001f511"} {
		html, err := json.Marshal(text)
		require.NoError(t, err)
		var plain bytes.Buffer
		e := json.NewEncoder(&plain)
		e.SetEscapeHTML(false)
		require.NoError(t, e.Encode(text))
		blot := secret.Blotter(text)
		assert.Equal(t, `"`+secret.Redacted+`"`, blot.Replace(string(html)))
		assert.Equal(t, `"`+secret.Redacted+"\"\n", blot.Replace(plain.String()))
	}
}
