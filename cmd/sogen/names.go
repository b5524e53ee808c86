package main

import (
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// initialisms are words that Go writes in capitals.
var initialisms = []string{"ID", "URL", "GUID", "VAT", "XML", "JSON", "HTML", "CRM", "SMS", "EU"}

// goName makes an exported name of Go of any text: letters and digits, with a
// capital at the start of each word.
func goName(text string) string {
	var name strings.Builder
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if upper := strings.ToUpper(word); slices.Contains(initialisms, upper) {
			name.WriteString(upper)
			continue
		}
		first := []rune(word)
		name.WriteString(string(unicode.ToUpper(first[0])) + string(first[1:]))
	}
	result := name.String()
	if before, isID := strings.CutSuffix(result, "Id"); isID {
		result = before + "ID"
	}
	if !isExported(result) { // empty, or it begins with a digit or a letter without a capital
		result = "N" + result
	}
	return result
}

func isExported(name string) bool { return token.IsIdentifier(name) && token.IsExported(name) }

// packageName is a name of a package that is made of one of a folder.
func packageName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, folder)
	name = strings.TrimLeft(name, "0123456789")
	if name == "" || token.IsKeyword(name) {
		return "crm"
	}
	return name
}

// named is something that gets a name of Go.
type named struct {
	path   string // by which it is overridden: fields/contact/SuperOffice:2
	text   string // of which the name is made
	number int    // by which those that came first keep theirs
	taken  string // the name
}

// nameAll gives each a name that no other has.
func nameAll(all []*named, overrides map[string]string, used map[string]bool) error {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *named) int { return a.number - b.number })
	owner := make(map[string]string)
	for _, n := range all {
		if name, ok := overrides[n.path]; ok {
			if other, twice := owner[name]; twice {
				return fmt.Errorf("%s: %s and %s have the same name %s", namesFile, other, n.path, name)
			}
			n.taken, owner[name] = name, n.path
		}
	}
	for _, n := range all {
		if n.taken == "" {
			n.taken = free(goName(n.text), n.number, owner, used)
			owner[n.taken] = n.path
		}
	}
	return nil
}

// free is the name, with a number behind it if it is taken.
func free(name string, number int, owner map[string]string, used map[string]bool) string {
	isTaken := func(name string) bool { return owner[name] != "" || used[name] }
	if !isTaken(name) {
		return name
	}
	numbered := name + "_" + strconv.Itoa(number)
	for i := 2; isTaken(numbered); i++ {
		numbered = name + "_" + strconv.Itoa(number) + "_" + strconv.Itoa(i)
	}
	return numbered
}

// splitNumber takes the number at the end off a key such as SuperOffice:2.
func splitNumber(key string) (before string, number int) {
	before = strings.TrimRight(key, "0123456789")
	number, _ = strconv.Atoi(key[len(before):])
	return before, number
}
