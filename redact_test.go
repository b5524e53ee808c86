package superoffice

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
)

// account has a secret of its own and holds others.
type account struct {
	Password string
	Also     []Credential
	Content  io.Reader
}

func (a *account) secrets() []string { return []string{a.Password} }

func TestSecretsAreThoseOfAllThatIsHeld(t *testing.T) {
	t.Parallel()
	inner := []Credential{{Value: "second"}, {Value: "third"}}
	for _, v := range []any{
		account{Password: "first", Also: inner}, &account{Password: "first", Also: inner}, []any{&account{Password: "first", Also: inner}},
		map[string]*account{"a": {Password: "first", Also: inner}}, struct{ A account }{account{"first", inner, nil}},
	} {
		secrets, keeps := secretsIn(v)
		assert.True(t, keeps)
		assert.Subset(t, secrets, []string{"first", "second", "third"})
	}
	secrets, _ := secretsIn(&account{Content: &readerOf{Credential{Value: "a reader is the caller's"}}})
	assert.NotContains(t, secrets, "a reader is the caller's")
	secrets, keeps := secretsIn([]Contact{{Name: "plain"}})
	assert.Empty(t, secrets)
	assert.False(t, keeps)
}

// readerOf is a reader with exported fields.
type readerOf struct{ Credential Credential }

func (*readerOf) Read([]byte) (int, error) { return 0, io.EOF }
