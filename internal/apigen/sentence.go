package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// A fact in api/ goes on where the name of its member or parameter stops: the
// fact "is the main phone number; empty for none" of Phone becomes the comment
// "Phone is the main phone number; empty for none.". What does not read as a
// sentence then is refused.

// factVerbs are the words that a fact begins with.
var factVerbs = wordSet("is are reports says say holds names lists identifies explains describes counts contains")

// pluralVerbs go with lists and dictionaries, and "are" with sets of flags too.
var pluralVerbs = wordSet("are say")

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// commonFacts are those of members that nearly every carrier has.
var commonFacts = map[string]string{
	"TableRight":      "says what the user may do with the record",
	"FieldProperties": "are the user's rights on the members, and the members' types, by member",
}

// memberFact is the fact on a member, empty if there is none.
func memberFact(m apidef.Member) string { return cmp.Or(m.Doc, commonFacts[m.Name]) }

// sentence makes the comment of a fact, empty if there is none.
func sentence(name, fact string) string {
	if fact == "" {
		return ""
	}
	return name + " " + fact + "."
}

// checkFact returns what keeps a fact from making a sentence with a name.
func checkFact(name, fact string, t apidef.Type, isFlags bool) error {
	first, rest, _ := strings.Cut(fact, " ")
	_, isList := t.List()
	_, isDictionary := t.Dictionary()
	switch {
	case !factVerbs[first], rest == "":
		return fmt.Errorf("%q does not go on after %q; it begins with a verb, one of %s", fact, name, strings.Join(sortedWords(factVerbs), ", "))
	case strings.HasSuffix(fact, "."):
		return fmt.Errorf("%q ends with a period, which the generator adds", fact)
	case t == "bool" && !strings.HasPrefix(fact, "reports whether "):
		return fmt.Errorf("%s is a bool: its fact begins with %q", name, "reports whether")
	case t != "bool" && (first == "reports" || strings.HasPrefix(rest, "whether ")):
		return fmt.Errorf("%s is no bool: it reports nothing, and no %q follows its verb", name, "whether")
	case isList && !pluralVerbs[first]:
		return fmt.Errorf("%s is a list: its fact begins with %q or %q", name, "are", "say")
	case !isList && !isDictionary && pluralVerbs[first] && !(isFlags && first == "are"):
		return fmt.Errorf("%s is one thing: %q is for several", name, first)
	case onlyRepeats(name, rest):
		return fmt.Errorf("%q says nothing that the name %q does not", fact, name)
	}
	return nil
}

func sortedWords(set map[string]bool) []string {
	words := make([]string, 0, len(set))
	for word := range set {
		words = append(words, word)
	}
	slices.Sort(words)
	return words
}

// onlyRepeats reports whether what follows the verb of a fact is the name in
// words, as "the street address" is StreetAddress.
func onlyRepeats(name, rest string) bool {
	for _, article := range []string{"the ", "a ", "an ", "its "} {
		rest = strings.TrimPrefix(rest, article)
	}
	return strings.EqualFold(strings.NewReplacer(" ", "", "-", "").Replace(rest), name)
}

// checkFacts returns an error, with file and line, for each fact in api/ that
// makes no sentence.
func (g *generator) checkFacts() error {
	var problems []error
	wrong := func(position, of string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", position, of, err))
		}
	}
	for _, c := range g.Carriers {
		wrong(g.Position(c), c.Name, checkTypeDoc(c.Doc))
		for _, m := range c.Members {
			if fact := memberFact(m); fact != "" {
				wrong(g.MemberPosition(c, m.Name), c.Name+"."+m.Name, checkFact(fieldName(m), fact, m.Type, g.isFlags(m.Type)))
			}
		}
	}
	for _, e := range g.Enums {
		wrong(g.Position(e), e.Name, checkTypeDoc(e.Doc))
	}
	for _, c := range g.Calls() {
		text, facts := splitDoc(c.Doc)
		if strings.HasPrefix(text, "reports whether") && c.Result != "bool" {
			wrong(g.Position(c), c.Name, errors.New("only calls that return a bool report whether something is so"))
		}
		for _, name := range sortedWords(factsOf(facts)) {
			i := slices.IndexFunc(c.Params, func(p apidef.Param) bool { return p.Name == name })
			if i < 0 {
				wrong(g.Position(c), c.Name, fmt.Errorf("there is no parameter %q", name))
				continue
			}
			wrong(g.Position(c), c.Name+", "+name, checkFact(goName(name), facts[name], c.Params[i].Type, g.isFlags(c.Params[i].Type)))
		}
	}
	return errors.Join(problems...)
}

func factsOf(facts map[string]string) map[string]bool {
	names := make(map[string]bool, len(facts))
	for name := range facts {
		names[name] = true
	}
	return names
}

// checkTypeDoc refuses the documentation of a type that is worded for a bool.
func checkTypeDoc(doc string) error {
	if strings.HasPrefix(doc, "reports whether") {
		return errors.New("a type reports nothing; it is or says something")
	}
	return nil
}

func (g *generator) isFlags(t apidef.Type) bool {
	e := g.Enum(t)
	return e != nil && e.Flags
}

// withoutComment counts the members of carriers, and the fields of exported
// requests, that nothing documents.
func (g *generator) withoutComment() (n int) {
	for _, c := range g.Carriers {
		for _, m := range c.Members {
			if !c.Hand && memberFact(m) == "" {
				n++
			}
		}
	}
	for _, c := range g.Calls() {
		var m method
		if g.input(c, &m); m.Request == nil || !m.Request.Exported {
			continue
		}
		for _, f := range m.Request.Fields {
			if f.Doc == "" {
				n++
			}
		}
	}
	return n
}
