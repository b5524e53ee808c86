package superoffice

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// checkSelect holds the paths of Select against the members of the result. A
// nil result, or one without members, has nothing to select from.
func checkSelect(paths []string, result reflect.Type) error {
	if len(paths) == 0 {
		return nil
	}
	if result != nil && wire.IsOpen(result) {
		return nil
	}
	if result == nil {
		return invalid("Select", "does not go with this call, which has no result")
	}
	if _, ok := wire.Members(result); !ok {
		return invalid("Select", "does not go with this call, whose result has no members")
	}
	for _, path := range paths {
		if err := checkPath(path, result); err != nil {
			return err
		}
	}
	return nil
}

// checkPath follows one path through the members, down to a dictionary at the
// most, below which any name goes.
func checkPath(path string, t reflect.Type) error {
	if path == "" {
		return invalid("Select", "got an empty path")
	}
	if err := checkHeaderValue("Select", path); err != nil {
		return err
	}
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			return invalid("Select", fmt.Sprintf("got the path %q, which has an empty name in it", path))
		}
		if wire.IsOpen(t) {
			continue
		}
		names, _ := wire.Members(t)
		next := wire.MemberType(t, name)
		switch {
		case next != nil:
			t = next
		case len(names) == 0:
			return invalid("Select", fmt.Sprintf("got the path %q: there is nothing below %q", path, strings.TrimSuffix(path, "/"+name)))
		default:
			return invalid("Select", fmt.Sprintf("got the path %q: the result has no %q; did you mean %q?", path, name, nearest(name, names)))
		}
	}
	return nil
}

// selectQuery writes the paths as the query parameter that the server reads.
// What may stand in a query as it is stays readable.
func selectQuery(paths []string) string {
	var b strings.Builder
	b.WriteString("$select=")
	for i, path := range paths {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(queryEscaper.Replace(url.QueryEscape(path)))
	}
	return b.String()
}

// queryEscaper leaves the separator of names as it is, and writes a blank in
// the way that reads the same in every part of a URL.
var queryEscaper = strings.NewReplacer("%2F", "/", "+", "%20")

// nearest returns the name that takes the fewest changes to write by mistake
// as typo, case apart.
func nearest(typo string, names []string) string {
	best, least := "", -1
	for _, name := range names {
		if d := distance(strings.ToLower(typo), strings.ToLower(name)); least < 0 || d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
