// Package sample exports one of each.
package sample

import "errors"

const Answer = 42

var ErrNone = errors.New("none")

type ID int

type Thing struct {
	Name  string
	inner int
}

func (t Thing) String() string { return t.Name }

func (t *Thing) Change(name string) error { t.Name = name; return nil }

func (t *Thing) hidden() int { return t.inner }

func (g *Generated) Ours() {}

type Doer interface {
	Do(t Thing) error
	undo()
}

func Make(n int) *Thing { return &Thing{inner: n} }
