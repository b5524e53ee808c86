package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-go/superoffice"
)

// fileSize is the largest document that the vendor takes: 94.4 MB.
const fileSize = 94_400_000

// mostFileMemory is how much more memory than before a file may take on its
// way, the server's own included, which is in the same process.
const mostFileMemory = 16 << 20

// zeros is a file of any size, which takes no memory of its own and can go
// back.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { return len(p), nil }

func file() *io.SectionReader { return io.NewSectionReader(zeros{}, 0, fileSize) }

// fileServer sends and takes the file: as bytes or, if JSON is asked for, as
// base64 text.
func fileServer(tb testing.TB) string {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		switch {
		case err != nil || strings.HasSuffix(r.URL.Path, "SetDocumentStreamFromId") && n < int64(base64.StdEncoding.EncodedLen(fileSize)):
			http.Error(w, "the file is not whole", http.StatusBadRequest)
		case strings.HasSuffix(r.URL.Path, "SetDocumentStreamFromId"):
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"DocumentId":7}`)
		case r.Header.Get("Accept") == "application/json":
			w.Header().Set("Content-Type", "application/json")
			writeBase64(w)
		default:
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.Copy(w, file())
		}
	}))
	tb.Cleanup(server.Close)
	return server.URL
}

// writeBase64 writes the file as a JSON string, without the work of encoding it.
func writeBase64(w io.Writer) {
	const piece = 24 << 10
	text := base64.StdEncoding.EncodeToString(make([]byte, piece))
	_, _ = io.WriteString(w, `"`)
	for range fileSize / piece {
		_, _ = io.WriteString(w, text)
	}
	_, _ = io.WriteString(w, base64.StdEncoding.EncodeToString(make([]byte, fileSize%piece))+`"`)
}

// errNotWhole is a file that is not as long as it should be.
var errNotWhole = errors.New("the file is not whole")

func download(ctx context.Context, client *superoffice.Client, accept superoffice.ContentType) error {
	stream, err := client.Document.GetDocumentStream(ctx, 7, superoffice.WithAccept(accept))
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, stream)
	if err == nil && n != fileSize {
		err = errNotWhole
	}
	return errors.Join(err, stream.Close())
}

func upload(ctx context.Context, client *superoffice.Client, from io.Reader) error {
	_, err := client.Document.SetDocumentStreamFromID(ctx, 7, from)
	return err
}

// transfers are the ways of a file, by name.
func transfers(client *superoffice.Client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"down": func(ctx context.Context) error { return download(ctx, client, "application/octet-stream") },
		"down as base64": func(ctx context.Context) error {
			return download(ctx, client, superoffice.ContentTypeJSON)
		},
		"up": func(ctx context.Context) error { return upload(ctx, client, file()) },
		"up of unknown length": func(ctx context.Context) error {
			return upload(ctx, client, struct{ io.Reader }{file()})
		},
	}
}

// peak runs work and returns how much more memory was in use meanwhile, heap
// and stacks, than before.
func peak(work func()) int64 {
	inUse := func() int64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapInuse + stats.StackInuse)
	}
	runtime.GC()
	before := inUse()
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		highest := before
		for ticker := time.NewTicker(time.Millisecond); ; {
			select {
			case <-ticker.C:
				highest = max(highest, inUse())
			case <-stop:
				ticker.Stop()
				most <- highest - before
				return
			}
		}
	}()
	work()
	close(stop)
	return <-most
}

func newFileClient(tb testing.TB) *superoffice.Client {
	tb.Helper()
	client, err := superoffice.NewClient(fileServer(tb), superoffice.WithAuth(superoffice.BasicAuth(user, password)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// TestFileMemory holds the largest file to a small piece of memory.
func TestFileMemory(t *testing.T) {
	for name, transfer := range transfers(newFileClient(t)) {
		extra := peak(func() {
			if err := transfer(t.Context()); err != nil {
				t.Error(name, err)
			}
		})
		t.Logf("%s: %.1f MB on the way of %.1f MB", name, float64(extra)/1e6, fileSize/1e6)
		if extra > mostFileMemory && !raceEnabled {
			t.Errorf("%s took %d bytes of memory, more than %d", name, extra, mostFileMemory)
		}
	}
}

// BenchmarkFile moves the largest file.
func BenchmarkFile(b *testing.B) {
	for name, transfer := range transfers(newFileClient(b)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(fileSize)
			var extra int64
			for b.Loop() {
				extra = max(extra, peak(func() {
					if err := transfer(b.Context()); err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(float64(extra)/1e6, "peak-MB")
		})
	}
}
