package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
)

func removal(s subject) error {
	a, b, c := newEntry("a"), newEntry("b"), newEntry("c")
	empty := online.Entry{Version: newEntry("").Version, Value: []byte{}}
	return cmp.Or(
		s.swaps("", nothing, true), s.holds(nothing),
		s.swaps("", a, true), s.swaps("", nothing, false), s.swaps(b.Version, nothing, false), s.holds(a),
		s.swaps(a.Version, nothing, true), s.holds(nothing), s.swaps(a.Version, b, false),
		s.swaps("", b, true), s.swaps(b.Version, online.Entry{Version: c.Version}, true), s.holds(nothing),
		s.swaps("", c, true), s.swaps(c.Version, empty, true), s.holds(nothing),
	)
}

func needsVersion(s subject) error {
	_, err := s.store.Swap(s.ctx, s.key, "", online.Entry{Value: []byte("a")}, shortLife)
	if !errors.Is(err, superoffice.ErrInvalidArgument) {
		return fmt.Errorf("a Swap of an entry with a value and no version returned the error %s, want superoffice.ErrInvalidArgument", fmt.Sprint(err))
	}
	return s.holds(nothing)
}

// oneWins has several goroutines replace the same version, again and again.
func oneWins(s subject) error {
	const rounds, rivals = 8, 16
	current := nothing
	for round := range rounds {
		entries := make([]online.Entry, rivals)
		won := make([]bool, rivals)
		err := together(rivals, func(i int) (err error) {
			entries[i] = newEntry(fmt.Sprint(round, i))
			won[i], err = s.store.Swap(s.ctx, s.key, current.Version, entries[i], shortLife)
			return err
		})
		if err != nil {
			return fmt.Errorf("swapping: %w", err)
		}
		winners := 0
		for i := range won {
			if won[i] {
				winners++
				current = entries[i]
			}
		}
		if winners != 1 {
			return fmt.Errorf("of %d swaps of one version at the same time %d were reported as done", rivals, winners)
		}
		if err := s.holds(current); err != nil {
			return err
		}
	}
	return nil
}

// together runs n calls at the same time and returns their errors.
func together(n int, call func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	running.Wait()
	return errors.Join(errs...)
}

func counter(s subject) error {
	const goroutines, times = 64, 2
	err := together(goroutines, func(int) error {
		for range times {
			if err := Increment(s.ctx, s.store, s.key, shortLife); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	entry, err := s.store.Load(s.ctx, s.key)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	if got, want := string(entry.Value), strconv.Itoa(goroutines*times); got != want {
		return fmt.Errorf("a counter that was incremented %s times is at %q", want, got)
	}
	return nil
}

// Increment adds one to the decimal number at key, which is 0 if nothing is
// there, and swaps until that succeeds. It is for tests of a store that
// several processes share: the sum of what they add must be exact.
func Increment(ctx context.Context, store online.Store, key online.Key, ttl time.Duration) error {
	for {
		entry, err := store.Load(ctx, key)
		if err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		number, err := strconv.Atoi(cmp.Or(string(entry.Value), "0"))
		if err != nil {
			return fmt.Errorf("what Load returned is no counter: %w", err)
		}
		swapped, err := store.Swap(ctx, key, entry.Version, newEntry(strconv.Itoa(number+1)), ttl)
		if err != nil {
			return fmt.Errorf("swapping: %w", err)
		}
		if swapped {
			return nil
		}
	}
}

// keysDiffer keeps an entry under each of many keys that a careless store
// takes for one another.
func keysDiffer(s subject) error {
	entries := map[online.Key]online.Entry{}
	for _, key := range similarKeys(s.key.Tenant) {
		entries[key] = newEntry(key.String())
		if err := s.at(key).swaps("", entries[key], true); err != nil {
			return fmt.Errorf("taken for another key, perhaps: %w", err)
		}
	}
	for key, entry := range entries {
		if err := s.at(key).holds(entry); err != nil {
			return fmt.Errorf("taken for another key, perhaps: %w", err)
		}
	}
	return nil
}

// similarKeys are different keys, all with unique in one of their parts.
func similarKeys(unique string) []online.Key {
	env := "https://" + unique + ".example.com"
	keys := []online.Key{
		{Tenant: unique},
		{User: unique},
		{Application: unique},
		{Environment: unique},
		{Environment: env, Application: "a", Tenant: "Cust1", User: "u"},
		{Environment: env, Application: "b", Tenant: "Cust1", User: "u"},
		{Environment: env, Application: "a", Tenant: "Cust2", User: "u"},
		{Environment: env, Application: "a", Tenant: "cust1", User: "u"},
		{Environment: env, Application: "a", Tenant: "Cust1", User: "v"},
		{Environment: env, Application: "a", Tenant: "Cust1u"},
		{Environment: env, Application: "aCust1", User: "u"},
		{Environment: env + "a", Tenant: "Cust1", User: "u"},
	}
	users := []string{"", " ", "  ", "-", "*", "%", "%2F", "%252F", "\x00", "0", "00", "nil", "null", `""`, `\`, `\x00`,
		"u ", " u", "U", "u\n", "u\x00", "\xff", "\ufffd", "é", "e\u0301", "ø", "Ø", "ß", "ss", "日本", "\U0001F511", "{u}", "u}", "[u]", "u@example.com",
		strings.Repeat("u", 300), strings.Repeat("u", 301)}
	for _, user := range users {
		keys = append(keys, online.Key{Environment: env, Application: "a", Tenant: "Cust1", User: user})
	}
	for _, separator := range []string{"/", "|", ":", ",", ";", ".", "_", "#", "&", "=", "+", "\x00", "\n", "\t", `"`, "'"} {
		keys = append(keys,
			online.Key{Environment: env, Application: "a", Tenant: "b" + separator + "c", User: "d"},
			online.Key{Environment: env, Application: "a" + separator + "b", Tenant: "c", User: "d"},
			online.Key{Environment: env, Application: "a", Tenant: "b", User: "c" + separator + "d"},
			online.Key{Environment: env, Application: "a", Tenant: "b" + separator, User: "d"},
			online.Key{Environment: env, Application: "a", Tenant: "b", User: separator + "d"})
	}
	return keys
}

// wholeValues keeps values of all bytes, and one of 64 KiB, far above what a
// token takes.
func wholeValues(s subject) error {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	old := nothing
	for _, value := range [][]byte{{0}, []byte(" "), []byte("\r\n"), []byte("null"), every, bytes.Repeat(every, 256)} {
		next := newEntry(string(value))
		if err := cmp.Or(s.swaps(old.Version, next, true), s.holds(next)); err != nil {
			return err
		}
		old = next
	}
	return nil
}

// copies changes the slices that it gave and got.
func copies(s subject) error {
	want := newEntry("the value")
	given := online.Entry{Version: want.Version, Value: bytes.Clone(want.Value)}
	if err := s.swaps("", given, true); err != nil {
		return err
	}
	clear(given.Value)
	got, err := s.store.Load(s.ctx, s.key)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	if !bytes.Equal(got.Value, want.Value) {
		return errors.New("the store kept the slice that Swap was given: it changes with it")
	}
	clear(got.Value)
	if err := s.holds(want); err != nil {
		return fmt.Errorf("after a change of what Load returned: %w", err)
	}
	return nil
}

func endsWithContext(s subject) error {
	a, b := newEntry("a"), newEntry("b")
	if err := s.swaps("", a, true); err != nil {
		return err
	}
	canceled, cancel := context.WithCancel(s.ctx)
	cancel()
	late, cancel := context.WithDeadline(s.ctx, time.Now().Add(-time.Second))
	defer cancel()
	return cmp.Or(
		s.within(canceled).refuses(a.Version, b, context.Canceled),
		s.within(late).refuses(a.Version, b, context.DeadlineExceeded),
		s.holds(a),
	)
}

// refuses tells what is wrong if Load and Swap do not return the error want at
// once.
func (s subject) refuses(old string, next online.Entry, want error) error {
	const atOnce = 5 * time.Second // for a machine that is busy
	answers := make(chan error, 2)
	go func() {
		_, err := s.store.Load(s.ctx, s.key)
		answers <- err
		_, err = s.store.Swap(s.ctx, s.key, old, next, shortLife)
		answers <- err
	}()
	hurry := time.NewTimer(atOnce)
	defer hurry.Stop()
	for _, call := range []string{"Load", "Swap"} {
		select {
		case err := <-answers:
			if !errors.Is(err, want) {
				return fmt.Errorf("%s with a context that is done returned the error %s, want %w", call, fmt.Sprint(err), want)
			}
		case <-hurry.C:
			return fmt.Errorf("%s with a context that is done did not return", call)
		}
	}
	return nil
}

// expiry has entries come to the end of their ttl, or not.
func expiry(s subject, advance func(time.Duration)) error {
	a, b, c, d := newEntry("a"), newEntry("b"), newEntry("c"), newEntry("d")
	pass := func(d time.Duration) error {
		advance(d)
		return nil
	}
	return cmp.Or(
		s.swapsFor(time.Hour, "", a, true), pass(59*time.Minute), s.holds(a),
		pass(2*time.Minute), s.holds(nothing), s.swapsFor(time.Hour, a.Version, b, false),
		// The ttl of what was there counts no more, be it longer, shorter or none.
		s.swapsFor(time.Hour, "", b, true), s.swapsFor(0, b.Version, c, true), pass(3*time.Hour), s.holds(c),
		s.swapsFor(time.Hour, c.Version, d, true), pass(61*time.Minute), s.holds(nothing),
		s.swapsFor(time.Minute, "", a, true), s.swapsFor(time.Hour, a.Version, b, true), pass(2*time.Minute), s.holds(b),
		// One that was lost changes nothing, and none that was removed lives on.
		s.swapsFor(time.Minute, a.Version, c, false), pass(2*time.Minute), s.holds(b),
		s.swapsFor(time.Hour, b.Version, nothing, true), s.swapsFor(-time.Second, "", c, true), pass(2*time.Hour), s.holds(c),
		// What is shorter than a store can count is not for ever.
		s.swapsFor(time.Nanosecond, c.Version, d, true), pass(time.Minute), s.holds(nothing),
	)
}
