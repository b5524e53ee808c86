package main

import (
	"strings"
	"unicode"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// rightsDoc documents the two members that nearly every carrier has.
var rightsDoc = map[string]string{
	"TableRight":      "what the user may do with the record",
	"FieldProperties": "what the user may do with the members, and their types, by member",
}

// memberDoc documents a member in a whole sentence. api/ has phrases, such as
// "whether the user is retired" or "main phone number; empty for none".
func memberDoc(field string, m apidef.Member) string {
	phrase := m.Doc
	if phrase == "" {
		phrase = rightsDoc[m.Name]
	}
	if phrase == "" {
		return ""
	}
	words := predicate(phrase)
	if rest, ok := strings.CutPrefix(words, "is "); ok && isSeveral(m.Type) {
		words = "are " + rest
	}
	return field + " " + words + "."
}

// isSeveral reports whether a member holds several things.
func isSeveral(t apidef.Type) bool {
	_, isList := t.List()
	return isList
}

// sayingVerbs are the verbs that phrases begin with.
var sayingVerbs = wordSet("tells runs identifies goes sends explains takes has is sounds may starts gives counts keeps holds says names marks links overrides applies contains means replaces shows")

// bareWords begin phrases that have no article.
var bareWords = wordSet("a an the all any its our their no not true false never more most one two three both from in of for such as on to with without at by set used laid filled " +
	"stored created changed deleted relative unique pinned open active since within before after between up free whose unlike reserved planned weighted estimated inline " +
	"short long fixed automatic negative normal seen likeliest failed")

// units are counted in, and have no article either.
var units = wordSet("minutes seconds days hours bytes pixels percent degrees milliseconds")

// singular are words that end in s and are no plurals.
var singular = wordSet("address status class access process business basis axis progress canvas utm_campaign series news alias bonus focus its is was has this as diagnosis")

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// predicate makes what follows the name of a member of a phrase.
func predicate(phrase string) string {
	phrase = strings.TrimSuffix(phrase, ".")
	first, rest, _ := strings.Cut(phrase, " ")
	word := strings.TrimRight(first, ",;:")
	switch {
	case word == "whether":
		return "reports " + phrase
	case word == "how", word == "which", word == "why", word == "where", word == "whom":
		return "tells " + phrase
	case word == "since":
		return "counts " + phrase
	case units[word]:
		return "is in " + phrase
	case sayingVerbs[word]:
		return phrase
	case word == "when", word == "what", word == "who", word == "whose", bareWords[word], startsOutsideWords(word):
		return "is " + phrase
	case isPlural(headNoun(word, rest)):
		return "are the " + phrase
	}
	return "is the " + phrase
}

// startsOutsideWords reports whether a phrase begins with a number, a quotation
// or a name, which have no article. Abbreviations have one.
func startsOutsideWords(word string) bool {
	if word == "" {
		return true
	}
	first := rune(word[0])
	if !unicode.IsLetter(first) {
		return true
	}
	abbreviation := word == strings.ToUpper(word) || word == "IDs" || word == "URLs" || strings.HasPrefix(word, "Message-ID")
	return unicode.IsUpper(first) && !abbreviation
}

// headNoun is the noun that a phrase is about: the last word before the first
// of those that further describe it.
func headNoun(word, rest string) string {
	for next := range strings.FieldsSeq(rest) {
		if strings.HasSuffix(word, ",") || strings.HasSuffix(word, ";") || describing[next] {
			break
		}
		word = next
	}
	return strings.TrimRight(word, ",;:.")
}

// describing are the words with which the description of a noun begins.
var describing = wordSet("of that which who whose for in on to from with without by as at if when where and or between below above before after inside around such than " +
	"has have is are was were can may must will over under per now so since until within whom it its the a an given shown sent used asked found left made")

func isPlural(noun string) bool {
	switch {
	case noun == "people", noun == "IDs", noun == "URLs":
		return true
	case singular[noun], strings.HasSuffix(noun, "ss"), strings.HasSuffix(noun, "us"), strings.HasSuffix(noun, "is"):
		return false
	}
	return len(noun) > 2 && strings.HasSuffix(noun, "s")
}
