package main

import (
	"cmp"
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
	for word := range strings.FieldsFuncSeq(visible(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
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

// visible drops what nobody sees: soft hyphens, byte order marks, NULs.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
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
	isOwn  bool   // it is of sogen's making, and of no name of the tenant's
	taken  string // the name
}

// naming gives names, and leaves those as they are that were given before: a name
// that went over to something else would compile, and mean that.
type naming struct {
	overrides map[string]string // those that are given by hand, by their paths
	before    map[string]string // those of the lock
	given     map[string]string // those that the lock is to have
}

// all gives each in a scope a name that no other has there. Of those that are new,
// the ones of an earlier group come first, and in it those with smaller numbers.
func (n *naming) all(groups ...[]*named) error {
	s := &scope{naming: n, owner: make(map[string]string), overridden: make(map[string]bool), kept: make(map[string]bool)}
	seen := make(map[string]bool)
	var firsts, others []*named
	for _, group := range groups {
		group = slices.Clone(group)
		slices.SortStableFunc(group, func(a, b *named) int { return cmp.Compare(a.number, b.number) })
		for _, one := range group {
			others = append(others, one)
			if !seen[one.path] {
				firsts = append(firsts, one)
			}
			seen[one.path] = true
		}
	}
	for _, give := range []func(*named) error{s.byHand, s.asBefore, s.isFree} {
		for _, one := range firsts { // of two of the same path the second is always new
			if err := give(one); err != nil {
				return err
			}
		}
	}
	for _, one := range others {
		if one.taken == "" {
			one.taken = s.free(goName(one.text), one.number)
			s.owner[one.taken] = one.path
		}
	}
	for _, one := range firsts {
		if !s.overridden[one.path] {
			n.given[one.path] = one.taken
		}
	}
	return nil
}

// scope is where names differ: the package, or a struct.
type scope struct {
	*naming
	owner      map[string]string // the path by the name
	overridden map[string]bool   // by the path
	kept       map[string]bool   // the names that what is overridden has without that
}

// byHand gives the name that stands in the file of overrides.
func (s *scope) byHand(one *named) error {
	name, ok := s.overrides[one.path]
	if !ok {
		return nil
	}
	if other, twice := s.owner[name]; twice {
		return fmt.Errorf("%s: %s and %s have the same name %s", namesFile, other, one.path, name)
	}
	one.taken, s.owner[name], s.overridden[one.path] = name, one.path, true
	if before, ok := s.before[one.path]; ok {
		s.kept[before], s.given[one.path] = true, before
	}
	return nil
}

// asBefore gives the name of the lock.
func (s *scope) asBefore(one *named) error {
	name := s.given[one.path] // in another scope, if a provider is asked for twice
	if name == "" {
		name = s.before[one.path]
	}
	if name == "" || one.taken != "" {
		return nil
	}
	other, twice := s.owner[name]
	switch {
	case twice && s.overridden[other]:
		return takenBy(other, name, one.path)
	case twice:
		return fmt.Errorf("%s: %s and %s have the same name %s; take one of the two out of its names", lockFile, other, one.path, name)
	}
	one.taken, s.owner[name] = name, one.path
	return nil
}

// isFree refuses to call something else what is to be of sogen's own making.
func (s *scope) isFree(one *named) error {
	name := goName(one.text)
	if other := s.owner[name]; one.isOwn && one.taken == "" && s.overridden[other] {
		return takenBy(other, name, one.path)
	}
	return nil
}

func takenBy(path, name, other string) error {
	return fmt.Errorf("%s: %s is to be called %s, which is the name of %s; give that another one, too", namesFile, path, name, other)
}

// free is the name, with a number behind it if it is taken.
func (s *scope) free(name string, number int) string {
	isTaken := func(name string) bool { return s.owner[name] != "" || s.kept[name] }
	if !isTaken(name) {
		return name
	}
	behind := strings.Replace(strconv.Itoa(number), "-", "Minus", 1)
	numbered := name + "_" + behind
	for i := 2; isTaken(numbered); i++ {
		numbered = name + "_" + behind + "_" + strconv.Itoa(i)
	}
	return numbered
}

// splitNumber takes the number at the end off a key such as SuperOffice:2.
func splitNumber(key string) (before string, number int) {
	before = strings.TrimRight(key, "0123456789")
	number, _ = strconv.Atoi(key[len(before):])
	return before, number
}
