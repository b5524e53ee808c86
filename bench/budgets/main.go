// Command budgets measures what the size of the API costs a program that uses
// a little of it, and prints it beside what it may cost, as Markdown:
//
//	go -C bench run ./budgets
//
// It builds in a cache of its own, so it takes a minute or two.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/bench"
	"github.com/superoffice-go/superoffice/rest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "budgets:", err)
		os.Exit(1)
	}
}

// row is one measure and its budget.
type row struct{ what, measured, most string }

func run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "budgets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var rows []row
	for _, measure := range []func(context.Context, string) (row, error){compile, compileREST, size, newClient, overhead, decode, archiveSize, decodeRows, restSize, restOverhead} {
		r, err := measure(ctx, folder)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	fmt.Fprint(out, "| | measured | budget |\n|---|--:|--:|\n")
	for _, r := range rows {
		fmt.Fprintf(out, "| %s | %s | %s |\n", r.what, r.measured, r.most)
	}
	return nil
}

const module = "github.com/superoffice-go/superoffice"

// command runs go and returns what it prints.
func command(ctx context.Context, cache string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	text, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(text), err
}

// compile times the root package with nothing of it in the cache, and all that
// it imports.
func compile(ctx context.Context, folder string) (row, error) {
	cache := filepath.Join(folder, "cache")
	deps, err := command(ctx, "", "list", "-deps", "-f", "{{if ne .ImportPath \""+module+"\"}}{{.ImportPath}}{{end}}", module)
	if err != nil {
		return row{}, err
	}
	if _, err := command(ctx, cache, append([]string{"build"}, strings.Fields(deps)...)...); err != nil {
		return row{}, err
	}
	began := time.Now()
	_, err = command(ctx, cache, "build", module)
	return row{"cold compile of the package, its imports compiled", fmt.Sprintf("%.1f s", time.Since(began).Seconds()), "6 s"}, err
}

// compileREST counts the processor's time for package rest, with all that it
// imports compiled.
func compileREST(ctx context.Context, folder string) (row, error) {
	cache := filepath.Join(folder, "cache") // where compile has left the root package
	deps, err := command(ctx, "", "list", "-deps", "-f", "{{if ne .ImportPath \""+module+"/rest\"}}{{.ImportPath}}{{end}}", module+"/rest")
	if err != nil {
		return row{}, err
	}
	if _, err := command(ctx, cache, append([]string{"build"}, strings.Fields(deps)...)...); err != nil {
		return row{}, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", module+"/rest")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOCACHE="+cache)
	if err := cmd.Run(); err != nil {
		return row{}, err
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return row{"cold compile of package rest, its imports compiled, processor time", fmt.Sprintf("%.1f s", took.Seconds()), "2 s"}, nil
}

// The programs whose sizes are compared: one makes a call with net/http alone,
// the other with one agent; the others make a call of an entity, and read rows.
const (
	bare = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	response, err := http.Post(os.Args[1], "application/json", strings.NewReader("{}"))
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	contact, err := io.ReadAll(response.Body)
	fmt.Println(string(contact), err)
}
`
	agent = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/superoffice-go/superoffice"
)

func main() {
	client, err := superoffice.NewClient(os.Args[1], superoffice.WithAuth(superoffice.TicketAuth(os.Args[2])))
	if err != nil {
		panic(err)
	}
	contact, err := client.Contact.GetContactEntity(context.Background(), 5)
	fmt.Println(contact, err)
}
`
	entity = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
)

func main() {
	client, err := superoffice.NewClient(os.Args[1], superoffice.WithAuth(superoffice.TicketAuth(os.Args[2])))
	if err != nil {
		panic(err)
	}
	contact, err := rest.New(client).Contact.Get(context.Background(), 5)
	fmt.Println(contact, err)
}
`
	list = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

type company struct {
	ID   int    ` + "`so:\"contactId,key\"`" + `
	Name string ` + "`so:\"name\"`" + `
}

func main() {
	client, err := superoffice.NewClient(os.Args[1], superoffice.WithAuth(superoffice.TicketAuth(os.Args[2])))
	if err != nil {
		panic(err)
	}
	for row, err := range archive.From[company](client, archive.FindContact).Where(archive.Text("name").Begins("A")).All(context.Background()) {
		fmt.Println(row, err)
	}
}
`
)

// mostBytes is how much larger a program with one agent may be.
const mostBytes = 1_500_000

func size(ctx context.Context, folder string) (row, error) {
	n, err := extraBytes(ctx, folder, bare, agent)
	return row{"a program that uses one agent, over one with net/http alone", megabytes(n, 2), megabytes(mostBytes, 1)}, err
}

func megabytes(n int64, digits int) string { return fmt.Sprintf("%.*f MB", digits, float64(n)/1e6) }

// mostArchiveBytes is how much larger a program may be that reads rows than one
// that calls an agent.
const mostArchiveBytes = 150_000

func archiveSize(ctx context.Context, folder string) (row, error) {
	n, err := extraBytes(ctx, folder, agent, list)
	return row{"a program that reads rows with archive, over one that uses an agent", fmt.Sprintf("%.0f kB", float64(n)/1e3), fmt.Sprintf("%d kB", mostArchiveBytes/1000)}, err
}

// mostRESTBytes is how much larger a program may be that makes a call of an entity
// than one that makes one of an agent.
const mostRESTBytes = 80_000

func restSize(ctx context.Context, folder string) (row, error) {
	n, err := extraBytes(ctx, folder, agent, entity)
	return row{"a program that makes one call of package rest, over one that uses an agent", fmt.Sprintf("%.0f kB", float64(n)/1e3), fmt.Sprintf("%d kB", mostRESTBytes/1000)}, err
}

// extraBytes is how much larger one program is than another.
func extraBytes(ctx context.Context, folder, small, large string) (int64, error) {
	var sizes []int64
	for _, source := range []string{small, large} {
		file, program := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			return 0, err
		}
		if _, err := command(ctx, "", "build", "-trimpath", "-ldflags=-s -w", "-o", program, file); err != nil {
			return 0, err
		}
		info, err := os.Stat(program)
		if err != nil {
			return 0, err
		}
		sizes = append(sizes, info.Size())
	}
	return sizes[1] - sizes[0], nil
}

func newClient(context.Context, string) (row, error) {
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := superoffice.NewClient("https://crm.example.com", superoffice.WithAuth(superoffice.TicketAuth("t"))); err != nil {
				b.Fatal(err)
			}
		}
	})
	return row{"NewClient", fmt.Sprintf("%.1f µs", float64(result.NsPerOp())/1e3), "20 µs"}, nil
}

// overhead counts what a call allocates in memory, the transport's own
// included: before there were any agents it was as much as the budget says.
func overhead(ctx context.Context, _ string) (row, error) {
	peers, err := bench.Peers(bench.MemoryURL, func() http.RoundTripper { return bench.Memory{} })
	if err != nil {
		return row{}, err
	}
	const runs = 1000
	n := testing.AllocsPerRun(runs, func() { err = errors.Join(err, peers[bench.SDK].Call(ctx)) })
	return row{"allocations of a call in memory, as before there were agents", fmt.Sprintf("%.0f", n), "43"}, err
}

// company answers each request with a company, in memory.
type company struct{}

// RoundTrip implements http.RoundTripper.
func (company) RoundTrip(r *http.Request) (*http.Response, error) {
	const text = `{"ContactId":5,"Name":"Ann's"}`
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)),
	}, nil
}

// restOverhead counts what a call of an entity allocates in memory beyond an
// agent's that returns the same.
func restOverhead(ctx context.Context, _ string) (row, error) {
	client, err := superoffice.NewClient(bench.MemoryURL, superoffice.WithAuth(superoffice.TicketAuth("t")), superoffice.WithHTTPClient(&http.Client{Transport: company{}}))
	if err != nil {
		return row{}, err
	}
	entities := rest.New(client)
	const runs = 1000
	agents := testing.AllocsPerRun(runs, func() {
		_, callErr := client.Contact.GetContactEntity(ctx, 5)
		err = errors.Join(err, callErr)
	})
	n := testing.AllocsPerRun(runs, func() {
		_, callErr := entities.Contact.Get(ctx, 5)
		err = errors.Join(err, callErr)
	})
	return row{"allocations of a call of package rest, beyond an agent's", fmt.Sprintf("%.0f", n-agents), "0"}, err
}

// The lines of benchmarks with a name and a time.
var (
	benchmark    = regexp.MustCompile(`BenchmarkArchive/decode,_(\S+?)-?\d*\s+\d+\s+(\d+) ns/op`)
	rowBenchmark = regexp.MustCompile(`BenchmarkRows/(\S+?)-?\d*\s+\d+\s+(\d+) ns/op`)
)

// decodeRows compares the time for a page of 1,000 rows into structs with
// encoding/json's.
func decodeRows(ctx context.Context, _ string) (row, error) {
	ratio, err := overJSON(ctx, "^BenchmarkRows$/(archive|encoding)", rowBenchmark, "archive")
	return row{"a page of 1,000 rows into structs, a whole call, over encoding/json", ratio, "0.35 ×"}, err
}

// decode compares the time for an answer of 1,000 rows with encoding/json's.
func decode(ctx context.Context, _ string) (row, error) {
	ratio, err := overJSON(ctx, "^BenchmarkArchive$/decode", benchmark, "this_SDK")
	return row{"reading 1,000 archive rows as carriers, over encoding/json", ratio, "0.60 ×"}, err
}

// overJSON runs benchmarks, whose times line finds by their name, and returns the
// time of one over that of encoding/json, by the medians of some runs.
func overJSON(ctx context.Context, benchmarks string, line *regexp.Regexp, name string) (string, error) {
	text, err := command(ctx, "", "test", "-run=^$", "-bench="+benchmarks, "-benchtime=100x", "-count=7", ".")
	if err != nil {
		return "", err
	}
	times := make(map[string][]int)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return "", err
		}
		times[m[1]] = append(times[m[1]], n)
	}
	ours, theirs := median(times[name]), median(times["encoding/json"])
	if ours == 0 || theirs == 0 {
		return "", fmt.Errorf("the benchmark printed no times:\n%s", text)
	}
	return fmt.Sprintf("%.2f ×", float64(ours)/float64(theirs)), nil
}

func median(all []int) int {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
