package library

import "os"

func init() { os.Getenv("HOME") }
