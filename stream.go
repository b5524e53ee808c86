package superoffice

import (
	"bytes"
	"context"
	"io"
)

// Stream is a file that the server sends.
type Stream struct{ io.ReadCloser }

// stream makes an agent's call whose result is a file.
func stream(ctx context.Context, a *agent, op *operation, in any, opts []CallOption) (*Stream, error) {
	body, err := value[[]byte](ctx, a, op, in, opts)
	if err != nil {
		return nil, err
	}
	return &Stream{io.NopCloser(bytes.NewReader(body))}, nil
}
