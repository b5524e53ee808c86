package main

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
)

func TestRulesAreValid(t *testing.T) {
	if err := analysis.Validate(rules()); err != nil {
		t.Fatal(err)
	}
}

func TestRulesHoldTheFamilies(t *testing.T) {
	var names []string
	for _, rule := range rules() {
		names = append(names, rule.Name)
	}
	for _, name := range []string{"SA4006", "SA9003", "S1000", "ST1000", "ST1016", "errorlint", "nilerr", "funclen"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not checked", name)
		}
	}
	for _, name := range names {
		if leftOut[name] != "" || strings.HasPrefix(name, "QF") {
			t.Errorf("%s is checked but should not be", name)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the rules are not sorted, or one is there twice: %v", names)
	}
}
