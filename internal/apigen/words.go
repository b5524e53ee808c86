package main

import (
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// What follows words the documentation of what api/ has none for, from the
// facts that it holds.

// phrase is a name in words: "ChatSessionEntity" is "chat session".
func phrase(name string) string {
	var all []string
	for _, word := range words(strings.TrimSuffix(name, "Entity")) {
		if upper, ok := initialisms[word]; ok {
			word = upper
		} else if strings.ToUpper(word) != word || len(word) == 1 {
			word = strings.ToLower(word)
		}
		all = append(all, word)
	}
	return strings.Join(all, " ")
}

// callWords says what a call does, by what its name and shape have in common
// with many others.
func (g *generator) callWords(c *apidef.Call) string {
	carrier := g.Carrier(c.Result)
	for _, known := range []struct {
		prefix string
		fits   bool
		text   func(what string) string
	}{
		{"CreateDefault", carrier != nil && len(c.Params) == 0, func(what string) string {
			return "returns a new " + what + " with the server's defaults. Nothing is saved."
		}},
		{"Save", carrier != nil && c.Shape == apidef.ShapeBody, func(what string) string {
			return "saves " + article(what) + " and returns it as it is kept; one without an ID is new."
		}},
		{"Delete", c.Result == "" && c.Shape == apidef.ShapeQuery, func(what string) string { return "deletes the " + what + " with the given ID." }},
		{"Get", carrier != nil && c.Shape == apidef.ShapeQuery, func(what string) string { return "returns the " + what + " with the given ID." }},
	} {
		if what, ok := strings.CutPrefix(c.Name, known.prefix); ok && known.fits && what != "" {
			return known.text(phrase(what))
		}
	}
	text := "calls " + c.Agent + "/" + c.Name
	if what := g.resultWords(c.Result); what != "" {
		text += " and returns " + what
	}
	return text + "."
}

// useWords says which calls return a type, or take it, or else which carriers
// have a member of it.
func (g *generator) useWords(name string) string {
	var returned, taken, held []string
	for _, c := range g.Calls() {
		call := "[" + goName(c.Agent) + "Agent." + goName(c.Name) + "]"
		if string(c.Result.Innermost()) == name {
			returned = append(returned, call)
		}
		for _, p := range c.Params {
			if string(p.Type.Innermost()) == name {
				taken = append(taken, call)
				break
			}
		}
	}
	for _, c := range g.Carriers {
		for _, m := range c.Members {
			if string(m.Type.Innermost()) == name && c.Name != name {
				held = append(held, "["+g.carrierName(c)+"]")
				break
			}
		}
	}
	switch {
	case len(returned) > 0 && len(taken) > 0:
		return "is returned by " + some(returned) + ", and taken by " + some(taken) + "."
	case len(returned) > 0:
		return "is returned by " + some(returned) + "."
	case len(taken) > 0:
		return "is taken by " + some(taken) + "."
	case len(held) > 0:
		return "is a part of " + some(held) + "."
	}
	return "is used by no call."
}

// some lists two names at most.
func some(names []string) string {
	switch len(names) {
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return names[0] + ", " + names[1] + " and others"
}
