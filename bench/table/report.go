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
}

// String returns the tables.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %s, %d CPUs, GOMAXPROCS=%d. Times vary from run to run, allocations do not.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, cpuName(), runtime.NumCPU(), processors)
	r.single.write(&b, "Over loopback, one call at a time")
	r.many.write(&b, fmt.Sprintf("Over loopback, %d calls at a time", many))
	r.memory.write(&b, "In memory, without a network")
	if r.missing != "" {
		fmt.Fprintf(&b, "\nWithout the vendor's TypeScript client: %s.\n", r.missing)
	}
	b.WriteString("\n| aim | measured | |\n|---|--:|---|\n")
	for _, a := range r.aims() {
		b.WriteString(a.String() + "\n")
	}
	return b.String()
}

// write writes a table with its title.
func (rs results) write(b *strings.Builder, title string) {
	fmt.Fprintf(b, "\n%s (%d rounds):\n\n", title, len(rs[0].turns))
	b.WriteString("| | ns/call | × by hand (half of the rounds) | allocs/call | bytes/call | calls per CPU second |\n|---|--:|--:|--:|--:|--:|\n")
	for i := range rs {
		b.WriteString(rs[i].row(&rs[bench.ByHand]) + "\n")
	}
}

// row is a line of a table.
func (r *result) row(byHand *result) string {
	median, low, high := r.times(byHand)
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
	over, _, _ := r.single[bench.SDK].times(&r.single[bench.ByHand])
	in, _, _ := r.memory[bench.SDK].times(&r.memory[bench.ByHand])
	byHand, sdk := r.memory[bench.Unbounded].perCall(allocs), r.memory[bench.SDK].perCall(allocs)
	aims := []aim{
		{"over loopback at most 1.05 × the time by hand", fmt.Sprintf("%.3f ×", over), over <= slower},
		{"in memory no more time than by hand", fmt.Sprintf("%.3f ×", in), in <= 1},
		{"in memory no more allocations than by hand, even without a time limit", fmt.Sprintf("%.0f to %.0f", sdk, byHand), sdk <= byHand},
	}
	if r.missing != "" || cpuTime() == 0 {
		return aims
	}
	return append(aims, r.single.efficiency("one at a time"), r.many.efficiency(fmt.Sprintf("%d at a time", many)))
}

// efficiency compares the SDK with the vendor's client, which comes last.
func (rs results) efficiency(how string) aim {
	const faster = 10
	times := rs[bench.SDK].perCPUSecond() / rs[len(rs)-1].perCPUSecond()
	return aim{"at least 10 × the calls per CPU second of the vendor's client, " + how, fmt.Sprintf("%.1f ×", times), times >= faster}
}

// cpuName returns what the machine calls its processor, where it says so.
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
