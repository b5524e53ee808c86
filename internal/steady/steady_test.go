package steady_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"

	"github.com/superoffice-go/superoffice/internal/steady"
)

// idle gives nothing a number of times, and then what is behind it.
type idle struct {
	times int
	io.Reader
}

func (i *idle) Read(p []byte) (int, error) {
	if i.times--; i.times >= 0 {
		return 0, nil
	}
	return i.Reader.Read(p)
}

func TestAReaderThatGivesNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	got, err := io.ReadAll(steady.Reader(&idle{1 << 30, strings.NewReader("x")}))
	assert.ErrorIs(t, err, io.ErrNoProgress)
	assert.Empty(t, got)
	got, err = io.ReadAll(steady.Reader(&idle{99, strings.NewReader("text")}))
	assert.NoError(t, err)
	assert.Equal(t, "text", string(got))
	_, err = io.ReadAll(steady.Reader(iotest.ErrReader(io.ErrUnexpectedEOF)))
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)

	r := steady.Reader(&idle{1 << 30, nil})
	for range 1000 {
		_, err = r.Read(nil)
		assert.NoError(t, err, "nothing was asked for")
	}
}

func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	var from closed
	body := steady.Body(&from)
	_, err := io.ReadAll(body)
	assert.ErrorIs(t, err, io.ErrNoProgress)
	assert.NoError(t, body.Close())
	assert.True(t, bool(from))
}

// closed gives nothing, and remembers that it was closed.
type closed bool

func (*closed) Read([]byte) (int, error) { return 0, nil }
func (c *closed) Close() error           { *c = true; return nil }

func TestWhatComesBeginsTheCountAnew(t *testing.T) {
	t.Parallel()
	var reads steady.Reads
	for range 1000 {
		for range 99 {
			assert.NoError(t, reads.Check(0, nil))
		}
		assert.NoError(t, reads.Check(1, nil))
	}
}
