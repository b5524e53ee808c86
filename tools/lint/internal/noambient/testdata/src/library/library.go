package library

import "os"

var home = os.Getenv("HOME") // want "os.Getenv is forbidden here: a library takes its settings as arguments"

func lookup() {
	get := os.LookupEnv        // want "os.LookupEnv is forbidden here"
	get(os.ExpandEnv("$HOME")) // want "os.ExpandEnv is forbidden here"
	os.Getpid()
}

func init() { // want "func init is forbidden here"
	lookup()
}

type t struct{}

func (t) init() {}
