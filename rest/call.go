package rest

import (
	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// caller is what makes the calls of an entity.
type caller struct {
	// Entities are compared by nobody, and what compares them would be linked
	// into each program.
	_      [0]func()
	client *superoffice.Client
}

// notNil is a list as a body. The server has no use for null there, so nil is the
// empty list.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// option returns an option that goes into the query.
func option(name, wire string, values ...string) superoffice.CallOption {
	return superoffice.ParameterOption(operation.Parameter{Option: "rest." + name, Name: wire, Values: values})
}

// numbers writes whole numbers as they go into a query.
func numbers(all []int) []string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = operation.ID(n)
	}
	return texts
}

// result is what a call returns whose result is a carrier.
func result[T any](out *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}
