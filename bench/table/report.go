package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/superoffice-go/superoffice/bench"
)

// report is what was measured.
type report struct {
	memory  results
	single  results // over loopback, one call at a time
	many    results // over loopback, some calls at a time
	missing string  // why the vendor's client did not take part

	tenantOver, tenantIn    results // the ways to a tenant, over loopback and in memory
	atRest, atRestWithStore float64 // bytes of a tenant
}

// String returns the tables.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %s, %d CPUs, GOMAXPROCS=%d. Times vary from run to run, allocations do not.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, cpuName(), runtime.NumCPU(), processors)
	r.single.write(&b, "Over loopback, one call at a time", byHand)
	r.many.write(&b, fmt.Sprintf("Over loopback, %d calls at a time", many), byHand)
	r.memory.write(&b, "In memory, without a network", byHand)
	r.tenantOver.write(&b, "To a tenant, over loopback", knownAddress)
	r.tenantIn.write(&b, "To a tenant, in memory", knownAddress)
	fmt.Fprintf(&b, "\nA tenant at rest takes %.0f bytes, and %.0f together with what the Store in memory keeps.\n", r.atRest, r.atRestWithStore)
	if r.missing != "" {
		fmt.Fprintf(&b, "\nWithout the vendor's TypeScript client: %s.\n", r.missing)
	}
	b.WriteString("\n| aim | measured | |\n|---|--:|---|\n")
	for _, a := range r.aims() {
		b.WriteString(a.String() + "\n")
	}
	return b.String()
}

// yardstick is what the results of a table are held against.
type yardstick struct {
	name string
	of   func(turn) float64
	at   func(i int) int // where the one for the result at i is
}

var (
	byHand       = yardstick{"× by hand", nanoseconds, func(int) int { return bench.ByHand }}
	knownAddress = yardstick{"× CPU time where the address is known", cpu, func(i int) int { return i - i%2 }}
)

// write writes a table with its title.
func (rs results) write(b *strings.Builder, title string, y yardstick) {
	fmt.Fprintf(b, "\n%s (%d rounds):\n\n", title, len(rs[0].turns))
	fmt.Fprintf(b, "| | ns/call | %s (half of the rounds) | allocs/call | bytes/call | calls per CPU second |\n|---|--:|--:|--:|--:|--:|\n", y.name)
	for i := range rs {
		b.WriteString(rs[i].row(&rs[y.at(i)], y.of) + "\n")
	}
}

// row is a line of a table.
func (r *result) row(other *result, of func(turn) float64) string {
	median, low, high := r.times(other, of)
	return fmt.Sprintf("| %s | %.0f | %.2f (%.2f to %.2f) | %s | %s | %s |", r.name, r.perCall(nanoseconds), median, low, high,
		optional(r.perCall(allocs)), optional(r.perCall(bytes)), optional(r.perCPUSecond()))
}

// optional leaves out what was not measured.
func optional(value float64) string {
	if value == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", value)
}

// aim is something that the SDK set out to reach. It is told, not asserted:
// a time depends on the machine.
type aim struct {
	text     string
	measured string
	reached  bool
}

// String returns a line of a table.
func (a aim) String() string {
	verdict := "missed"
	if a.reached {
		verdict = "reached"
	}
	return fmt.Sprintf("| %s | %s | %s |", a.text, a.measured, verdict)
}

func (r *report) aims() []aim {
	const slower = 1.05
	over, _, _ := r.single[bench.SDK].times(&r.single[bench.ByHand], nanoseconds)
	in, _, _ := r.memory[bench.SDK].times(&r.memory[bench.ByHand], nanoseconds)
	byHand, sdk := r.memory[bench.Unbounded].perCall(allocs), r.memory[bench.SDK].perCall(allocs)
	aims := []aim{
		{"over loopback at most 1.05 × the time by hand", fmt.Sprintf("%.3f ×", over), over <= slower},
		{"in memory no more time than by hand", fmt.Sprintf("%.3f ×", in), in <= 1},
		{"in memory no more allocations than by hand, even without a time limit", fmt.Sprintf("%.0f to %.0f", sdk, byHand), sdk <= byHand},
		r.tenantOver.following("over loopback"),
		r.tenantIn.following("in memory"),
		{fmt.Sprintf("a tenant at rest takes at most %d bytes", bench.MostAtRest), fmt.Sprintf("%.0f", r.atRest), r.atRest <= bench.MostAtRest},
	}
	if r.missing != "" || cpuTime() == 0 {
		return aims
	}
	return append(aims, r.single.efficiency("one at a time"), r.many.efficiency(fmt.Sprintf("%d at a time", many)))
}

// following compares a call to a tenant that is followed with one to an address
// that is known.
func (rs results) following(how string) aim {
	const more = 1.02
	times, _, _ := rs[bench.Followed].times(&rs[bench.Plain], cpu)
	return aim{"at most 1.02 × the CPU time to follow a tenant, " + how, fmt.Sprintf("%.3f ×", times), times <= more}
}

// efficiency compares the SDK with the vendor's client, which comes last.
func (rs results) efficiency(how string) aim {
	const faster = 10
	times := rs[bench.SDK].perCPUSecond() / rs[len(rs)-1].perCPUSecond()
	return aim{"at least 10 × the calls per CPU second of the vendor's client, " + how, fmt.Sprintf("%.1f ×", times), times >= faster}
}

// cpuName returns what the machine calls its processor, if it says so.
func cpuName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
