// Command sogen makes Go types of what a tenant has added to SuperOffice: its custom
// fields, lists, extra tables and archives.
//
//	//go:generate go run github.com/superoffice-go/superoffice/cmd/sogen -o crm -fields contact,sale -lists category -tables y_rental -archives FindSale
//
// It asks the server that the environment names, by SUPEROFFICE_URL and credentials as
// the examples take them, or with -standin a stand-in with some data, to try it on. It
// writes into the folder of -o
//
//   - superoffice.lock.json: what was asked for, and the names and types that came. It
//     holds no data, and is to be committed;
//   - fields.go, lists.go, tables.go and archives.go: the Go that is made of it.
//
// Without -fields, -lists, -tables, -archives and -all it asks for what the lock
// names; with -offline it asks nobody, and makes the Go of the lock again. The same
// lock gives the same bytes.
//
// With -check it writes nothing, compares the tenant with the lock, and exits with 1
// if they differ, with 2 if it could not find out: for continuous integration. ("go
// run" itself exits with 1 for both; "go tool" does not.)
//
// Names become Go names by a rule that stays the same: letters and digits, with a
// capital at the start of each word. Of two that become the same, the one with the
// larger number gets the number behind it. The lock keeps the names that were given:
// what has one keeps it, whatever comes beside it or becomes of its label, until it is
// gone from the lock. superoffice.names.json in the same folder overrides them, by the
// path that the comment above each name shows:
//
//	{"fields/contact/SuperOffice:2": "Grade"}
//
// The structs have tables/y_rental and fields/contact for paths, the variables with
// columns columns/y_rental and archives/FindSale, and the writers writers/y_rental. An
// override that is the name of something else already is an error.
//
// A field whose key no tag can name, such as one with a comma, is left out of its
// struct, and a comment says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], connectTo, os.Stdout, os.Stderr))
}

// The exit statuses: what the lock says has changed, or something went wrong.
const (
	exitDrift = 1
	exitError = 2
)

// settings are the arguments of the program.
type settings struct {
	out     string
	pkg     string
	check   bool
	offline bool
	standIn bool
	asked   Asked
}

// connecting returns a client for the tenant, or for a stand-in.
type connecting func(standIn bool) (client *superoffice.Client, done func(), err error)

func connectTo(standIn bool) (*superoffice.Client, func(), error) {
	if !standIn && os.Getenv("SUPEROFFICE_URL") == "" {
		return nil, nil, errors.New("SUPEROFFICE_URL is not set: name the server, or try it with -standin")
	}
	if !standIn {
		return connect.Client()
	}
	server := superofficetest.NewServer(superofficetest.WithDemoData(100))
	return server.Client(), server.Close, nil
}

// run does what the arguments say and returns the exit status.
func run(ctx context.Context, args []string, to connecting, stdout, stderr io.Writer) int {
	set, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "sogen:", err)
		return exitError
	}
	drifted, err := set.run(ctx, to, stdout, stderr)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "sogen:", err)
		return exitError
	case drifted:
		return exitDrift
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	set := new(settings)
	flags := flag.NewFlagSet("sogen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&set.out, "o", ".", "the `folder` of the lock and the Go files")
	flags.StringVar(&set.pkg, "package", "", "the `name` of the package; that of the folder unless told")
	flags.BoolVar(&set.check, "check", false, "write nothing; exit with 1 if the tenant differs from the lock")
	flags.BoolVar(&set.offline, "offline", false, "ask nobody; make the Go of the lock")
	flags.BoolVar(&set.standIn, "standin", false, "ask a stand-in inside the program, whatever the environment says")
	flags.BoolVar(&set.asked.All, "all", false, "ask for all custom fields and extra tables")
	list := func(name, usage string, into *[]string) {
		flags.Func(name, usage, func(text string) error {
			for one := range strings.SplitSeq(text, ",") {
				if one = strings.TrimSpace(one); one != "" {
					*into = append(*into, one)
				}
			}
			return nil
		})
	}
	list("fields", "the custom fields of these `entities`: contact,person,project,sale,appointment,document", &set.asked.Fields)
	list("lists", "the items of these `lists`, such as category,business", &set.asked.Lists)
	list("tables", "the columns of these `tables`, such as y_rental", &set.asked.Tables)
	list("archives", "the columns of these archive `providers`, such as FindSale, or some of them: FindSale:saleId:heading", &set.asked.Archives)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; see -help", flags.Arg(0))
	}
	if set.check && set.offline {
		return nil, errors.New("-check asks the tenant, and -offline does not")
	}
	if set.pkg == "" {
		whole, err := filepath.Abs(set.out)
		if err != nil {
			return nil, err
		}
		set.pkg = packageName(filepath.Base(whole))
	}
	return set, set.asked.normalize()
}

// run asks the tenant, and writes or compares.
func (set *settings) run(ctx context.Context, to connecting, stdout, stderr io.Writer) (drifted bool, err error) {
	known, err := readLock(set.out)
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && !set.check && !set.offline) {
		return false, err
	}
	now := known
	if !set.offline {
		if set.asked.isEmpty() && known != nil {
			set.asked = known.Asked
		}
		if now, err = set.ask(ctx, to, stderr); err != nil {
			return false, err
		}
	}
	if set.check {
		changes := compare(known, now)
		for _, change := range changes {
			fmt.Fprintln(stdout, change)
		}
		return len(changes) > 0, nil
	}
	overrides, err := readOverrides(set.out)
	if err != nil {
		return false, err
	}
	if known != nil && known != now {
		if known.Names == nil { // it is of a sogen that kept none
			if _, err := known.generate(set.pkg, overrides); err != nil {
				return false, err
			}
		}
		now.Names = known.Names
	}
	files, err := now.generate(set.pkg, overrides)
	if err != nil {
		return false, err
	}
	if known != nil && !set.offline {
		for _, change := range compare(known, now) {
			fmt.Fprintln(stdout, change)
		}
	}
	return false, write(set.out, files)
}

// ask asks the tenant for what is wanted.
func (set *settings) ask(ctx context.Context, to connecting, stderr io.Writer) (*Lock, error) {
	if set.asked.isEmpty() {
		return nil, errors.New("say what to ask for: -fields, -lists, -tables, -archives or -all; there is no lock that says it")
	}
	client, done, err := to(set.standIn)
	if err != nil {
		return nil, err
	}
	defer done()
	defer client.CloseIdleConnections()
	return (&asking{ctx: ctx, client: client, progress: terminal(stderr), compares: set.check}).lock(set.asked)
}

// terminal is where the progress goes: nowhere if nobody looks.
func terminal(w io.Writer) io.Writer {
	f, isFile := w.(*os.File)
	if !isFile {
		return io.Discard
	}
	if info, err := f.Stat(); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		return io.Discard
	}
	return w
}
